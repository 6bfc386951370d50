#include "tools/replay/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sim/core/error.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/strategy_spec.hpp"
#include "tools/replay/target.hpp"

namespace heddle::cli {
namespace {

using std::chrono::nanoseconds;

constexpr const char* exit_codes =
    "Exit codes: 0 nothing is violated, 1 a violation was found or reproduced, 2 bad input, 3 not deterministic or "
    "diverged.";

/// "30s", "1.5h", "500ms". Throws `CLI::ValidationError`.
nanoseconds parse_duration(const std::string& text) {
  static constexpr std::pair<std::string_view, double> units[] = {
      {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::string number = text.substr(0, digits);
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  for (const auto& [name, factor] : units) {
    if (unit != name || number.empty() || number == ".") continue;
    const double value = std::strtod(number.c_str(), nullptr) * factor;
    if (value >= 1 && value < 9e18) return nanoseconds(std::llround(value));
  }
  throw CLI::ValidationError(fmt::format(
      "'{}' is not a length of time of more than zero; write a number and a unit, such as 500ms, 30s, 10m or 8h",
      text));
}

CLI::Option* add_duration(CLI::App& command, const std::string& name, nanoseconds& value, const std::string& help) {
  return command
      .add_option_function<std::string>(
          name, [&value](const std::string& text) { value = parse_duration(text); }, help)
      ->type_name("TIME");
}

/// What is to be done, once the command line has been read.
using Action = std::function<Exit(const Catalogue&)>;

CLI::App& add_command(CLI::App& app, const std::string& name, const std::string& help, Action& chosen, Action action) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->footer(exit_codes);
  command->final_callback([&chosen, action = std::move(action)] { chosen = action; });
  return *command;
}

void add_list(CLI::App& app, ListOptions& options, Action& chosen) {
  CLI::App& command = add_command(app, "list", "List scenarios, their variants, properties and expected verdicts",
                                  chosen, [&options](const Catalogue& catalogue) { return list(catalogue, options); });
  command.add_option("SELECTOR", options.selectors, "families or scenarios; all of them by default");
  command.add_flag("--json", options.json, "print one JSON document");
}

void add_run(CLI::App& app, RunOptions& options, Action& chosen) {
  CLI::App& command = add_command(app, "run", "Explore a variant, or all variants of a scenario", chosen,
                                  [&options](const Catalogue& catalogue) { return run(catalogue, options); });
  command.add_option("SCENARIO[:VARIANT]", options.target, "what to explore")->required();
  command.add_option("--strategy", options.strategy, "one of " + strategy_help())->capture_default_str();
  command.add_option("--seed", options.seed, "of a random strategy")->capture_default_str();
  command.add_option("--executions", options.executions, "stop after so many; 0: no limit")->capture_default_str();
  add_duration(command, "--time", options.time,
               "stop each variant after so long (60s by default); says so when that is reached");
  command.add_option("--jobs", options.jobs, "threads, for dpor and the random strategies; 0: one per core")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command.add_option("--property", options.property, "only this property counts");
  command.add_option("--cancel", options.cancel, "each: what is marked as cancellable may be dropped at each await")
      ->check(CLI::IsMember({"each"}));
  command.add_option("--out", options.out, "directory for failure files");
  command.add_flag("--json", options.json, "print one JSON document");
}

void add_check(CLI::App& app, CheckCommandOptions& options, Action& chosen) {
  CLI::App& command = add_command(app, "check", "Check variants against what they are expected to show", chosen,
                                  [&options](const Catalogue& catalogue) { return check(catalogue, options); });
  command.add_option("SELECTOR", options.selectors, "families, scenarios or SCENARIO:VARIANT; all of them by default");
  command.add_option("--seed", options.seed, "of the random strategies")->capture_default_str();
  add_duration(command, "--time", options.time,
               "limit for each exploration (60s by default); running out of it is a failure");
  command.add_flag("--json", options.json, "print one JSON document");
}

void add_replay(CLI::App& app, ReplayOptions& options, Action& chosen) {
  CLI::App& command =
      add_command(app, "replay", "Run a recorded schedule again; exit code 1 when the failure is still there", chosen,
                  [&options](const Catalogue& catalogue) { return replay(catalogue, options); });
  command.add_option("TOKEN|FILE", options.recording, "a token (h1:...) or the path of a failure file")->required();
  command.add_option("--scenario", options.scenario, "refuse a recording of another scenario (SCENARIO[:VARIANT])");
  CLI::Option* const json = command.add_flag("--json", options.json, "print one JSON document");
  command.add_flag("--step", options.step, "walk through the steps: n next, p previous, a number, q quit")
      ->excludes(json);
}

void add_shrink(CLI::App& app, ShrinkCommandOptions& options, Action& chosen) {
  CLI::App& command = add_command(app, "shrink", "Find the smallest schedule that shows the same failure", chosen,
                                  [&options](const Catalogue& catalogue) { return shrink(catalogue, options); });
  command.add_option("TOKEN|FILE", options.recording, "a token (h1:...) or the path of a failure file")->required();
  command.add_option("--out", options.out, "directory for the failure file");
  add_duration(command, "--time", options.time, "stop after so long (10s by default)");
  command.add_flag("--json", options.json, "print one JSON document");
}

void add_fuzz(CLI::App& app, FuzzOptions& options, Action& chosen) {
  CLI::App& command = add_command(app, "fuzz",
                                  "Search for failures at random, on all cores, and keep each distinct one as a file. "
                                  "Searches every variant by default, also "
                                  "those that are expected to violate a property; the summary tells expected from "
                                  "unexpected failures, and the exit code is 1 "
                                  "for either. With --only-holding, each failure is an unexpected one. SIGINT and "
                                  "SIGTERM end the search with a summary.",
                                  chosen, [&options](const Catalogue& catalogue) { return fuzz(catalogue, options); });
  command.add_option("SELECTOR", options.selectors, "families, scenarios or SCENARIO:VARIANT; all of them by default");
  add_duration(command, "--time", options.time, "how long, such as 8h (60s by default)");
  command.add_option("--jobs", options.jobs, "threads; 0: one per core")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command.add_option("--out", options.out, "directory for failure files")->required();
  command.add_option("--seed", options.seed, "of the random strategies")->capture_default_str();
  command.add_flag("--only-holding", options.only_holding,
                   "leave out the variants that are expected to violate something");
  command.add_flag("--json", options.json, "print one JSON document at the end");
}

void add_isolation(CLI::App& app, IsolationOptions& options, Action& chosen) {
  CLI::App& command =
      add_command(app, "isolation",
                  "Run a specification of PostgreSQL's isolationtester on the model of PostgreSQL 15, or "
                  "on a server, and print what isolationtester prints. Exit code 1 when a permutation "
                  "cannot be completed, because a step waits for ever.",
                  chosen, [&options](const Catalogue&) { return isolation_command(options); });
  command.add_option("FILE", options.file, "the specification; - reads standard input")->required();
  command.add_option("--level", options.level, "of transactions that do not say: rc, rr or serializable")
      ->capture_default_str();
  command.add_flag(
      "--all", options.all,
      "explore every interleaving that can occur, and print the distinct outcomes with a permutation each");
  command.add_option("--most", options.most, "with --all: stop after so many interleavings")->capture_default_str();
  command
      .add_option("--server", options.server, "run on this server instead: postgresql://USER:PASSWORD@HOST/DATABASE")
      ->type_name("URI");
}

void add_confirm(CLI::App& app, ConfirmOptions& options, Action& chosen) {
  CLI::App& command =
      add_command(app, "confirm",
                  "Say to a real PostgreSQL 15, statement by statement, what the sessions of a recorded "
                  "failure said to the model, and compare the answers. Works in a schema of its own, "
                  "which is dropped. Exit code 1 when the server did the same: the failure is real; 3 when "
                  "it did not.",
                  chosen, [&options](const Catalogue& catalogue) { return confirm(catalogue, options); });
  command.add_option("TOKEN|FILE", options.recording, "a token (h1:...) or the path of a failure file")->required();
  command.add_option("--server", options.server, "the server: postgresql://USER:PASSWORD@HOST/DATABASE")
      ->type_name("URI")
      ->required();
}

Exit exit_code_of(sim::ErrorCode code) {
  return code == sim::ErrorCode::not_deterministic || code == sim::ErrorCode::diverged ? Exit::diverged : Exit::usage;
}

/// CLI11 would only say that a command is missing.
void require_known_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return;
  throw sim::Error(sim::ErrorCode::unknown_name, fmt::format("there is no command '{}'{}; there are {}", argv[1],
                                                             suggestion(argv[1], names), fmt::join(names, ", ")));
}

int complain(const std::string& sentence, Exit exit) {
  std::fflush(stdout);
  fmt::print(stderr, "heddle: {}\n", sentence);
  return static_cast<int>(exit);
}

}  // namespace

int run_command_line(int argc, const char* const* argv, const Catalogue& catalogue) {
  CLI::App app("Heddle explores the schedules of concurrent protocols, deterministically.", "heddle");
  app.require_subcommand(1);
  app.footer(exit_codes);
  Action chosen;
  ListOptions list_options;
  RunOptions run_options;
  CheckCommandOptions check_options;
  ReplayOptions replay_options;
  ShrinkCommandOptions shrink_options;
  FuzzOptions fuzz_options;
  IsolationOptions isolation_options;
  ConfirmOptions confirm_options;
  add_list(app, list_options, chosen);
  add_run(app, run_options, chosen);
  add_check(app, check_options, chosen);
  add_replay(app, replay_options, chosen);
  add_shrink(app, shrink_options, chosen);
  add_fuzz(app, fuzz_options, chosen);
  add_isolation(app, isolation_options, chosen);
  add_confirm(app, confirm_options, chosen);
  try {
    require_known_command(app, argc, argv);
    app.parse(argc, argv);
    return static_cast<int>(chosen(catalogue));
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return complain(std::string(error.what()) + "; see `heddle --help`", Exit::usage);
  } catch (const sim::Error& error) {
    return complain(error.what(), exit_code_of(error.code()));
  }
}

}  // namespace heddle::cli

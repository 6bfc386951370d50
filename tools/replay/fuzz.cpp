// `heddle fuzz`: a random campaign, for as long as it is told to or until it is interrupted.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>

#include "sim/core/error.hpp"
#include "tools/replay/campaign.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/console.hpp"
#include "tools/replay/output_directory.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

using namespace std::chrono_literals;

// A signal handler can reach nothing else.
volatile std::sig_atomic_t interrupted = 0;

/// While it lives, the first SIGINT or SIGTERM asks for a summary; a second one ends the process.
class Interruption {
 public:
  Interruption() {
    interrupted = 0;
    struct sigaction action{};
    action.sa_handler = [](int signal) { interrupted = signal; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &previous_int_);
    sigaction(SIGTERM, &action, &previous_term_);
  }
  ~Interruption() {
    sigaction(SIGINT, &previous_int_, nullptr);
    sigaction(SIGTERM, &previous_term_, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  struct sigaction previous_int_{};
  struct sigaction previous_term_{};
};

std::string describe(const Found& found) {
  if (!found.problem.empty()) return fmt::format("{}: {}", found.target.name(), found.problem);
  if (found.property.starts_with("sometimes("))
    return fmt::format("{}: {} violated ({}): {}", found.target.name(), found.property,
                       found.is_expected ? "expected" : "UNEXPECTED", found.message);
  return fmt::format("{}: {} violated ({}), found by {}{}", found.target.name(), found.property,
                     found.is_expected ? "expected" : "UNEXPECTED", found.strategy,
                     found.file.empty() ? "" : ", kept in " + found.file);
}

std::string progress_of(const Campaign& campaign, std::size_t failures) {
  const Campaign::Tally tally = campaign.total();
  const double seconds = campaign.seconds();
  return fmt::format(
      "fuzz: {}, {} executions, {} executions/s, {} distinct failures", human_seconds(seconds),
      grouped(tally.executions),
      grouped(static_cast<std::uint64_t>(static_cast<double>(tally.executions) / std::max(seconds, 0.001))), failures);
}

/// Runs the campaign to its end, showing progress and each failure as it comes.
void supervise(Campaign& campaign, bool json) {
  ProgressLine line;
  std::mutex output;
  std::size_t failures = 0;
  campaign.on_found = [&](const Found& found) {
    const std::lock_guard lock(output);
    ++failures;
    line.clear();
    fmt::print(json ? stderr : stdout, "{}\n", describe(found));
    std::fflush(json ? stderr : stdout);
  };
  const std::chrono::seconds between_lines = line.is_terminal() ? 0s : 30s;
  auto next_line = std::chrono::steady_clock::now() + between_lines;
  campaign.start();
  while (!campaign.wait(200ms)) {
    if (interrupted != 0) campaign.stop();
    if (std::chrono::steady_clock::now() < next_line) continue;
    const std::lock_guard lock(output);
    line.show(progress_of(campaign, failures));
    next_line = std::chrono::steady_clock::now() + between_lines;
  }
  campaign.join();
}

struct Summary {
  std::vector<const Found*> unexpected;
  std::vector<const Found*> expected;
  std::vector<const Found*> problems;
  std::vector<std::string> not_found;  ///< expected violations that did not turn up
};

Summary summarize(const Campaign& campaign) {
  Summary summary;
  for (const Found& found : campaign.found())
    (!found.problem.empty() ? summary.problems
     : found.is_expected    ? summary.expected
                            : summary.unexpected)
        .push_back(&found);
  for (const Target& target : campaign.targets()) {
    for (const std::string& property : target.variant->expected.violates) {
      const bool was_found = std::any_of(summary.expected.begin(), summary.expected.end(), [&](const Found* found) {
        return found->target.variant == target.variant && found->property == property;
      });
      if (!was_found) summary.not_found.push_back(target.name() + " " + property);
    }
  }
  return summary;
}

Exit exit_code_of(const Summary& summary) {
  if (!summary.problems.empty()) return Exit::diverged;
  return summary.unexpected.empty() && summary.expected.empty() ? Exit::ok : Exit::violated;
}

void print(const Campaign& campaign, const Summary& summary) {
  if (interrupted != 0) fmt::print("interrupted\n");
  fmt::print("\n");
  for (std::size_t i = 0; i < campaign.targets().size(); ++i) {
    const Campaign::Tally tally = campaign.tally_of(i);
    fmt::print("sampled ({}): {} executions, {} steps: {}\n", fmt::join(Campaign::strategies(), ", "),
               grouped(tally.executions), grouped(tally.steps), campaign.targets()[i].name());
  }
  fmt::print("{}\n", progress_of(campaign, campaign.found().size()));
  const auto print_list = [](std::string_view title, const std::vector<const Found*>& list) {
    fmt::print("{}: {}\n", title, list.size());
    for (const Found* found : list) fmt::print("  {}\n", describe(*found));
  };
  print_list("unexpected failures", summary.unexpected);
  print_list("expected failures", summary.expected);
  if (!summary.problems.empty()) print_list("variants that could not be explored", summary.problems);
  if (!summary.not_found.empty())
    fmt::print("expected failures that were not found: {}\n  {}\n", summary.not_found.size(),
               fmt::join(summary.not_found, "\n  "));
}

nlohmann::ordered_json json_of(const Campaign& campaign, const Summary& summary, Exit exit) {
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < campaign.targets().size(); ++i) {
    const Campaign::Tally tally = campaign.tally_of(i);
    targets.push_back({{"scenario", campaign.targets()[i].scenario->path()},
                       {"variant", campaign.targets()[i].variant->name},
                       {"executions", tally.executions},
                       {"steps", tally.steps}});
  }
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  for (const Found& found : campaign.found())
    failures.push_back({{"scenario", found.target.scenario->path()},
                        {"variant", found.target.variant->name},
                        {"signature", found.signature},
                        {"message", found.problem.empty() ? found.message : found.problem},
                        {"expected", found.is_expected},
                        {"strategy", found.strategy},
                        {"file", found.file}});
  return {{"command", "fuzz"},
          {"exit_code", static_cast<int>(exit)},
          {"interrupted", interrupted != 0},
          {"seconds", campaign.seconds()},
          {"targets", targets},
          {"failures", failures},
          {"expected_failures_not_found", summary.not_found}};
}

}  // namespace

Exit fuzz(const Catalogue& catalogue, const FuzzOptions& options) {
  std::vector<Target> targets = select_targets(catalogue, options.selectors);
  if (options.only_holding)
    std::erase_if(targets, [](const Target& target) { return !target.variant->expected.all_hold(); });
  if (targets.empty())
    throw sim::Error(
        sim::ErrorCode::usage,
        "there is nothing to fuzz: no variant that is expected to hold was selected; leave out --only-holding");
  const Interruption interruption;
  require_writable(options.out);
  const unsigned jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  Campaign campaign(std::move(targets), {.time = options.time, .jobs = jobs, .seed = options.seed, .out = options.out});
  supervise(campaign, options.json);
  const Summary summary = summarize(campaign);
  const Exit exit = exit_code_of(summary);
  if (options.json) {
    print_json(json_of(campaign, summary, exit));
  } else {
    print(campaign, summary);
  }
  return exit;
}

}  // namespace heddle::cli

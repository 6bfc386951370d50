// `heddle run`: explores one variant, or all variants of a scenario, and reports what breaks.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "sim/explore/explorer.hpp"
#include "sim/replay/report.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/console.hpp"
#include "tools/replay/live_progress.hpp"
#include "tools/replay/output_directory.hpp"
#include "tools/replay/strategy_spec.hpp"
#include "tools/replay/target.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

struct Result {
  Target target;
  sim::Verdict verdict;
  std::optional<sim::Report> report;
  std::string file;
  bool is_exhaustive = false;
};

Result explore(const Target& target, const RunOptions& options) {
  sim::ExploreOptions explore;
  explore.execution = target.variant->execution;
  explore.execution.only_property = options.property;
  if (options.cancel == "each") explore.execution.cancel = sim::Cancel::each;
  explore.budget = {.executions = options.executions, .time = options.time};
  explore.jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  const std::unique_ptr<sim::Strategy> strategy =
      make_strategy(options.strategy, options.seed, target.variant->program, explore.execution);
  Result result{target, {}, {}, {}, strategy->is_exhaustive()};
  {
    LiveProgress live(target.name());
    explore.progress = [&live](const sim::Evidence& so_far) {
      live.update(so_far);
      return true;
    };
    result.verdict = sim::explore(target.variant->program, *strategy, explore);
  }
  if (!result.verdict.failure) return result;
  sim::ReportOptions report;
  report.strategy = options.strategy;
  report.seed = options.seed;
  report.evidence = sim::evidence_line(result.verdict);
  result.report = sim::make_report(target.variant->program, *result.verdict.failure, result.verdict.options,
                                   naming_of(target), report);
  result.file = write_report(*result.report, options.out);
  return result;
}

/// Says so when the strategy was stopped before it had explored everything.
std::string advice_on_budget(const Result& result, const RunOptions& options) {
  if (!result.is_exhaustive || result.verdict.outcome != sim::Outcome::sampled) return {};
  const bool by_count = options.executions != 0 && result.verdict.evidence.executions >= options.executions;
  const std::string budget =
      by_count ? fmt::format("the budget of {} executions", options.executions)
               : "the time budget of " + human_seconds(std::chrono::duration<double>(options.time).count());
  return fmt::format(
      "not exhausted: {} was used up; raise it with {}, or bound the search, for example with --strategy "
      "dfs:preemptions=2\n",
      budget, by_count ? "--executions" : "--time");
}

/// Replays the schedule that shows the worst case.
std::string token_of(const Target& target, const sim::WorstCase& worst, const sim::Verdict& verdict) {
  sim::Failure shown;
  if (verdict.failure && verdict.failure->schedule == worst.schedule) shown = *verdict.failure;
  shown.schedule = worst.schedule;
  return sim::encode(sim::make_token(target.variant->program, shown, verdict.options, naming_of(target)));
}

void print(const Result& result, const RunOptions& options) {
  fmt::print("{}: {}\n", result.target.name(), sim::evidence_line(result.verdict));
  for (const sim::WorstCase& worst : result.verdict.worst)
    fmt::print("{}\n  it replays as {}\n", sim::worst_case_line(worst), token_of(result.target, worst, result.verdict));
  fmt::print("{}", advice_on_budget(result, options));
  if (result.report) {
    sim::Report report = *result.report;
    report.evidence.clear();  // it has just been printed
    fmt::print("\n{}", sim::render(report, lanes_for_stdout()));
  }
  if (!result.file.empty()) fmt::print("failure file: {}\n", result.file);
  if (result.report) fmt::print("\n");
  std::fflush(stdout);
  if (!result.verdict.problem.empty())
    fmt::print(stderr, "heddle: {}: {}\n", result.target.name(), result.verdict.problem);
}

nlohmann::ordered_json json_of(const Result& result) {
  nlohmann::ordered_json json = to_json(result.verdict);
  json["scenario"] = result.target.scenario->path();
  json["variant"] = result.target.variant->name;
  if (result.report) json["report"] = to_json(*result.report);
  if (!result.file.empty()) json["file"] = result.file;
  return json;
}

}  // namespace

Exit run(const Catalogue& catalogue, const RunOptions& options) {
  const std::vector<Target> targets = find_targets(catalogue, options.target);
  require_property(*targets.front().scenario, options.property);
  require_writable(options.out);
  Exit exit = Exit::ok;
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const Target& target : targets) {
    const Result result = explore(target, options);
    exit = worse(exit, exit_code_of(result.verdict));
    if (options.json) {
      results.push_back(json_of(result));
    } else {
      print(result, options);
    }
  }
  if (options.json) print_json({{"command", "run"}, {"exit_code", static_cast<int>(exit)}, {"results", results}});
  return exit;
}

}  // namespace heddle::cli

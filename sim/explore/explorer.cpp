#include "sim/explore/explorer.hpp"

#include <bit>
#include <limits>

#include "sim/explore/exhaustive.hpp"
#include "sim/explore/exploration.hpp"
#include "sim/explore/parallel.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

/// For those who watch: from time to time, because it takes a look at all that is known.
void update_estimates(Exploration& exploration, const Strategy& strategy, std::uint64_t index) {
  if (index % 1024 == 0) exploration.evidence().explored_share = strategy.explored_share();
  if (index % 65536 == 0 || std::has_single_bit(index)) exploration.fill_in_traces();
}

}  // namespace

Progress explore_first(std::uint64_t executions, Exploration& exploration, Strategy& strategy,
                       const ExploreOptions& options, const Stopwatch& watch) {
  for (std::uint64_t index = 0; index < executions; ++index) {
    if (options.budget.executions != 0 && index >= options.budget.executions) return Progress::stopped;
    if (watch.is_over(options.budget)) return Progress::stopped;
    if (options.progress) {
      update_estimates(exploration, strategy, index);
      if (!options.progress(exploration.evidence())) return Progress::stopped;
    }
    if (!strategy.begin_execution(options.first_execution + index)) return Progress::ran_out;
    switch (exploration.perform(strategy, options.first_execution + index)) {
      case Exploration::Next::go_on:
        break;
      case Exploration::Next::stop:
        return Progress::stopped;
      case Exploration::Next::begin_again:
        exploration.use_memory(Memory::weak);
        index = ~std::uint64_t{0};
        break;
    }
  }
  return Progress::goes_on;
}

Verdict explore_alone(const Program& program, Strategy& strategy, const ExploreOptions& options) {
  const Stopwatch watch;
  Exploration exploration(program, strategy, options);
  const Progress progress =
      explore_first(std::numeric_limits<std::uint64_t>::max(), exploration, strategy, options, watch);
  return exploration.finish(strategy, progress == Progress::ran_out, watch.seconds());
}

Verdict explore(const Program& program, Strategy& strategy, const ExploreOptions& options) {
  ExploreOptions own = options;
  if (own.budget.executions == 0 && own.budget.time.count() == 0 && !strategy.is_exhaustive())
    own.budget.executions = Budget::default_executions;
  return options.jobs > 1 ? explore_in_parallel(program, strategy, own) : explore_alone(program, strategy, own);
}

Verdict explore(const Program& program, const ExploreOptions& options) {
  const std::unique_ptr<Strategy> strategy = exhaustive(program, options.execution);
  return explore(program, *strategy, options);
}

Verdict replay_with(const Program& program, Strategy& strategy, const ExecutionOptions& options) {
  Execution execution(options);
  return replay_with(program, strategy, execution);
}

Verdict replay_with(const Program& program, Strategy& strategy, Execution& execution) {
  strategy.begin_execution(0);
  const ExecutionResult& result = execution.run(program, strategy, Execution::Detail::explain);
  strategy.end_execution(result);
  Verdict verdict;
  verdict.options = execution.options();
  verdict.evidence.strategy = strategy.name();
  verdict.evidence.executions = 1;
  verdict.evidence.steps = result.steps;
  verdict.evidence.distinct_traces = 1;
  if (result.failure == FailureKind::none) return verdict;
  verdict.outcome = Outcome::violated;
  verdict.failure = Failure{result.failure,
                            std::string(result.property),
                            std::string(result.message),
                            0,
                            execution.decisions(),
                            result.steps,
                            result.trace_hash,
                            result.sequence_hash};
  verdict.program = std::make_shared<const Program>(program);
  return verdict;
}

Verdict replay(const Program& program, const std::vector<Decision>& schedule, const ExecutionOptions& options) {
  Replay strategy(schedule);
  Verdict verdict = replay_with(program, strategy, options);
  if (const auto& divergence = strategy.divergence()) {
    verdict.outcome = Outcome::not_deterministic;
    verdict.failure.reset();
    verdict.problem =
        "the program diverged from the schedule at step " + std::to_string(divergence->step) + ": " + divergence->what;
  }
  return verdict;
}

}  // namespace heddle::sim

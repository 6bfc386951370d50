#include "sim/explore/explorer.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "sim/explore/determinism.hpp"
#include "sim/explore/distinct.hpp"
#include "sim/explore/exhaustive.hpp"
#include "sim/explore/linearisation.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

using WallClock = std::chrono::steady_clock;

/// One exploration in progress.
class Explorer {
 public:
  Explorer(const Program& program, Strategy& strategy, const ExploreOptions& options)
      : program_(program), strategy_(strategy), options_(options), execution_(execution_options(options)) {
    verdict_.options = execution_.options();
    verdict_.evidence.strategy = strategy.name();
    if (options_.budget.executions == 0 && options_.budget.time.count() == 0 && !strategy.is_exhaustive())
      options_.budget.executions = Budget::default_executions;
  }

  Verdict run() {
    const WallClock::time_point start = WallClock::now();
    const bool ran_out = loop(start);
    Evidence& evidence = verdict_.evidence;
    evidence.seconds = std::chrono::duration<double>(WallClock::now() - start).count();
    evidence.strategy = strategy_.name();
    evidence.explored_share = strategy_.explored_share();
    evidence.memory = strategy_.memory();
    if (verdict_.options.memory == Memory::automatic) verdict_.options.memory = Memory::sequential;
    fill_in_traces(evidence);
    fill_in_worst_cases();
    if (verdict_.outcome != Outcome::violated && verdict_.outcome != Outcome::not_deterministic) conclude(ran_out);
    return std::move(verdict_);
  }

 private:
  static ExecutionOptions execution_options(const ExploreOptions& options) {
    ExecutionOptions result = options.execution;
    result.hash_traces = options.count_traces || options.check_determinism;
    return result;
  }

  /// True when the strategy has nothing left to explore.
  bool loop(WallClock::time_point start) {
    Evidence& evidence = verdict_.evidence;
    for (std::uint64_t index = 0;; ++index) {
      if (options_.budget.executions != 0 && index >= options_.budget.executions) return false;
      if (options_.budget.time.count() != 0 && WallClock::now() - start >= options_.budget.time) return false;
      if (options_.progress) update_estimates(index);
      if (options_.progress && !options_.progress(evidence)) return false;
      if (!strategy_.begin_execution(options_.first_execution + index)) return true;
      const ExecutionResult& result = execution_.run(program_, strategy_);
      strategy_.end_execution(result);
      if (execution_.wants_weak_memory() && result.failure == FailureKind::none) {
        begin_again_with_weak_memory();
        index = ~std::uint64_t{0};
        continue;
      }
      if (execution_.left_out_reads()) ++evidence.left_out_reads;
      ++evidence.executions;
      evidence.steps += result.steps;
      if (!execution_.measurements().empty()) [[unlikely]]
        merge_measurements();
      if (options_.count_traces && result.failure != FailureKind::step_limit) traces_.add(result.trace_hash);
      if (result.failure == FailureKind::step_limit && !strategy_.is_fair() && !(evidence.cut == 0 && spins())) {
        ++evidence.cut;
      } else if (result.failure != FailureKind::none) {
        found(execution_, index);
        return false;
      }
      merge_sometimes(execution_);
      if (options_.check_determinism && std::has_single_bit(index + 1) &&
          (!is_deterministic(execution_) || !order_is_irrelevant(index)))
        return false;
    }
  }

  /// For those who watch: from time to time, because it takes a look at all that is known.
  void update_estimates(std::uint64_t index) {
    if (index % 1024 == 0) verdict_.evidence.explored_share = strategy_.explored_share();
    if (index % 65536 == 0 || std::has_single_bit(index)) fill_in_traces(verdict_.evidence);
  }

  void begin_again_with_weak_memory() {
    execution_.use_memory(Memory::weak);
    verdict_.options.memory = Memory::weak;
    verdict_.evidence = {};
    verdict_.evidence.strategy = strategy_.name();
    verdict_.worst.clear();
    sometimes_.clear();
    traces_ = DistinctCounter();
  }

  void found(const Execution& execution, std::uint64_t index) {
    const ExecutionResult& result = execution.result();
    Failure failure;
    failure.kind = result.failure;
    failure.property = std::string(result.property);
    failure.execution = options_.first_execution + index;
    failure.schedule = execution.decisions();
    failure.steps = result.steps;
    failure.trace_hash = result.trace_hash;
    failure.sequence_hash = result.sequence_hash;
    if (options_.check_determinism && !is_deterministic(execution)) return;
    Execution lit(execution_.options());
    Replay again(failure.schedule);
    again.begin_execution(0);
    failure.message = std::string(lit.run(program_, again, Execution::Detail::explain).message);
    verdict_.outcome = Outcome::violated;
    verdict_.failure = std::move(failure);
    verdict_.program = std::make_shared<const Program>(program_);
  }

  /// Whether the execution that was cut would never have ended, however long: its last steps changed nothing.
  bool spins() const {
    Execution recorded(execution_.options());
    Replay again(execution_.decisions());
    again.begin_execution(0);
    recorded.run(program_, again, Execution::Detail::events);
    return recorded.spins();
  }

  bool is_deterministic(const Execution& execution) {
    const std::optional<std::string> difference =
        find_difference(program_, execution.decisions(), execution.result(), execution.options());
    if (!difference) return true;
    verdict_.outcome = Outcome::not_deterministic;
    verdict_.problem = *difference;
    return false;
  }

  /// Runs other schedules of the same trace. False: one of them failed, or was another trace.
  bool order_is_irrelevant(std::uint64_t index) {
    if (!strategy_.is_exhaustive()) return true;
    const PartialOrder order(program_, execution_.decisions(), execution_.options());
    if (order.empty()) return true;
    Execution reordered(execution_.options());
    const std::uint64_t orders = index == 0 ? 16 : 4;
    for (std::uint64_t i = 0; i < orders; ++i) {
      Linearisation schedule(order, index * orders + i);
      schedule.begin_execution(0);
      const ExecutionResult& result = reordered.run(program_, schedule);
      if (result.failure != FailureKind::none) {
        found(reordered, index);
        return false;
      }
      merge_sometimes(reordered);
      if (result.trace_hash == execution_.result().trace_hash) continue;
      verdict_.outcome = Outcome::not_deterministic;
      verdict_.problem =
          "steps that touch nothing in common were swapped, and the execution was another one; tasks share state that "
          "Heddle does not see, such as a captured variable: make it a sim::Atomic or a sim::SharedState, or guard it "
          "with a lock";
      return false;
    }
    return true;
  }

  void merge_sometimes(const Execution& execution) {
    for (const Sometimes& entry : execution.sometimes()) {
      const auto known =
          std::find_if(sometimes_.begin(), sometimes_.end(), [&](const auto& s) { return s.first == entry.name; });
      if (known == sometimes_.end()) {
        sometimes_.emplace_back(std::string(entry.name), entry.reached);
      } else {
        known->second = known->second || entry.reached;
      }
    }
  }

  void merge_measurements() {
    for (const Measurement& entry : execution_.measurements()) {
      auto known = std::find_if(verdict_.worst.begin(), verdict_.worst.end(), [&](const WorstCase& worst) {
        return worst.contract == entry.contract && worst.reason == entry.reason;
      });
      if (known == verdict_.worst.end()) {
        known = verdict_.worst.insert(
            known,
            WorstCase{
                std::string(entry.contract), std::string(entry.reason), Duration(-1), Duration(), std::string(), {}});
      }
      if (entry.value <= known->value) continue;
      known->value = entry.value;
      known->budget = entry.budget;
      known->schedule = execution_.decisions();
    }
  }

  /// The words, from running each of those schedules once more.
  void fill_in_worst_cases() {
    Execution lit(execution_.options());
    for (WorstCase& worst : verdict_.worst) {
      Replay again(worst.schedule);
      again.begin_execution(0);
      lit.run(program_, again, Execution::Detail::explain);
      for (const Measurement& entry : lit.measurements())
        if (entry.contract == worst.contract && entry.reason == worst.reason) worst.text = std::string(entry.text);
    }
  }

  void fill_in_traces(Evidence& evidence) const {
    evidence.distinct_traces = traces_.distinct();
    evidence.distinct_is_exact = traces_.is_exact();
    evidence.is_random = !strategy_.is_exhaustive();
    if (evidence.executions == 0 || !evidence.is_random) return;
    const auto once = static_cast<double>(traces_.seen_once());
    const auto twice = static_cast<double>(traces_.seen_twice());
    evidence.unseen_share = once / static_cast<double>(evidence.executions);
    evidence.traces_at_least = static_cast<double>(traces_.distinct()) + once * (once - 1) / (2 * (twice + 1));
  }

  void conclude(bool ran_out) {
    for (const auto& [name, reached] : sometimes_)
      if (!reached) verdict_.unreached.push_back(name);
    if (!verdict_.unreached.empty()) {
      verdict_.outcome = Outcome::violated;
      verdict_.failure = Failure{};
      verdict_.failure->kind = FailureKind::property;
      verdict_.failure->property = "sometimes(" + verdict_.unreached.front() + ")";
      verdict_.failure->message = "no explored schedule reached it";
      return;
    }
    if (!ran_out || !strategy_.is_exhaustive()) {
      verdict_.outcome = Outcome::sampled;
    } else {
      const bool is_bounded =
          strategy_.was_bounded() || verdict_.evidence.cut > 0 || verdict_.evidence.left_out_reads > 0;
      verdict_.outcome = is_bounded ? Outcome::bounded : Outcome::exhausted;
    }
  }

  const Program& program_;
  Strategy& strategy_;
  ExploreOptions options_;
  Execution execution_;
  Verdict verdict_;
  DistinctCounter traces_;
  std::vector<std::pair<std::string, bool>> sometimes_;
};

}  // namespace

Verdict explore(const Program& program, Strategy& strategy, const ExploreOptions& options) {
  return Explorer(program, strategy, options).run();
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

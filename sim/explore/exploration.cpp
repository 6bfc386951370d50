#include "sim/explore/exploration.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "sim/explore/determinism.hpp"
#include "sim/explore/linearisation.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

ExecutionOptions execution_options(const ExploreOptions& options) {
  ExecutionOptions result = options.execution;
  result.hash_traces = options.count_traces || options.check_determinism;
  return result;
}

}  // namespace

Exploration::Exploration(const Program& program, const Strategy& strategy, const ExploreOptions& options)
    : program_(program), options_(options), execution_(execution_options(options)) {
  verdict_.options = execution_.options();
  verdict_.evidence.strategy = strategy.name();
  verdict_.evidence.is_random = !strategy.is_exhaustive();
}

Exploration::Next Exploration::perform(Strategy& strategy, std::uint64_t index) {
  Evidence& evidence = verdict_.evidence;
  const ExecutionResult& result = execution_.run(program_, strategy);
  strategy.end_execution(result);
  if (execution_.wants_weak_memory() && result.failure == FailureKind::none) return Next::begin_again;
  if (result.failure == FailureKind::infeasible) return Next::go_on;
  if (execution_.left_out_reads()) ++evidence.left_out_reads;
  ++evidence.executions;
  evidence.steps += result.steps;
  if (!execution_.measurements().empty()) [[unlikely]]
    merge_measurements();
  if (options_.count_traces && result.failure != FailureKind::step_limit) traces_.add(result.trace_hash);
  if (result.failure == FailureKind::step_limit && !strategy.is_fair() && !(evidence.cut == 0 && spins())) {
    ++evidence.cut;
  } else if (result.failure != FailureKind::none) {
    found(execution_, index);
    return Next::stop;
  }
  merge_sometimes(execution_);
  if (options_.check_determinism && std::has_single_bit(evidence.executions) &&
      (!is_deterministic(execution_) || !order_is_irrelevant(strategy, index)))
    return Next::stop;
  return Next::go_on;
}

Verdict Exploration::finish(const Strategy& strategy, bool ran_out, double seconds) {
  Evidence& evidence = verdict_.evidence;
  evidence.seconds = seconds;
  evidence.strategy = strategy.name();
  evidence.explored_share = strategy.explored_share();
  evidence.memory = strategy.memory();
  if (verdict_.options.memory == Memory::automatic) verdict_.options.memory = Memory::sequential;
  fill_in_traces();
  fill_in_worst_cases();
  if (verdict_.outcome != Outcome::violated && verdict_.outcome != Outcome::not_deterministic)
    conclude(strategy, ran_out);
  return std::move(verdict_);
}

void Exploration::use_memory(Memory memory) {
  execution_.use_memory(memory);
  verdict_.options.memory = memory;
  const bool is_random = verdict_.evidence.is_random;
  verdict_.evidence = {};
  verdict_.evidence.is_random = is_random;
  verdict_.worst.clear();
  sometimes_.clear();
  traces_ = DistinctCounter();
}

void Exploration::found(const Execution& execution, std::uint64_t index) {
  const ExecutionResult& result = execution.result();
  Failure failure;
  failure.kind = result.failure;
  failure.property = std::string(result.property);
  failure.execution = index;
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

bool Exploration::spins() const {
  Execution recorded(execution_.options());
  Replay again(execution_.decisions());
  again.begin_execution(0);
  recorded.run(program_, again, Execution::Detail::events);
  return recorded.spins();
}

bool Exploration::is_deterministic(const Execution& execution) {
  const std::optional<std::string> difference =
      find_difference(program_, execution.decisions(), execution.result(), execution.options());
  if (!difference) return true;
  verdict_.outcome = Outcome::not_deterministic;
  verdict_.problem = *difference;
  return false;
}

/// Runs other schedules of the same trace. False: one of them failed, or was another trace.
bool Exploration::order_is_irrelevant(const Strategy& strategy, std::uint64_t index) {
  if (!strategy.is_exhaustive()) return true;
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

void Exploration::merge_sometimes(const Execution& execution) {
  for (const Sometimes& entry : execution.sometimes()) merge_sometimes(entry.name, entry.reached);
}

void Exploration::merge_sometimes(std::string_view name, bool reached) {
  const auto known = std::find_if(sometimes_.begin(), sometimes_.end(), [&](const auto& s) { return s.first == name; });
  if (known == sometimes_.end()) {
    sometimes_.emplace_back(std::string(name), reached);
  } else {
    known->second = known->second || reached;
  }
}

void Exploration::merge_measurements() {
  for (const Measurement& entry : execution_.measurements()) {
    const auto known = std::find_if(verdict_.worst.begin(), verdict_.worst.end(), [&](const WorstCase& worst) {
      return worst.contract == entry.contract && worst.reason == entry.reason;
    });
    if (known != verdict_.worst.end() && entry.value <= known->value) continue;
    merge_worst_case({std::string(entry.contract), std::string(entry.reason), entry.value, entry.budget, std::string(),
                      execution_.decisions()});
  }
}

void Exploration::merge_worst_case(const WorstCase& worst) {
  const auto known = std::find_if(verdict_.worst.begin(), verdict_.worst.end(), [&](const WorstCase& other) {
    return other.contract == worst.contract && other.reason == worst.reason;
  });
  if (known == verdict_.worst.end()) {
    verdict_.worst.push_back(worst);
  } else if (worst.value > known->value) {
    *known = worst;
  }
}

void Exploration::merge(const Exploration& other) {
  const Evidence& theirs = other.verdict_.evidence;
  Evidence& evidence = verdict_.evidence;
  evidence.executions += theirs.executions;
  evidence.steps += theirs.steps;
  evidence.cut += theirs.cut;
  evidence.left_out_reads += theirs.left_out_reads;
  traces_.merge(other.traces_);
  for (const auto& [name, reached] : other.sometimes_) merge_sometimes(name, reached);
  for (const WorstCase& worst : other.verdict_.worst) merge_worst_case(worst);
  const bool is_settled = other.verdict_.failure || other.verdict_.outcome == Outcome::not_deterministic;
  const bool is_earlier =
      !verdict_.failure || (other.verdict_.failure && other.verdict_.failure->execution < verdict_.failure->execution);
  if (!is_settled || !is_earlier) return;
  verdict_.outcome = other.verdict_.outcome;
  verdict_.failure = other.verdict_.failure;
  verdict_.problem = other.verdict_.problem;
  verdict_.program = other.verdict_.program;
}

/// The words, from running each of those schedules once more.
void Exploration::fill_in_worst_cases() {
  Execution lit(execution_.options());
  for (WorstCase& worst : verdict_.worst) {
    Replay again(worst.schedule);
    again.begin_execution(0);
    lit.run(program_, again, Execution::Detail::explain);
    for (const Measurement& entry : lit.measurements())
      if (entry.contract == worst.contract && entry.reason == worst.reason) worst.text = std::string(entry.text);
  }
}

void Exploration::fill_in_traces() {
  Evidence& evidence = verdict_.evidence;
  evidence.distinct_traces = traces_.distinct();
  evidence.distinct_is_exact = traces_.is_exact();
  if (evidence.executions == 0 || !evidence.is_random) return;
  const auto once = static_cast<double>(traces_.seen_once());
  const auto twice = static_cast<double>(traces_.seen_twice());
  evidence.unseen_share = once / static_cast<double>(evidence.executions);
  evidence.traces_at_least = static_cast<double>(traces_.distinct()) + once * (once - 1) / (2 * (twice + 1));
}

void Exploration::conclude(const Strategy& strategy, bool ran_out) {
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
  if (!ran_out || !strategy.is_exhaustive()) {
    verdict_.outcome = Outcome::sampled;
  } else {
    const bool is_bounded = strategy.was_bounded() || verdict_.evidence.cut > 0 || verdict_.evidence.left_out_reads > 0;
    verdict_.outcome = is_bounded ? Outcome::bounded : Outcome::exhausted;
  }
}

}  // namespace heddle::sim

#include "sim/replay/shrink.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/explore/replay.hpp"
#include "sim/replay/shrinker.hpp"

namespace heddle::sim {
namespace {

ExecutionOptions with_hashes(ExecutionOptions options) {
  options.hash_traces = true;
  return options;
}

}  // namespace

Shrinker::Shrinker(const Program& program, const Failure& failure, const ShrinkOptions& options)
    : program_(program), options_(options), start_(WallClock::now()), execution_(with_hashes(options.execution)) {
  result_.original = failure;
  result_.failure = failure;
}

Shrunk Shrinker::run() {
  start_from_original();
  original_cost_ = cost_;
  // A livelock is not made clearer by an unfair schedule, which reaches the step limit in any program that waits by
  // looping.
  if (result_.original.kind == FailureKind::step_limit) return finish();
  // The edits get half of the executions; the proof gets the rest.
  executions_limit_ = options_.budget.executions == 0 ? 0 : options_.budget.executions / 2 + 1;
  edit_until_stable();
  executions_limit_ = options_.budget.executions;
  prove_preemptions();
  edit_until_stable();
  prove_steps();
  linearise();
  return finish();
}

bool Shrinker::is_out_of_budget() {
  const bool out = (executions_limit_ != 0 && result_.executions >= executions_limit_) ||
                   (options_.budget.time.count() != 0 && WallClock::now() - start_ >= options_.budget.time);
  if (out && executions_limit_ == options_.budget.executions) result_.out_of_budget = true;
  return out;
}

bool Shrinker::is_same_failure(const ExecutionResult& result) const {
  return result.failure == result_.original.kind && result.property == result_.original.property;
}

void Shrinker::start_from_original() {
  if (!adopt_schedule(result_.original.schedule))
    throw Error(ErrorCode::diverged,
                fmt::format("the failure '{}' does not reproduce from its schedule; the program has changed, or its "
                            "body is not deterministic",
                            result_.original.signature()));
}

bool Shrinker::adopt_schedule(const std::vector<Decision>& schedule) {
  NotingReplay replay(schedule);
  const ExecutionResult& result = execution_.run(program_, replay, Execution::Detail::events);
  ++result_.executions;
  if (replay.divergence() || !is_same_failure(result)) return false;
  adopt(execution_, replay.body_choices());
  return true;
}

void Shrinker::adopt(const Execution& execution, const std::vector<std::uint32_t>& body_choices) {
  best_ = {body_choices, steps_of(execution)};
  cost_ = cost_of(execution, body_choices);
  Failure& failure = result_.failure;
  failure.schedule = execution.decisions();
  failure.steps = execution.result().steps;
  failure.trace_hash = execution.result().trace_hash;
  failure.sequence_hash = execution.result().sequence_hash;
}

bool Shrinker::attempt(const Plan& plan) {
  if (is_out_of_budget()) return false;
  Guided guided(plan);
  guided.begin_execution(0);
  ++result_.executions;
  const ExecutionResult& result = execution_.run(program_, guided, Execution::Detail::events);
  if (!is_same_failure(result) || cost_of(execution_, guided.body_choices()) >= cost_) return false;
  adopt(execution_, guided.body_choices());
  return true;
}

void Shrinker::edit_until_stable() {
  for (Cost before; !is_out_of_budget();) {
    before = cost_;
    truncate();
    lower_choices();
    delete_blocks();
    merge_segments();
    if (cost_ == before) return;
  }
}

void Shrinker::truncate() {
  // Bisection: what is cut off is replaced by the default (the running task goes on), which preempts nobody.
  std::size_t low = 0;
  for (std::size_t high = best_.steps.size(); low < high && !is_out_of_budget();) {
    const std::size_t middle = low + (high - low) / 2;
    Plan plan = best_;
    plan.steps.resize(std::min(middle, plan.steps.size()));
    if (attempt(plan)) {
      high = std::min(middle, best_.steps.size());
    } else {
      low = middle + 1;
    }
  }
}

bool Shrinker::lower_choice(const std::function<std::uint32_t&(Plan&)>& choice) {
  bool any = false;
  std::uint32_t low = 0;
  for (std::uint32_t high = choice(best_); low < high && !is_out_of_budget();) {
    Plan plan = best_;
    const std::uint32_t middle = low + (high - low) / 2;
    choice(plan) = middle;
    const std::size_t steps_before = best_.steps.size();
    if (attempt(plan)) {
      any = true;
      if (best_.steps.size() != steps_before) return any;  // it may stand elsewhere now
      high = std::min(middle, choice(best_));
    } else {
      low = middle + 1;
    }
  }
  return any;
}

void Shrinker::lower_choices() {
  if (cost_.choices == 0) return;
  Plan all_zero = best_;
  for (std::uint32_t& choice : all_zero.body_choices) choice = 0;
  for (PlannedStep& step : all_zero.steps) step.choices.assign(step.choices.size(), 0);
  if (attempt(all_zero)) return;
  for (std::size_t i = 0; i < best_.body_choices.size(); ++i)
    lower_choice([i](Plan& plan) -> std::uint32_t& { return plan.body_choices[i]; });
  for (std::size_t i = 0; i < best_.steps.size(); ++i)
    for (std::size_t k = 0; i < best_.steps.size() && k < best_.steps[i].choices.size(); ++k)
      lower_choice([i, k](Plan& plan) -> std::uint32_t& { return plan.steps[i].choices[k]; });
}

void Shrinker::delete_blocks() {
  for (std::size_t size = best_.steps.size() / 2; size > 0; size /= 2) {
    for (std::size_t at = 0; at + size <= best_.steps.size();) {
      if (is_out_of_budget()) return;
      Plan plan = best_;
      const auto first = plan.steps.begin() + static_cast<std::ptrdiff_t>(at);
      plan.steps.erase(first, first + static_cast<std::ptrdiff_t>(size));
      if (!attempt(plan)) at += size;
    }
  }
}

void Shrinker::merge_segments() {
  struct Segment {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  const auto segment_at = [this](std::size_t first) {
    std::size_t end = first;
    while (end < best_.steps.size() && best_.steps[end].task_key == best_.steps[first].task_key) ++end;
    return Segment{first, end};
  };
  for (std::size_t at = 0; at < best_.steps.size() && !is_out_of_budget();) {
    const Segment here = segment_at(at);
    std::size_t next = here.end;
    while (next < best_.steps.size() && best_.steps[next].task_key != best_.steps[at].task_key) ++next;
    at = here.end;
    if (next == best_.steps.size()) continue;
    const Segment later = segment_at(next);
    const auto position = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
    Plan pulled = best_;  // the later segment right after this one
    std::rotate(pulled.steps.begin() + position(here.end), pulled.steps.begin() + position(later.first),
                pulled.steps.begin() + position(later.end));
    if (attempt(pulled)) {
      at = here.first < best_.steps.size() ? here.first : best_.steps.size();
      continue;
    }
    Plan pushed = best_;  // this one right before the later one
    std::rotate(pushed.steps.begin() + position(here.first), pushed.steps.begin() + position(here.end),
                pushed.steps.begin() + position(later.first));
    if (attempt(pushed)) at = here.first < best_.steps.size() ? here.first : best_.steps.size();
  }
}

Shrunk Shrinker::finish() {
  result_.preemptions_before = static_cast<std::uint32_t>(original_cost_.preemptions);
  result_.preemptions = static_cast<std::uint32_t>(cost_.preemptions);
  result_.steps_before = original_cost_.steps;
  result_.steps = cost_.steps;
  // The sentence may name values; have that of the schedule that is shown.
  Replay replay(result_.failure.schedule);
  replay.begin_execution(0);
  result_.failure.message = std::string(execution_.run(program_, replay, Execution::Detail::explain).message);
  HEDDLE_CHECK(!replay.divergence() && execution_.result().trace_hash == result_.failure.trace_hash);
  result_.seconds = std::chrono::duration<double>(WallClock::now() - start_).count();
  return std::move(result_);
}

Shrunk shrink(const Program& program, const Failure& failure, const ShrinkOptions& options) {
  if (failure.kind == FailureKind::none || failure.steps == 0) {
    Shrunk unchanged;
    unchanged.failure = unchanged.original = failure;
    return unchanged;
  }
  return Shrinker(program, failure, options).run();
}

std::string describe(const Shrunk& shrunk) {
  const auto plural = [](std::uint64_t n, std::string_view one) {
    return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
  };
  std::string text = plural(shrunk.preemptions, "preemption") + " and " + plural(shrunk.steps, "step");
  if (shrunk.preemptions_proved)
    text += shrunk.steps_proved ? ", both proved minimal" : ", the preemptions proved minimal";
  if (shrunk.preemptions != shrunk.preemptions_before || shrunk.steps != shrunk.steps_before)
    text += fmt::format(" (found with {} and {})", shrunk.preemptions_before, shrunk.steps_before);
  return text;
}

}  // namespace heddle::sim

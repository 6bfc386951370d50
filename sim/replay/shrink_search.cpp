// Shrinking by search: every schedule with few preemptions, which proves what the edits could only reach.
#include <algorithm>

#include "sim/explore/dfs.hpp"
#include "sim/replay/happens_before.hpp"
#include "sim/replay/shrinker.hpp"

namespace heddle::sim {
namespace {

constexpr std::size_t cached_states = std::size_t{1} << 20U;

std::uint64_t sum_of_choices(const std::vector<Decision>& decisions) {
  std::uint64_t sum = 0;
  for (const Decision& decision : decisions)
    if (decision.kind == DecisionKind::choice) sum += decision.chosen;
  return sum;
}

}  // namespace

Shrinker::Search Shrinker::search_with(std::uint32_t preemptions) {
  Execution execution(execution_.options());
  Dfs dfs = Dfs::preemption_bounded(preemptions).cached(cached_states);
  bool was_cut = false;
  for (std::uint64_t index = 0;; ++index) {
    if (is_out_of_budget()) return Search::unfinished;
    if (!dfs.begin_execution(index)) return was_cut ? Search::unfinished : Search::none;
    const ExecutionResult& result = execution.run(program_, dfs);
    dfs.end_execution(result);
    ++result_.executions;
    if (is_same_failure(result)) {
      HEDDLE_CHECK(adopt_schedule(execution.decisions()));
      return Search::found;
    }
    was_cut = was_cut || result.failure == FailureKind::step_limit;
  }
}

void Shrinker::prove_preemptions() {
  for (std::uint32_t bound = 0; bound < cost_.preemptions; ++bound) {
    const Search outcome = search_with(bound);
    if (outcome == Search::unfinished) return;
    if (outcome == Search::found) break;
  }
  result_.preemptions_proved = true;
}

// All schedules with as many preemptions, cut where they become longer than the best. A deadlock is noticed only when
// the next step is asked for, one step later than other failures.
void Shrinker::prove_steps() {
  if (!result_.preemptions_proved) return;
  const std::uint64_t noticed_after = result_.original.kind == FailureKind::deadlock ? 1 : 0;
  ExecutionOptions options = execution_.options();
  const std::uint64_t usual_limit = options.step_limit;
  Dfs dfs = Dfs::preemption_bounded(static_cast<std::uint32_t>(cost_.preemptions)).cached(cached_states);
  std::uint64_t index = 0;
  bool is_first = true;
  for (bool is_complete = false; !is_complete;) {
    options.step_limit = std::min(usual_limit, cost_.steps + noticed_after);
    const Cost at_start = cost_;
    Execution execution(options);
    while (cost_.steps == at_start.steps) {
      if (is_out_of_budget()) return;
      is_complete = !dfs.begin_execution(index);
      if (is_complete) break;
      ++index;
      const ExecutionResult& result = execution.run(program_, dfs);
      dfs.end_execution(result);
      ++result_.executions;
      if (!is_same_failure(result)) continue;
      // Fewer steps or smaller choices; fewer context switches can be told only by looking again, which is worth it
      // when all else is equal.
      if (result.steps > cost_.steps ||
          (result.steps == cost_.steps && sum_of_choices(execution.decisions()) > cost_.choices))
        continue;
      const Plan plan = best_;
      const Cost cost = cost_;
      const Failure failure = result_.failure;
      HEDDLE_CHECK(adopt_schedule(execution.decisions()));
      // The first of the best in the order of the search is the one to show, whatever the edits arrived at.
      if (cost_ < cost || (cost_ == cost && is_first)) {
        is_first = false;
        continue;
      }
      best_ = plan;
      cost_ = cost;
      result_.failure = failure;
    }
  }
  result_.steps_proved = true;
}

// A normal form of the same happens-before trace: each task goes on for as long as what it needs has happened, then the
// first one that can. Kept when it costs no more.
void Shrinker::linearise() {
  if (is_out_of_budget() || !adopt_schedule(std::vector<Decision>(result_.failure.schedule))) return;
  const std::vector<Event>& events = execution_.recording().events;
  const std::vector<TaskInfo> tasks = execution_.task_infos();
  const HappensBefore before(execution_.recording(), tasks, execution_.object_infos().size());
  std::vector<bool> done(events.size(), false);
  const auto is_ready = [&](std::size_t event) {
    for (std::size_t i = 0; i < event; ++i)
      if (!done[i] && before.ordered(i, event)) return false;
    return true;
  };
  const auto next_of = [&](TaskId task) {
    std::size_t i = 0;
    while (i < events.size() && (done[i] || events[i].task != task)) ++i;
    return i;
  };
  constexpr std::size_t quadratic_limit = 2'000;
  if (events.size() > quadratic_limit) return;
  Plan plan{best_.body_choices, {}};
  TaskId running = clock_task;
  while (plan.steps.size() < events.size()) {
    std::size_t next = next_of(running);
    for (TaskId task = 0; (next == events.size() || !is_ready(next)) && task < tasks.size(); ++task)
      next = next_of(running = task);
    if (next == events.size() || !is_ready(next)) return;
    done[next] = true;
    plan.steps.push_back(best_.steps[next]);
  }
  Guided guided(plan);
  guided.begin_execution(0);
  ++result_.executions;
  const std::uint64_t trace_hash = result_.failure.trace_hash;
  const ExecutionResult& result = execution_.run(program_, guided, Execution::Detail::events);
  if (is_same_failure(result) && result.trace_hash == trace_hash && cost_of(execution_, guided.body_choices()) <= cost_)
    adopt(execution_, guided.body_choices());
}

}  // namespace heddle::sim

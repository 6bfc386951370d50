#include "sim/explore/pct.hpp"

#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {
namespace {

// Priorities of tasks that have not been demoted lie above all others: [base, ...).
constexpr std::uint64_t base = std::uint64_t{1} << 62U;
// A demotion by a yield goes below everybody, and below earlier yields.
constexpr std::uint64_t yield_base = std::uint64_t{1} << 32U;
constexpr std::uint64_t unfair_at_least = 1000;

}  // namespace

Pct::Pct(std::uint32_t depth, std::uint64_t seed) : depth_(depth), seed_(seed) {
  if (depth == 0)
    throw Error(ErrorCode::usage, "PCT's depth is 0; give it at least 1 (a bug that needs one ordering constraint)");
}

bool Pct::begin_execution(std::uint64_t index) {
  rng_ = Rng(seed_, index);
  count_ = 0;
  yields_ = 0;
  std::fill(priorities_.begin(), priorities_.end(), 0);
  change_points_.clear();
  const auto steps = static_cast<std::uint32_t>(std::min<std::uint64_t>(longest_, 0xffffffffU));
  while (steps > 0 && change_points_.size() + 1 < depth_ && change_points_.size() < steps) {
    const std::uint64_t point = 1 + rng_.below(steps);
    if (std::find(change_points_.begin(), change_points_.end(), point) == change_points_.end())
      change_points_.push_back(point);
  }
  return true;
}

std::uint64_t Pct::priority_of(TaskId task) {
  if (task >= priorities_.size()) priorities_.resize(task + 1, 0);
  if (priorities_[task] == 0) priorities_[task] = base + (rng_.bits64() >> 3U);
  return priorities_[task];
}

void Pct::demote(TaskId task, std::uint64_t priority) {
  if (task >= priorities_.size()) priorities_.resize(task + 1, 0);
  priorities_[task] = priority;
}

TaskId Pct::next_task(const Execution& execution) {
  ++count_;
  if (count_ > std::max(4 * longest_, unfair_at_least)) {
    const TaskSet& enabled = execution.enabled();
    return enabled.nth(rng_.below(enabled.size()));
  }
  const TaskId running = execution.running();
  if (execution.enabled().contains(running) && execution.pending(running).op == &ops::yield)
    demote(running, yield_base - ++yields_);
  const auto highest = [&] {
    TaskId best = clock_task;
    std::uint64_t best_priority = 0;
    execution.enabled().for_each([&](TaskId id) {
      const std::uint64_t priority = priority_of(id);
      if (priority > best_priority) {
        best = id;
        best_priority = priority;
      }
    });
    return best;
  };
  TaskId chosen = highest();
  for (std::size_t i = 0; i < change_points_.size(); ++i) {
    if (change_points_[i] != count_) continue;
    demote(chosen, yield_base + 1 + i);  // rank i: below all but the demoted of lower rank
    chosen = highest();
  }
  return chosen;
}

void Pct::end_execution(const ExecutionResult& result) {
  if (executions_++ < learning_executions && result.failure != FailureKind::step_limit)
    longest_ = std::max(longest_, count_);
}

}  // namespace heddle::sim

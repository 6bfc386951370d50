#include "sim/explore/pos.hpp"

#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {

bool Pos::begin_execution(std::uint64_t index) {
  rng_ = Rng(seed_, index);
  std::fill(priorities_.begin(), priorities_.end(), 0);
  has_last_ = false;
  return true;
}

std::uint64_t& Pos::priority_of(TaskId task) {
  if (task >= priorities_.size()) priorities_.resize(task + 1, 0);
  return priorities_[task];
}

TaskId Pos::next_task(const Execution& execution) {
  priority_of(execution.running()) = 0;
  const auto conflicts_with_last = [&](const Pending& pending) {
    return has_last_ && pending.object == last_.object && conflicts(pending.access, last_.access);
  };
  TaskId best = clock_task;
  std::uint64_t best_priority = 0;
  execution.enabled().for_each([&](TaskId id) {
    std::uint64_t& priority = priority_of(id);
    if (priority == 0 || conflicts_with_last(execution.pending(id))) priority = rng_.bits64() | 1U;
    if (priority > best_priority) {
      best = id;
      best_priority = priority;
    }
  });
  last_ = execution.pending(best);
  has_last_ = last_.object != Execution::no_object;
  priority_of(best) = 0;
  return best;
}

}  // namespace heddle::sim

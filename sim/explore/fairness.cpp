#include "sim/explore/fairness.hpp"

#include "sim/core/execution.hpp"

namespace heddle::sim {
namespace {

bool yields(const Pending& pending) {
  return pending.op != nullptr && (pending.op->code == ops::yield.code || pending.op->code == ops::sleep.code);
}

}  // namespace

void Fairness::reset() noexcept {
  windows_.clear();
  has_last_ = false;
}

const TaskSet& Fairness::schedulable(const Execution& execution) {
  const TaskSet& enabled = execution.enabled();
  if (windows_.size() < execution.task_count()) windows_.resize(execution.task_count());
  if (has_last_) {
    TaskSet disabled = before_;
    disabled.erase_all(enabled);
    windows_[last_].disabled_by_it.insert_all(disabled);
    for (Window& window : windows_) window.always_enabled.erase_all(disabled);
    if (last_yields_) close_window(windows_[last_], enabled);
    has_last_ = false;
  }
  schedulable_ = enabled;
  enabled.for_each([&](TaskId id) {
    bool has_to_wait = false;
    windows_[id].comes_after.for_each([&](TaskId other) { has_to_wait = has_to_wait || enabled.contains(other); });
    if (has_to_wait) schedulable_.erase(id);
  });
  return schedulable_;
}

void Fairness::scheduled(const Execution& execution, TaskId task) {
  for (Window& window : windows_) {
    window.scheduled.insert(task);
    window.comes_after.erase(task);
  }
  before_ = execution.enabled();
  last_ = task;
  has_last_ = true;
  last_yields_ = yields(execution.pending(task));
}

void Fairness::close_window(Window& window, const TaskSet& enabled) {
  if (window.has_yielded) {  // before, every task counts as scheduled
    TaskSet starved = window.always_enabled;
    starved.insert_all(window.disabled_by_it);
    starved.erase_all(window.scheduled);
    window.comes_after.insert_all(starved);
  }
  window.has_yielded = true;
  window.always_enabled = enabled;
  window.disabled_by_it.clear();
  window.scheduled.clear();
}

}  // namespace heddle::sim

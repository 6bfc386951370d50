// One timer that lets one task go on, on that task's stack.
#pragma once

#include "sim/core/execution.hpp"

namespace heddle::sim {

class TimerWait {
 public:
  /// Arms a timer for the running task, which is to wait with a guard that reads `fired`.
  TimerWait(Execution& execution, Duration duration) : execution_(execution), task_(execution.running_task().id) {
    timer_ = execution_.arm_timer(execution_.now() + duration, &TimerWait::on_fire, this);
  }
  ~TimerWait() {
    if (!fired_) {
      execution_.cancel_timer(timer_);
    } else if (execution_.task(task_).cancel_in_flight) {
      execution_.touch(Execution::clock_object, Access::read);  // a drop before it fired would have cancelled it
    }
  }
  TimerWait(const TimerWait&) = delete;
  TimerWait& operator=(const TimerWait&) = delete;
  [[nodiscard]] bool fired() const noexcept { return fired_; }
  [[nodiscard]] Guard guard() const noexcept {
    return {[](const void* self) { return static_cast<const TimerWait*>(self)->fired_; }, this};
  }

 private:
  static void on_fire(void* self) {
    auto& wait = *static_cast<TimerWait*>(self);
    wait.fired_ = true;
    wait.execution_.refresh(wait.task_);
  }

  Execution& execution_;
  TaskId task_;
  TimerId timer_;
  bool fired_ = false;
};

}  // namespace heddle::sim

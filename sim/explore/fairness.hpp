// Fair scheduling for searches that would otherwise run a task that spins for ever (Musuvathi and Qadeer, "Fair
// stateless model checking", PLDI 2008): a task that yields comes after those that could have run since its last yield
// and did not, until they have run. Every schedule that is left out is unfair, or goes round a loop that yields once
// more than it needs to.
#pragma once

#include <vector>

#include "sim/core/task_set.hpp"

namespace heddle::sim {

class Execution;

class Fairness {
 public:
  void reset() noexcept;
  /// Takes note of what the last step did to the enabled tasks; then, of these, the ones that may be scheduled: at
  /// least one.
  [[nodiscard]] const TaskSet& schedulable(const Execution& execution);
  void scheduled(const Execution& execution, TaskId task);

 private:
  /// Since the task last yielded.
  struct Window {
    TaskSet always_enabled;
    TaskSet disabled_by_it;
    TaskSet scheduled;
    TaskSet comes_after;  ///< it is not scheduled while one of these is enabled
    bool has_yielded = false;
  };
  void close_window(Window& window, const TaskSet& enabled);

  std::vector<Window> windows_;  // by task
  TaskSet before_;               // what was enabled when the last step was chosen
  TaskSet schedulable_;
  TaskId last_ = 0;
  bool has_last_ = false;
  bool last_yields_ = false;
};

}  // namespace heddle::sim

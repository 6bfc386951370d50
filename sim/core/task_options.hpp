// What a task is told to be when it is created.
#pragma once

#include "sim/core/task.hpp"

namespace heddle::sim {

/// A group of tasks that differ in nothing but their names: same code, same captures, no look at who they are. Which of
/// them is which does not matter then, so only schedules in which they make their first steps in the order of their
/// creation are explored. Create it in the program, and pass it when the tasks are created.
class Alike {
 private:
  friend class Execution;
  TaskId last_ = 0;
};

struct TaskOptions {
  WorkerPool* pool =
      nullptr;              ///< an async task: it starts, and goes on after each await, only with a worker of this pool
  bool background = false;  ///< the execution ends without waiting for it; it is unwound then
  Alike* alike = nullptr;   ///< the group that it belongs to, if any
};

}  // namespace heddle::sim

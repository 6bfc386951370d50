#include "sim/core/world.hpp"

#include "sim/core/timer_wait.hpp"

namespace heddle::sim {
namespace {

void pass_time(const Op& op, WaitKind kind, Duration duration, std::source_location where) {
  Execution& execution = Execution::current();
  // Arming belongs to the step before: the deadline counts from when the task got here.
  const TimerWait wait(execution, duration);
  if (!execution.begin_wait(op, Execution::clock_object, Access::read, wait.guard(), kind, where, Needs::one_step()) ||
      !execution.schedule())
    return;
  execution.end_wait();
  if (WeakMemory* memory = execution.weak_memory()) memory->yielded(execution.running_task().id);
  execution.touch(Execution::clock_object, Access::read);
}

}  // namespace

void TaskHandle::join(std::source_location where) const {
  Execution& execution = Execution::current();
  if (id_ == clock_task || id_ >= execution.task_count())
    throw Error(ErrorCode::usage, "join() on a handle that belongs to no task of this execution");
  if (execution.in_task() && execution.running_task().id == id_)
    throw Error(ErrorCode::usage,
                "task " + execution.running_task().name.str() + " joins itself, which would wait for ever");
  Task& task = execution.task_at(id_);
  const Guard ended{[](const void* t) { return static_cast<const Task*>(t)->finished; }, &task};
  if (execution.wait_until(ops::join, Execution::no_object, Access::read, ended, task.joiners, WaitKind::block, where))
    execution.note_join(task);
}

bool TaskHandle::finished() const {
  return Execution::current().task(id_).finished;
}

void yield(std::string_view label, std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::yield, Execution::no_object, Access::read, where)) return;
  if (WeakMemory* memory = execution.weak_memory()) memory->yielded(execution.running_task().id);
  execution.note([&] { return std::string(label); });
}

std::uint32_t choose(std::uint32_t n, std::string_view what, std::source_location where) {
  Execution& execution = Execution::current();
  if (execution.in_task() && !execution.step(ops::choose, Execution::no_object, Access::read, where)) return 0;
  const std::uint32_t chosen = execution.alternative(n);
  execution.note([&] { return std::string(what) + " = " + std::to_string(chosen) + " of " + std::to_string(n); });
  return chosen;
}

Duration now() {
  return Execution::current().now();
}

void sleep(Duration duration, std::source_location where) {
  pass_time(ops::sleep, WaitKind::await, duration, where);
}

void work(Duration duration, std::source_location where) {
  pass_time(ops::work, WaitKind::block, duration, where);
}

}  // namespace heddle::sim

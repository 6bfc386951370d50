#include "sim/sync/mutex.hpp"

namespace heddle::sim {

void Mutex::lock_without_scheduling(const Execution& execution) {
  if (execution.tearing_down()) return;
  if (is_locked())
    throw Error(ErrorCode::usage, "mutex " + execution.object_name(object_) +
                                      " is locked outside of a task while it is held; nobody could release it");
  owner_ = clock_task;  // no task: the body itself
}

bool Mutex::try_lock(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_lock, object_, Access::write, where) && execution.tearing_down()) return true;
  if (is_locked()) {
    execution.touch(object_, Access::read);
    execution.note([] { return std::string("busy"); });
    return false;
  }
  take(execution, execution.running_task().id, holding::tried_mutex);
  return true;
}

bool Mutex::try_lock_for(Duration patience, std::source_location where) {
  Execution& execution = Execution::current();
  struct Patience : TimerWait {
    const Mutex& mutex;
    Patience(Execution& e, Duration duration, const Mutex& m) : TimerWait(e, duration), mutex(m) {}
  } wait(execution, patience, *this);
  const Guard free_or_late{[](const void* w) {
                             const auto& waiting = *static_cast<const Patience*>(w);
                             return waiting.fired() || !waiting.mutex.is_locked();
                           },
                           &wait};
  if (execution.begin_wait(ops::try_lock_for, object_, Access::write, free_or_late, WaitKind::block, where)) {
    const TaskId self = execution.running_task().id;
    special_waiters_.insert(self);
    if (!execution.schedule()) return true;  // the execution has ended
    special_waiters_.erase(self);
    execution.end_wait();
  } else if (execution.tearing_down()) {
    return true;
  }
  // Whether the timer has fired: else the mutex, being free, would have ended the wait before it.
  execution.touch(Execution::clock_object, Access::read);
  if (is_locked()) {
    execution.touch(object_, Access::read);
    execution.note([] { return std::string("busy"); });
    return false;
  }
  take(execution, execution.running_task().id);
  return true;
}

void Mutex::report_not_owner(Execution& execution) const {
  execution.fail(FailureKind::misuse, "unlock_by_owner", [&] {
    std::string text = "task " + execution.running_task().name.str() + " unlocks mutex " +
                       execution.object_name(object_) + ", which it does not hold";
    if (is_locked() && owner_ != clock_task)
      text += "; " + execution.task(owner_).name.str() + " does, and its guard must be destroyed there";
    return text;
  });
}

}  // namespace heddle::sim

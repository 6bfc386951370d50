#include "sim/sync/mutex.hpp"

namespace heddle::sim {

void Mutex::take(Execution& execution) {
  owner_ = execution.running_task().id;
  execution.disable(waiters_);
  execution.touch(object_, Access::write);
  execution.note_held(object_);
}

void Mutex::lock(const std::source_location& where) {
  Execution& execution = Execution::current();
  if (!execution.announce(ops::lock, object_, Access::write, where)) {
    if (!execution.tearing_down() && !execution.in_task()) {
      if (is_locked()) throw Error(ErrorCode::usage, "mutex " + execution.object_name(object_) + " is locked outside of a task while held");
      owner_ = execution.running_task().id;
    }
    return;
  }
  const TaskId self = execution.running_task().id;
  waiters_.insert(self);
  if (is_locked()) execution.disable(self);
  const bool live = execution.schedule();
  waiters_.erase(self);
  if (live) take(execution);
}

bool Mutex::try_lock(const std::source_location& where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_lock, object_, Access::write, where) && execution.tearing_down()) return true;
  if (is_locked()) {
    execution.touch(object_, Access::read);
    execution.note([] { return std::string("busy"); });
    return false;
  }
  take(execution);
  return true;
}

void Mutex::unlock(const std::source_location& where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::unlock, object_, Access::write, where) && execution.tearing_down()) return;
  if (owner_ != execution.running_task().id) {
    execution.fail(FailureKind::misuse, "unlock_by_owner", [&] {
      return "task " + execution.running_task().name.str() + " unlocks mutex " + execution.object_name(object_) + ", which it does not hold";
    });
    return;
  }
  owner_ = nobody;
  execution.enable(waiters_);
  execution.touch(object_, Access::write);
  execution.note_released(object_);
}

}  // namespace heddle::sim

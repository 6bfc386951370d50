#include "sim/sync/rw_lock.hpp"

#include <algorithm>

namespace heddle::sim {

void RwLock::take_write(Execution& execution, const Holding& how) {
  writer_ = execution.running_task().id;
  execution.touch(object_, Access::write, -everything);
  execution.note_held(object_, how);
  execution.refresh(waiters_);
}

void RwLock::take_read(Execution& execution, const Holding& how) {
  const TaskId self = execution.running_task().id;
  const auto known =
      std::find_if(reading_.begin(), reading_.end(), [&](const Reader& reader) { return reader.task == self; });
  if (known == reading_.end()) {
    reading_.push_back({self, 1});
  } else {
    ++known->times;
  }
  ++readers_;
  execution.touch(object_, Access::commute, -1);
  execution.note_held(object_, how);
  execution.refresh(waiters_);
}

/// Under `fair`: asks for a turn in one step, and waits for it in another if it is not at once.
void RwLock::wait_for_turn(Execution& execution, const Op& op, std::uint32_t amount, std::source_location where) {
  Waiter waiter;
  waiter.amount = amount;
  turns_.request(execution, waiter);
  if (waiter.is_granted()) return;
  execution.touch(object_, Access::write);
  const Guard granted{[](const void* w) { return static_cast<const Waiter*>(w)->is_granted(); }, &waiter};
  if (!execution.begin_wait(op, object_, Access::read, granted, WaitKind::block, where) || !execution.schedule())
    return;
  execution.end_wait();
  waiter.finish(execution);
}

/// Under `writer_preferring`: that a writer waits keeps readers out, so lining up is a step.
void RwLock::write_lock_preferred(Execution& execution, std::source_location where) {
  if (lets_write()) return;
  execution.touch(object_, Access::write);
  ++waiting_writers_;
  execution.refresh(waiters_);
  const Guard free{[](const void* lock) { return static_cast<const RwLock*>(lock)->lets_write(); }, this};
  if (!execution.begin_wait(ops::write_lock, object_, Access::write, free, WaitKind::block, where)) return;
  const TaskId self = execution.running_task().id;
  waiters_.insert(self);
  if (!execution.schedule()) return;
  waiters_.erase(self);
  execution.end_wait();
  --waiting_writers_;
}

void RwLock::lock(std::source_location where) {
  Execution& execution = Execution::current();
  const Guard free{[](const void* lock) { return static_cast<const RwLock*>(lock)->lets_write(); }, this};
  if (policy_ == RwPolicy::unfair || !execution.in_task()) {
    execution.wait_until(ops::write_lock, object_, Access::write, free, waiters_, WaitKind::block, where,
                         Needs::at_least(everything));
  } else if (execution.step(ops::write_lock, object_, Access::write, where)) {
    policy_ == RwPolicy::fair ? wait_for_turn(execution, ops::write_lock, everything, where)
                              : write_lock_preferred(execution, where);
  }
  if (execution.tearing_down()) return;
  if (policy_ == RwPolicy::fair && !execution.in_task()) HEDDLE_CHECK(turns_.try_take(everything));
  take_write(execution, holding::mutex);
}

void RwLock::lock_shared(std::source_location where) {
  Execution& execution = Execution::current();
  if (policy_ == RwPolicy::fair && execution.in_task()) {
    if (execution.step(ops::read_lock, object_, Access::write, where))
      wait_for_turn(execution, ops::read_lock, 1, where);
  } else {
    const Guard open{[](const void* lock) { return static_cast<const RwLock*>(lock)->lets_read(); }, this};
    const Needs needs = policy_ == RwPolicy::unfair ? Needs::at_least(1) : Needs::something();
    execution.wait_until(ops::read_lock, object_, Access::commute, open, waiters_, WaitKind::block, where, needs);
    if (policy_ == RwPolicy::fair && !execution.tearing_down()) HEDDLE_CHECK(turns_.try_take(1));
  }
  if (!execution.tearing_down()) take_read(execution, holding::read_lock);
}

bool RwLock::try_lock(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_write_lock, object_, Access::write, where) && execution.tearing_down()) return true;
  if (policy_ == RwPolicy::fair ? !turns_.try_take(everything) : !lets_write()) {
    execution.touch(object_, Access::read);
    return false;
  }
  take_write(execution, holding::tried_mutex);
  return true;
}

bool RwLock::try_lock_shared(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_read_lock, object_, Access::write, where) && execution.tearing_down()) return true;
  if (policy_ == RwPolicy::fair ? !turns_.try_take(1) : !lets_read()) {
    execution.touch(object_, Access::read);
    return false;
  }
  take_read(execution, holding::tried_read_lock);
  return true;
}

void RwLock::unlock(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::write_unlock, object_, Access::write, where) && execution.tearing_down()) return;
  if (writer_ != execution.running_task().id) return fail_unlock(execution, "writing");
  writer_ = nobody;
  execution.touch(object_, Access::write, everything);
  execution.note_released(object_);
  if (policy_ == RwPolicy::fair) turns_.give(execution, everything);
  execution.refresh(waiters_);
}

void RwLock::unlock_shared(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  const Access access = policy_ == RwPolicy::fair ? Access::write : Access::commute;
  if (!execution.step(ops::read_unlock, object_, access, where) && execution.tearing_down()) return;
  const TaskId self = execution.running_task().id;
  const auto own =
      std::find_if(reading_.begin(), reading_.end(), [&](const Reader& reader) { return reader.task == self; });
  if (own == reading_.end()) return fail_unlock(execution, "reading");
  if (--own->times == 0) reading_.erase(own);
  --readers_;
  // Which of several readers lets the first in line in depends on their order.
  execution.touch(object_, turns_.has_waiters() ? Access::write : Access::commute, 1);
  execution.note_released(object_);
  if (policy_ == RwPolicy::fair) turns_.give(execution, 1);
  execution.refresh(waiters_);
}

void RwLock::fail_unlock(Execution& execution, const char* how) const {
  execution.fail(FailureKind::misuse, "unlock_by_owner", [&] {
    std::string text = "task " + execution.running_task().name.str() + " unlocks rw lock " +
                       execution.object_name(object_) + ", which it does not hold for " + how;
    const TaskId holder = writer_ != nobody ? writer_ : reading_.empty() ? nobody : reading_.front().task;
    if (holder != nobody && holder != execution.running_task().id)
      text += "; " + execution.task(holder).name.str() + " does, and its guard must be destroyed there";
    return text;
  });
}

}  // namespace heddle::sim

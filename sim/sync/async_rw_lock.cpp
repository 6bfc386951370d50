#include "sim/sync/async_rw_lock.hpp"

namespace heddle::sim {

AsyncRwLock::Guard& AsyncRwLock::Guard::operator=(Guard&& other) noexcept {
  if (this != &other) {
    unlock();
    lock_ = std::exchange(other.lock_, nullptr);
    amount_ = other.amount_;
  }
  return *this;
}

void AsyncRwLock::Guard::unlock(std::source_location where) noexcept {
  if (lock_ == nullptr) return;
  AsyncRwLock& lock = *std::exchange(lock_, nullptr);
  Execution& execution = Execution::current();
  if (!execution.step(ops::async_rw_unlock, lock.object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(lock.object_, lock.access_for(amount_));
  execution.note_released(lock.object_);
  lock.permits_.give(execution, amount_);
}

std::optional<AsyncRwLock::Guard> AsyncRwLock::try_take(const Op& op, std::uint32_t amount,
                                                        std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(op, object_, Access::write, where) && execution.tearing_down()) return Guard();
  const Access access = access_for(amount);
  if (!permits_.try_take(amount)) {
    execution.touch(object_, Access::read);
    return std::nullopt;
  }
  execution.touch(object_, access);
  execution.note_held(object_, amount == 1 ? holding::tried_async_read_lock : holding::tried_async_lock);
  return Guard(*this, amount);
}

void AsyncRwLock::Locking::start(Execution& execution) {
  if (waiter_.state != Waiter::State::idle) return;
  const Access access = lock_.access_for(waiter_.amount);
  lock_.permits_.request(execution, waiter_);
  execution.touch(object(), waiter_.is_granted() ? access : Access::write);
}

AsyncRwLock::Guard AsyncRwLock::Locking::finish(Execution& execution) {
  waiter_.finish(execution);
  execution.note_held(object(), waiter_.amount == 1 ? holding::async_read_lock : holding::async_lock);
  return {lock_, waiter_.amount};
}

AsyncRwLock::Locking::~Locking() {
  if (waiter_.state != Waiter::State::queued && waiter_.state != Waiter::State::granted) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  execution.touch(object(), Access::write);
  lock_.permits_.leave(execution, waiter_);
}

}  // namespace heddle::sim

#include "sim/sync/async_mutex.hpp"

namespace heddle::sim {

AsyncMutex::Guard& AsyncMutex::Guard::operator=(Guard&& other) noexcept {
  if (this != &other) {
    unlock();
    mutex_ = std::exchange(other.mutex_, nullptr);
  }
  return *this;
}

void AsyncMutex::Guard::unlock(std::source_location where) noexcept {
  if (mutex_ == nullptr) return;
  AsyncMutex& mutex = *std::exchange(mutex_, nullptr);
  Execution& execution = Execution::current();
  if (!execution.step(ops::async_unlock, mutex.object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(mutex.object_, Access::write);
  execution.note_released(mutex.object_);
  mutex.permits_.give(execution, 1);
}

std::optional<AsyncMutex::Guard> AsyncMutex::try_lock(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::async_try_lock, object_, Access::write, where) && execution.tearing_down()) return Guard();
  if (!permits_.try_take(1)) {
    execution.touch(object_, Access::read);
    execution.note([] { return std::string("busy"); });
    return std::nullopt;
  }
  execution.touch(object_, Access::write);
  execution.note_held(object_, holding::tried_async_lock);
  return Guard(*this);
}

void AsyncMutex::Locking::start(Execution& execution) {
  if (waiter_.state != Waiter::State::idle) return;
  execution.touch(object(), Access::write);
  mutex_.permits_.request(execution, waiter_);
}

AsyncMutex::Guard AsyncMutex::Locking::finish(Execution& execution) {
  waiter_.finish(execution);
  execution.note_held(object(), holding::async_lock);
  return Guard(mutex_);
}

AsyncMutex::Locking::~Locking() {
  if (waiter_.state != Waiter::State::queued && waiter_.state != Waiter::State::granted) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  execution.touch(object(), Access::write);
  mutex_.permits_.leave(execution, waiter_);
}

}  // namespace heddle::sim

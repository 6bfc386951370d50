#include "sim/sync/once.hpp"

namespace heddle::sim {

bool Once::begin(std::source_location where) {
  Execution& execution = Execution::current();
  const Guard not_running{[](const void* once) { return static_cast<const Once*>(once)->state_ != State::running; },
                          this};
  execution.wait_until(ops::call_once, object_, Access::write, not_running, waiters_, WaitKind::block, where);
  if (execution.tearing_down()) return false;
  if (state_ == State::done) {
    execution.touch(object_, Access::read);
    return false;
  }
  execution.touch(object_, Access::write);
  state_ = State::running;
  execution.refresh(waiters_);
  return true;
}

void Once::end(bool succeeded) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::call_ended, object_, Access::write, std::source_location::current()) &&
      execution.tearing_down())
    return;
  execution.touch(object_, Access::write);
  state_ = succeeded ? State::done : State::idle;
  execution.refresh(waiters_);
}

}  // namespace heddle::sim

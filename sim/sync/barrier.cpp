#include "sim/sync/barrier.hpp"

namespace heddle::sim {

void Barrier::Arriving::start(Execution& execution) {
  if (waiter_.state != Waiter::State::idle) return;
  execution.touch(object(), Access::write);
  if (++barrier_.arrived_ < barrier_.tasks_) {
    barrier_.queue_.push(execution, waiter_);
    return;
  }
  barrier_.arrived_ = 0;
  while (Waiter* waiter = barrier_.queue_.front()) barrier_.queue_.grant(execution, *waiter);
  waiter_.grant_at_once();
}

Barrier::Arriving::~Arriving() {
  if (waiter_.state != Waiter::State::queued) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  execution.touch(object(), Access::write);
  barrier_.queue_.remove(waiter_);
}

}  // namespace heddle::sim

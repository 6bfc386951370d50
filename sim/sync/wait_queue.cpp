#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

Waiter::~Waiter() {
  if (queue != nullptr) queue->remove(*this);
}

WaitQueue::~WaitQueue() {
  for (Waiter* waiter = front_; waiter != nullptr; waiter = waiter->next) waiter->queue = nullptr;
}

void WaitQueue::push(Execution& execution, Waiter& waiter) noexcept {
  waiter.task = execution.running_task().id;
  waiter.state = Waiter::State::queued;
  waiter.waited = true;
  waiter.queue = this;
  waiter.previous = back_;
  waiter.next = nullptr;
  (back_ == nullptr ? front_ : back_->next) = &waiter;
  back_ = &waiter;
}

void WaitQueue::remove(Waiter& waiter) noexcept {
  (waiter.previous == nullptr ? front_ : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? back_ : waiter.next->previous) = waiter.previous;
  waiter.previous = waiter.next = nullptr;
  waiter.queue = nullptr;
}

void WaitQueue::grant(Execution& execution, Waiter& waiter) {
  remove(waiter);
  waiter.state = Waiter::State::granted;
  execution.touch(execution.wake_up_of(execution.task_at(waiter.task)), Access::write);
  execution.refresh(waiter.task);
}

bool Permits::try_take(std::uint32_t amount) noexcept {
  if (!queue_.empty() || available_ < amount) return false;
  available_ -= amount;
  return true;
}

void Permits::request(Execution& execution, Waiter& waiter) noexcept {
  if (try_take(waiter.amount)) {
    waiter.grant_at_once();
  } else {
    queue_.push(execution, waiter);
  }
}

void Permits::give(Execution& execution, std::uint32_t amount) {
  HEDDLE_CHECK(amount <= std::numeric_limits<std::uint32_t>::max() - available_);
  available_ += amount;
  hand_out(execution);
}

void Permits::leave(Execution& execution, Waiter& waiter) {
  if (waiter.state == Waiter::State::queued) {
    queue_.remove(waiter);
  } else if (waiter.state == Waiter::State::granted) {
    available_ += waiter.amount;
  } else {
    return;
  }
  waiter.state = Waiter::State::finished;
  hand_out(execution);  // also when it only queued: it may have held up somebody who wants less
}

void Permits::wake_all(Execution& execution) {
  while (Waiter* waiter = queue_.front()) {
    waiter->amount = 0;
    queue_.grant(execution, *waiter);
  }
}

void Permits::hand_out(Execution& execution) {
  while (Waiter* waiter = queue_.front()) {
    if (waiter->amount > available_) return;
    available_ -= waiter->amount;
    queue_.grant(execution, *waiter);
  }
}

}  // namespace heddle::sim

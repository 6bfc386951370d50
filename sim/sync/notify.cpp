#include "sim/sync/notify.hpp"

namespace heddle::sim {
namespace {

// Woken by `notify_waiters`: nobody else is owed this wake-up.
constexpr std::uint32_t one_of_all = 0;

}  // namespace

Notify::Notification::Notification(Notify& notify) : notify_(notify), rounds_seen_(notify.rounds_) {
  Execution::current().touch(notify.object_, Access::read);
}

void Notify::Notification::start(Execution& execution) {
  if (waiter_.state != Waiter::State::idle) return;
  if (rounds_seen_ != notify_.rounds_) {
    execution.touch(object(), Access::read);
    waiter_.amount = one_of_all;
    waiter_.grant_at_once();
    return;
  }
  execution.touch(object(), Access::write);
  if (notify_.has_permit_) {
    notify_.has_permit_ = false;
    waiter_.grant_at_once();
  } else {
    notify_.queue_.push(execution, waiter_);
  }
}

Notify::Notification::~Notification() {
  const Waiter::State state = waiter_.state;
  if (state != Waiter::State::queued && state != Waiter::State::granted) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  if (state == Waiter::State::queued) {
    execution.touch(object(), Access::write);
    notify_.queue_.remove(waiter_);
  } else if (waiter_.amount != one_of_all) {
    execution.touch(object(), Access::write);
    notify_.wake_one(execution);
  }
}

void Notify::wake_one(Execution& execution) {
  if (Waiter* waiter = queue_.front()) {
    queue_.grant(execution, *waiter);
  } else {
    has_permit_ = true;
  }
}

void Notify::notify_one(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::notify, object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(object_, Access::write);
  execution.note([&] { return std::string(queue_.empty() ? "one, later" : "one"); });
  wake_one(execution);
}

void Notify::notify_waiters(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::notify, object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(object_, Access::write);
  execution.note([] { return std::string("all"); });
  ++rounds_;
  while (Waiter* waiter = queue_.front()) {
    waiter->amount = one_of_all;
    queue_.grant(execution, *waiter);
  }
}

}  // namespace heddle::sim

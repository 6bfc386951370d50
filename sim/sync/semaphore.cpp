#include "sim/sync/semaphore.hpp"

namespace heddle::sim {

Semaphore::Permit& Semaphore::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release();
    semaphore_ = std::exchange(other.semaphore_, nullptr);
    amount_ = other.amount_;
  }
  return *this;
}

void Semaphore::Permit::release(std::source_location where) noexcept {
  if (semaphore_ == nullptr) return;
  Semaphore& semaphore = *std::exchange(semaphore_, nullptr);
  semaphore.add_permits(amount_, where);
  if (Execution& execution = Execution::current(); !execution.tearing_down())
    execution.note_released(semaphore.object_);
}

void Semaphore::Permit::forget() noexcept {
  if (semaphore_ != nullptr) Execution::current().note_released(semaphore_->object_);
  semaphore_ = nullptr;
}

void Semaphore::add_permits(std::uint32_t amount, std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::release, object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(object_, Access::write);
  permits_.give(execution, amount);
  execution.note([&] { return std::to_string(amount) + ", " + std::to_string(permits_.available()) + " available"; });
}

std::optional<Semaphore::Permit> Semaphore::try_acquire(std::uint32_t amount, std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_acquire, object_, Access::write, where) && execution.tearing_down()) return Permit();
  if (!permits_.try_take(amount)) {
    execution.touch(object_, Access::read);
    execution.note([] { return std::string("busy"); });
    return std::nullopt;
  }
  execution.touch(object_, Access::write);
  execution.note_held(object_, holding::permit);
  return Permit(*this, amount);
}

void Semaphore::Acquiring::start(Execution& execution) {
  if (waiter_.state != Waiter::State::idle) return;
  execution.touch(object(), Access::write);
  semaphore_.permits_.request(execution, waiter_);
}

Semaphore::Permit Semaphore::Acquiring::finish(Execution& execution) {
  waiter_.finish(execution);
  execution.note_held(object(), holding::permit);
  return {semaphore_, waiter_.amount};
}

Semaphore::Acquiring::~Acquiring() {
  if (waiter_.state != Waiter::State::queued && waiter_.state != Waiter::State::granted) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  execution.touch(object(), Access::write);
  semaphore_.permits_.leave(execution, waiter_);
}

}  // namespace heddle::sim

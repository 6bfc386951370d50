// Fair queues. `Permits` is the heart of the FIFO primitives (semaphore, async mutex, bounded channel, async read-write
// lock): a number of permits, handed over in the order in which they were asked for, as tokio's batch semaphore does. A
// waiter that is dropped after permits were granted to it passes them on.
#pragma once

#include <cstdint>
#include <limits>

#include "sim/core/execution.hpp"

namespace heddle::sim {

class WaitQueue;

/// One task's place in a queue, on that task's stack. Destroying it takes it out of the queue; destroying the queue
/// first is fine, too, as happens when tasks are unwound one after the other.
struct Waiter {
  enum class State : std::uint8_t { idle, queued, granted, finished };

  WaitQueue* queue = nullptr;  ///< while it stands in one
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  TaskId task = 0;
  std::uint32_t amount = 1;
  State state = State::idle;
  bool waited = false;

  Waiter() = default;
  ~Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  [[nodiscard]] bool is_granted() const noexcept { return state == State::granted; }
  /// It was granted without waiting.
  void grant_at_once() noexcept { state = State::granted; }
  /// What a task reads when it goes on after having waited: that it was woken.
  void observe(Execution& execution) const {
    if (waited) execution.touch(execution.wake_up_of(execution.running_task()), Access::read);
  }
  void finish(Execution& execution) {
    observe(execution);
    state = State::finished;
  }
};

/// An intrusive FIFO of waiters.
class WaitQueue {
 public:
  WaitQueue() = default;
  ~WaitQueue();
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  [[nodiscard]] bool empty() const noexcept { return front_ == nullptr; }
  [[nodiscard]] Waiter* front() const noexcept { return front_; }
  /// Lines up the running task.
  void push(Execution& execution, Waiter& waiter) noexcept;
  /// Takes `waiter` out, wherever it stands.
  void remove(Waiter& waiter) noexcept;
  /// Takes `waiter` out and lets its task go on.
  void grant(Execution& execution, Waiter& waiter);

 private:
  Waiter* front_ = nullptr;
  Waiter* back_ = nullptr;
};

class Permits {
 public:
  explicit Permits(std::uint32_t available) : available_(available) {}

  [[nodiscard]] std::uint32_t available() const noexcept { return available_; }
  [[nodiscard]] bool has_waiters() const noexcept { return !queue_.empty(); }
  /// Takes `amount` permits unless somebody would be overtaken.
  [[nodiscard]] bool try_take(std::uint32_t amount) noexcept;
  /// Takes what `waiter` wants, or lines it up.
  void request(Execution& execution, Waiter& waiter) noexcept;
  void give(Execution& execution, std::uint32_t amount);
  /// `waiter` does not want its permits any more, whether it has them or not.
  void leave(Execution& execution, Waiter& waiter);
  /// Lets everybody who waits go on without permits.
  void wake_all(Execution& execution);

 private:
  void hand_out(Execution& execution);

  std::uint32_t available_;
  WaitQueue queue_;
};

}  // namespace heddle::sim

// `ConditionVariable`: std::condition_variable for code under test, with a `Mutex`. Blocking: a waiting task keeps its
// worker thread. Which waiter `notify_one` wakes is a decision. A waiter that was woken competes for the mutex like
// everybody else. Spurious wake-ups happen as decisions, as many in an execution as the constructor allows; none by
// default.
//
//     std::unique_lock lock(mutex);
//     ready.wait(lock, [&] { return !queue.empty(); });
#pragma once

#include <mutex>

#include "sim/sync/mutex.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op wait{"wait", Unwinds::if_endless};
inline constexpr Op relock{"lock again", Unwinds::if_endless};
inline constexpr Op notify_one{"notify_one", Unwinds::never};
inline constexpr Op notify_all{"notify_all", Unwinds::never};
}  // namespace ops

enum class CvStatus : std::uint8_t { no_timeout, timeout };

class ConditionVariable {
 public:
  explicit ConditionVariable(Name name = {}, std::uint32_t spurious_wake_ups = 0);
  ConditionVariable(const ConditionVariable&) = delete;
  ConditionVariable& operator=(const ConditionVariable&) = delete;

  /// Releases the mutex and waits in one step; holds it again when it returns.
  void wait(std::unique_lock<Mutex>& lock, std::source_location where = std::source_location::current()) {
    static_cast<void>(wait_once(lock, nullptr, where));
  }
  template <class Predicate>
  void wait(std::unique_lock<Mutex>& lock, Predicate predicate,
            std::source_location where = std::source_location::current()) {
    while (!predicate() && wait_once(lock, nullptr, where) != Woken::at_the_end) {
    }
  }
  CvStatus wait_for(std::unique_lock<Mutex>& lock, Duration patience,
                    std::source_location where = std::source_location::current());
  /// Whether `predicate` held within `patience`.
  template <class Predicate>
  bool wait_for(std::unique_lock<Mutex>& lock, Duration patience, Predicate predicate,
                std::source_location where = std::source_location::current()) {
    const Duration deadline = Execution::current().now() + patience;
    while (!predicate()) {
      const Duration left = deadline - Execution::current().now();
      if (wait_once(lock, &left, where) != Woken::by_notification) return predicate();
    }
    return true;
  }
  void notify_one(std::source_location where = std::source_location::current()) noexcept;
  void notify_all(std::source_location where = std::source_location::current()) noexcept;
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  enum class Woken : std::uint8_t { by_notification, by_timer, at_the_end };
  class Wait;
  Woken wait_once(std::unique_lock<Mutex>& lock, const Duration* patience, std::source_location where);

  ObjectId object_;
  std::uint32_t spurious_left_;
  std::uint32_t waiting_ = 0;
  WaitQueue queue_;
};

}  // namespace heddle::sim

// `Mutex`: std::timed_mutex for code under test. A blocking lock: a waiting task keeps its worker thread. Not fair:
// when it is released, any waiting task (or a newcomer) may take it next, as the strategy decides. Not recursive.
// Operations are inlined into the task: see `Fiber::switch_between`.
#pragma once

#include <mutex>
#include <source_location>

#include "sim/core/execution.hpp"
#include "sim/core/timer_wait.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op lock{"lock", Unwinds::if_endless};
inline constexpr Op try_lock{"try_lock", Unwinds::if_endless, true};
inline constexpr Op try_lock_for{"try_lock_for", Unwinds::if_endless, true};
inline constexpr Op unlock{"unlock", Unwinds::never};
}  // namespace ops

class Mutex {
 public:
  explicit Mutex(Name name = {}) : object_(Execution::current().add_object("mutex", name, free_level)) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  [[gnu::always_inline]] void lock(std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    if (!execution.announce(ops::lock, object_, Access::write, where, Needs::at_least(free_level))) [[unlikely]] {
      lock_without_scheduling(execution);
      return;
    }
    const TaskId self = execution.running_task().id;
    waiters_.insert(self);
    if (is_locked()) execution.disable(self);
    if (!execution.schedule()) return;  // the execution has ended, and this mutex may be gone
    waiters_.erase(self);
    take(execution, self);
  }
  [[nodiscard]] bool try_lock(std::source_location where = std::source_location::current());
  /// Waits, keeping its worker, for at most `patience`. What is free wins against a timer that has also fired.
  [[nodiscard]] bool try_lock_for(Duration patience, std::source_location where = std::source_location::current());
  [[gnu::always_inline]] void unlock(std::source_location where = std::source_location::current()) noexcept {
    Execution& execution = Execution::current();
    if (!execution.step(ops::unlock, object_, Access::write, where) && execution.tearing_down()) [[unlikely]]
      return;
    if (owner_ != execution.running_task().id) [[unlikely]] {
      report_not_owner(execution);
      return;
    }
    give_up(execution);
  }
  /// Whether it is held, without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_locked() const noexcept { return owner_ != nobody; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  friend class ConditionVariable;
  static constexpr std::int32_t free_level = 1;
  static constexpr TaskId nobody = ~TaskId{0};
  [[gnu::always_inline]] void take(Execution& execution, TaskId self, const Holding& how = holding::mutex) {
    owner_ = self;
    execution.disable(waiters_);
    if (!special_waiters_.empty()) [[unlikely]]
      execution.refresh(special_waiters_);
    execution.touch(object_, Access::write, -free_level);
    execution.note_held(object_, how);
  }
  [[gnu::always_inline]] void give_up(Execution& execution) {
    owner_ = nobody;
    execution.enable(waiters_);
    if (!special_waiters_.empty()) [[unlikely]]
      execution.refresh(special_waiters_);
    execution.touch(object_, Access::write, free_level);
    execution.note_released(object_);
  }
  void lock_without_scheduling(const Execution& execution);
  void report_not_owner(Execution& execution) const;

  ObjectId object_;
  TaskId owner_ = nobody;
  TaskSet waiters_;
  TaskSet special_waiters_;  // their guards are not just that it is free
};

/// std::lock_guard, which knows where in the source it is.
class [[nodiscard]] LockGuard : public std::lock_guard<Mutex> {
 public:
  explicit LockGuard(Mutex& mutex, std::source_location where = std::source_location::current())
      : std::lock_guard<Mutex>((mutex.lock(where), mutex), std::adopt_lock) {}
};

}  // namespace heddle::sim

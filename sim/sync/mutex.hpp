// `Mutex`: std::timed_mutex for code under test. A blocking lock: a waiting task keeps its worker thread. Not fair: when it is
// released, any waiting task (or a newcomer) may take it next, as the strategy decides. Not recursive.
// Operations are inlined into the task: see `Fiber::switch_between`.
#pragma once

#include <mutex>
#include <source_location>

#include "sim/core/execution.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op lock{"lock", Unwinds::if_endless};
inline constexpr Op try_lock{"try_lock", Unwinds::if_endless};
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
  [[gnu::always_inline]] void unlock(std::source_location where = std::source_location::current()) noexcept {
    Execution& execution = Execution::current();
    if (!execution.step(ops::unlock, object_, Access::write, where) && execution.tearing_down()) [[unlikely]]
      return;
    if (owner_ != execution.running_task().id) [[unlikely]] {
      report_not_owner(execution);
      return;
    }
    owner_ = nobody;
    execution.enable(waiters_);
    execution.touch(object_, Access::write, free_level);
    execution.note_released(object_);
  }
  /// Whether it is held, without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_locked() const noexcept { return owner_ != nobody; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  static constexpr std::int32_t free_level = 1;
  static constexpr TaskId nobody = ~TaskId{0};
  [[gnu::always_inline]] void take(Execution& execution, TaskId self) {
    owner_ = self;
    execution.disable(waiters_);
    execution.touch(object_, Access::write, -free_level);
    execution.note_held(object_);
  }
  void lock_without_scheduling(const Execution& execution);
  void report_not_owner(Execution& execution) const;

  ObjectId object_;
  TaskId owner_ = nobody;
  TaskSet waiters_;
};

using LockGuard = std::lock_guard<Mutex>;

}  // namespace heddle::sim

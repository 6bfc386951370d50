// `Mutex`: std::timed_mutex for code under test. A blocking lock: a waiting task keeps its worker thread. Not fair: when it is
// released, any waiting task (or a newcomer) may take it next, as the strategy decides. Not recursive.
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
  explicit Mutex(Name name = {}) : object_(Execution::current().add_object("mutex", name)) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock(const std::source_location& where = std::source_location::current());
  [[nodiscard]] bool try_lock(const std::source_location& where = std::source_location::current());
  void unlock(const std::source_location& where = std::source_location::current()) noexcept;
  /// Whether it is held, without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_locked() const noexcept { return owner_ != nobody; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  static constexpr TaskId nobody = ~TaskId{0};
  void take(Execution& execution);

  ObjectId object_;
  TaskId owner_ = nobody;
  TaskSet waiters_;
};

using LockGuard = std::lock_guard<Mutex>;

}  // namespace heddle::sim

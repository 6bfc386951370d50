// What tasks hold - locks, permits, gates, leases - and those who want to know: the ledger, the lock-order graph, the
// time contracts (properties/). Primitives tell the execution what is taken and given back; it keeps the list and tells
// the observers that a body has attached. Where nobody looks, that costs one predictable branch.
#pragma once

#include <chrono>
#include <cstdint>
#include <source_location>

#include "sim/core/op.hpp"

namespace heddle::sim {

struct Task;
struct CancelScope;

/// How something is held.
struct Holding {
  bool is_lock = false;    ///< others wait until it is given back: it has a place in the lock order
  bool is_shared = false;  ///< together with others who share it
  bool blocks = false;     ///< whoever waits for it keeps its worker thread
  bool waits = true;       ///< it was taken by an operation that would have waited, not by a try
  bool expires = false;    ///< it may also end by itself: a lease
};

namespace holding {
inline constexpr Holding mutex{.is_lock = true, .is_shared = false, .blocks = true, .waits = true};
inline constexpr Holding tried_mutex{.is_lock = true, .is_shared = false, .blocks = true, .waits = false};
inline constexpr Holding read_lock{.is_lock = true, .is_shared = true, .blocks = true, .waits = true};
inline constexpr Holding tried_read_lock{.is_lock = true, .is_shared = true, .blocks = true, .waits = false};
inline constexpr Holding async_lock{.is_lock = true, .is_shared = false, .blocks = false, .waits = true};
inline constexpr Holding tried_async_lock{.is_lock = true, .is_shared = false, .blocks = false, .waits = false};
inline constexpr Holding async_read_lock{.is_lock = true, .is_shared = true, .blocks = false, .waits = true};
inline constexpr Holding tried_async_read_lock{.is_lock = true, .is_shared = true, .blocks = false, .waits = false};
/// A lease with a time-to-live: whoever wants it asks again and again.
inline constexpr Holding lease{.is_lock = true, .is_shared = false, .blocks = false, .waits = true, .expires = true};
/// A permit of a semaphore, a reference on a gate: any number of holders.
inline constexpr Holding permit{.is_lock = false, .is_shared = true, .blocks = false, .waits = true};
}  // namespace holding

/// One thing that a task took and has not given back.
struct Hold {
  ObjectId object;
  TaskId task = 0;
  Holding how;
  std::uint64_t serial = 0;  ///< 1, 2, ... in the order of taking
  std::uint64_t since_step = 0;
  std::chrono::nanoseconds since{};  ///< virtual time
  std::source_location where;
};

/// Is told, while tasks run, what they take, give back and wait for. A call belongs to the running step: it may touch
/// objects and fail the execution, and must not schedule. Attach it in the body, before `run()`
/// (`Execution::attach`), and let it live until the body ends. What it makes of a step must follow from the steps that
/// happened before that one, not from the order of independent ones: schedules that differ in that order alone are
/// explored once.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// `hold` is already in `Execution::holds()`.
  virtual void on_held(const Hold& hold) { static_cast<void>(hold); }
  /// `hold` is not in `Execution::holds()` any more. `by` gave it back: usually, but not always, who took it; the
  /// clock, if it ended by itself.
  virtual void on_released(const Hold& hold, const Task& by) {
    static_cast<void>(hold);
    static_cast<void>(by);
  }
  /// `task` wants `object`, which others hold, from a model: it begins to wait (although the model may end that wait,
  /// as a database does that breaks a deadlock), or, if `is_refused`, is told to come again.
  virtual void on_blocked(const Task& task, ObjectId object, bool is_refused) {
    static_cast<void>(task);
    static_cast<void>(object);
    static_cast<void>(is_refused);
  }
  /// `task` begins to wait at an await: it gives its worker back, and may be dropped there.
  virtual void on_await(const Task& task, const Op& op, ObjectId object, std::source_location where) {
    static_cast<void>(task);
    static_cast<void>(op);
    static_cast<void>(object);
    static_cast<void>(where);
  }
  /// An async task was given one of the workers of its runtime.
  virtual void on_worker_taken(const Task& task) { static_cast<void>(task); }
  virtual void on_worker_given_back(const Task& task) { static_cast<void>(task); }
  /// `task` is dropped at the await in `task.pending`: by `scope`, or, if null, as a whole.
  virtual void on_dropped(const Task& task, const CancelScope* scope) {
    static_cast<void>(task);
    static_cast<void>(scope);
  }
  /// What was dropped has been unwound up to `scope`, which ends; the task goes on.
  virtual void on_unwound(const Task& task, const CancelScope& scope) {
    static_cast<void>(task);
    static_cast<void>(scope);
  }
  /// The task has ended; what it captured is destroyed.
  virtual void on_task_ended(const Task& task) { static_cast<void>(task); }
  /// All tasks that the execution waits for have ended, none by a failure.
  virtual void on_all_ended() {}
};

}  // namespace heddle::sim

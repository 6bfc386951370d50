// A cooperative task: a body on a fiber, with what the scheduler needs to know about it. Tasks (and their fibers) are
// kept by an `Execution` and re-used by the next one; everything here but the fiber is reset when a task is created.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sim/core/fiber.hpp"
#include "sim/core/name.hpp"
#include "sim/core/op.hpp"
#include "sim/core/task_set.hpp"

namespace heddle::sim {

struct Task;

/// What a waiting task waits for: true once the operation it announced can be performed. Must not have effects.
struct Guard {
  bool (*ready)(const void* context) = nullptr;
  const void* context = nullptr;
};

/// Threads of an async runtime: a task that belongs to a pool runs only while it holds one of its workers.
struct WorkerPool {
  ObjectId object;  ///< giving a worker back commutes with itself, taking one does not
  bool is_one_thread = false;
  bool unbounded = false;  ///< a worker for every task: who holds one decides nothing
  std::uint32_t free = 0;
  TaskSet waiting;  ///< tasks whose wait is over and that lack only a worker
};

/// One `timeout` (or other scope that can be dropped at an await point) around the running code of a task, innermost
/// first.
struct CancelScope {
  CancelScope* outer = nullptr;
  bool fired = false;           ///< its time is up; the next await that has to wait is dropped
  bool delivered = false;       ///< the exception has been thrown
  bool is_marked = false;       ///< not a timeout: the strategy decides at each await (see `Cancel::each`)
  std::uint64_t last_hold = 0;  ///< what was held when it was entered: holds up to this serial number
};

/// Thrown into a task at an await point: by a `timeout` that fired (its scope), or by an abort of the whole task
/// (null). Not derived from `std::exception`, so that handlers of ordinary errors do not catch it.
struct Cancelled {
  const CancelScope* scope = nullptr;
};

/// Thrown to unwind what is left when an execution has ended; never seen by code that does not catch `...`.
struct Unwind {};

enum class WaitKind : std::uint8_t {
  none,   ///< not waiting, or only for its turn
  block,  ///< waits and keeps its worker: what a thread does
  await,  ///< waits and gives its worker back; can be cancelled here
};

/// A body stored in an arena: run once, destroyed when the task ends.
struct Closure {
  void* object = nullptr;
  void (*run)(void*) = nullptr;
  void (*destroy)(void*) = nullptr;
};

struct Task {
  TaskId id = 0;
  std::uint64_t key = 0;    ///< hash of (parent's key, ordinal among its children): the same in every schedule
  std::uint64_t hash = 0;   ///< hash of this task's last event and, through it, of everything that happened before it
  std::uint32_t steps = 0;  ///< that are over; counted while some have to keep an order
  const Op* first_op = nullptr;  ///< what the first of them performed
  Name name;
  TaskId parent = 0;  ///< 0: the body
  std::uint32_t born_after = 0;
  std::uint32_t children = 0;
  std::uint32_t objects = 0;
  std::uint32_t timers = 0;
  std::uint32_t inert_ops = 0;

  Pending pending;
  Guard guard;
  WaitKind wait = WaitKind::none;
  bool started = false;
  bool background = false;
  bool finished = false;
  bool abort_requested = false;
  bool holds_worker = false;
  bool is_unwinding = false;      ///< it waits in a destructor that an exception runs: nothing may be thrown at it
  bool cancel_in_flight = false;  ///< a `Cancelled` was thrown and no scope has caught it yet
  ExceptionState at_cancel;       ///< the exception state at that moment
  CancelScope* scope = nullptr;
  WorkerPool* pool = nullptr;
  std::uint64_t worker_since = 0;  ///< the step in which it got the worker that it holds

  Task* starter = nullptr;  ///< whoever runs this task up to its first scheduling point
  Closure body;
  TaskSet joiners;   ///< tasks that wait for this one to end
  ObjectId wake_up;  ///< what others write to wake, drop or abort this task; see `Execution::wake_up_of`
  std::unique_ptr<Fiber> fiber;
};

}  // namespace heddle::sim

// Under which rules an execution runs, and how it ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "sim/core/clock.hpp"
#include "sim/core/op.hpp"

namespace heddle::sim {

/// Whether cancellation is explored.
enum class Cancel : std::uint8_t {
  none,  ///< only timeouts that fire and aborts drop anything
  each,  ///< at each await in a `cancellable` body at which it has to wait, the strategy decides whether it is dropped
};

/// What `Atomic` does with memory orders.
enum class Memory : std::uint8_t {
  /// As `sequential`; an exploration that meets a weaker order, or plain data, begins again as `weak`.
  automatic,
  sequential,  ///< every order is taken for `seq_cst`
  weak,        ///< every order means what C++ says; see weak_memory.hpp
};

struct ExecutionOptions {
  std::uint64_t step_limit = 100'000;  ///< an execution is cut after so many steps
  TimeMode time = TimeMode::as_soon_as_idle;
  std::uint32_t slack =
      std::numeric_limits<std::uint32_t>::max();  ///< `any_time`: how many timers may fire while a task is enabled
  std::size_t stack_size = 0;                     ///< bytes per task; 0: 64 KiB (256 KiB under AddressSanitizer)
  bool hash_traces = true;                        ///< compute the happens-before hash of each execution
  /// If not empty, only this property counts: checks of others are passed over, and the execution goes on.
  std::string only_property = {};
  Cancel cancel = Cancel::none;  ///< whether what is marked as `cancellable` may be dropped at each of its awaits
  Memory memory = Memory::automatic;
};

enum class FailureKind : std::uint8_t {
  none,
  property,    ///< a checked property does not hold
  deadlock,    ///< tasks are left, none is enabled and no timer is armed
  exception,   ///< a task ended by an exception that nobody caught
  step_limit,  ///< the execution was cut; whether that accuses the program depends on the strategy's fairness
  infeasible,  ///< no failure of the program: the order imposed on steps could not be kept (see `Precedence`)
  misuse,      ///< a primitive was used wrongly: unlock by a non-owner, a swallowed cancellation, ...
};

/// How an execution ended. The texts live in the execution's arena, until its next run.
struct ExecutionResult {
  FailureKind failure = FailureKind::none;
  std::string_view property;  ///< the property violated; "deadlock", "exception", ... for the other kinds
  std::string_view message;   ///< one sentence; empty unless explaining
  TaskId failed_task = 0;     ///< 0 when the failure was seen after the tasks had ended
  std::uint64_t steps = 0;
  std::uint64_t trace_hash = 0;     ///< equal iff the happens-before traces are equal (collisions aside)
  std::uint64_t sequence_hash = 0;  ///< equal iff the same steps were taken in the same order
};

/// A condition that some execution must reach, and whether this one did.
struct Sometimes {
  std::string_view name;
  bool reached = false;
};

}  // namespace heddle::sim

// How close an execution came to a limit: the longest hold of a lock, the longest time for which a worker was blocked.
// Unlike a property, a measurement fails nothing: the explorer keeps the worst case of all executions, and the schedule
// that shows it.
#pragma once

#include <chrono>
#include <string_view>

namespace heddle::sim {

/// The worst case that one execution showed. The texts live in the execution's arena, until its next run.
struct Measurement {
  std::string_view contract;  ///< "lock_hold_within_budget"
  std::string_view reason;    ///< why going beyond the budget was acknowledged; empty: it was not
  std::chrono::nanoseconds value{};
  std::chrono::nanoseconds budget{};
  std::string_view text;  ///< what, by whom, where; empty unless explaining
};

}  // namespace heddle::sim

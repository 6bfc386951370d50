// Builds the lock-order graph of a program over many executions, passing ones included, and tries every inversion: a
// directed search either finds a schedule that deadlocks in that very cycle, or the inversion is reported as
// unrealised, with how far was looked. After Joshi, Park, Sen, Naik, "A randomized dynamic program analysis technique
// for detecting real deadlocks" (PLDI 2009): tasks that are about to close their part of the cycle are held back until
// the others are there, too. Where the cycle closes and that is not the end - a database ends one of the transactions,
// or tasks ask again and again for leases until one runs out - it is confirmed as well (see cycle_watch.hpp).
//
//     const auto report = properties::check_lock_order(program);
#pragma once

#include <optional>

#include "properties/lock_order.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::properties {

struct LockOrderOptions {
  /// Where tasks ask again and again for what they never get, an execution ends by its step limit.
  sim::ExecutionOptions execution = {.step_limit = 10'000};
  std::uint64_t executions = 500;      ///< random ones, from which the graph is built
  std::uint64_t tries = 500;           ///< directed executions for each inversion
  std::uint64_t exhaustive = 200'000;  ///< then all schedules, if there are no more than so many
  std::uint64_t seed = 0;
};

struct TriedInversion {
  Inversion inversion;
  /// The schedule that deadlocks in it, or in which it closes; none: it is unrealised.
  std::optional<sim::Failure> deadlock = {};
  bool is_impossible = false;  ///< all schedules were explored, and none deadlocks
  std::uint64_t executions = 0;
};

struct LockOrderReport {
  LockOrderGraph graph;
  std::vector<TriedInversion> tried;
  std::vector<Inversion> gated;  ///< those that a common gate lock keeps from closing; they are not tried
  std::string problem;           ///< why the graph may be incomplete; empty if nothing went wrong
};

[[nodiscard]] LockOrderReport check_lock_order(const sim::Program& program, const LockOrderOptions& options = {});

/// For people: a line for each inversion and what came of trying it.
[[nodiscard]] std::string render(const LockOrderReport& report);

}  // namespace heddle::properties

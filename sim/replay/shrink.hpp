// Shrinking: from the schedule that was found to the one a person should look at, with the same failure signature.
// Fewest preemptions first (context switches away from a task that could have gone on, and timers that fire while a
// task could), then fewest steps, then smallest choices, then fewest context switches.
//
// First by edits of the step sequence (delta debugging: Zeller, Hildebrandt, TSE 2002), each re-executed leniently:
// truncate, lower choices, delete blocks, merge segments. Then by search: all schedules with 0, 1, 2, ... preemptions
// (Musuvathi, Qadeer, PLDI 2007); where that ends within the budget, the number of preemptions is *proved* minimal for
// this program.
#pragma once

#include <cstdint>

#include "sim/explore/explorer.hpp"

namespace heddle::sim {

struct ShrinkOptions {
  ExecutionOptions execution = {};  ///< those the failure was found under: `Verdict::options`
  Budget budget = {.executions = 50'000,
                   .time = std::chrono::seconds(5)};  ///< read before every execution; 0: no limit
};

struct Shrunk {
  Failure failure;  ///< `sim::replay` of its schedule gives the same failure with the same trace hash
  Failure original;
  std::uint32_t preemptions_before = 0;
  std::uint32_t preemptions = 0;
  std::uint64_t steps_before = 0;
  std::uint64_t steps = 0;
  std::uint64_t executions = 0;
  double seconds = 0;
  bool preemptions_proved = false;  ///< no schedule with fewer preemptions gives this failure
  bool steps_proved = false;        ///< nor one with as many preemptions and fewer steps
  bool out_of_budget = false;
};

/// Throws `Error{diverged}` when `failure` does not reproduce. A failure without a schedule (`sometimes`), and one that
/// is the step limit itself (an unfair schedule reaches it in any program that waits by looping), are returned as they
/// are.
[[nodiscard]] Shrunk shrink(const Program& program, const Failure& failure, const ShrinkOptions& options = {});

/// "1 preemption and 5 steps, both proved minimal (found with 7 and 31)".
[[nodiscard]] std::string describe(const Shrunk& shrunk);

}  // namespace heddle::sim

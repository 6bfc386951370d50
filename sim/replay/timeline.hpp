// A schedule as events for people: one row per step, with names, values and the virtual time, and what was broken
// where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/verdict.hpp"

namespace heddle::sim {

struct TimelineRow {
  std::uint64_t step = 0;  ///< 1-based
  TaskId task = 0;         ///< 0: the clock
  std::string op;
  std::string object;            ///< empty when the operation touches nothing
  std::string detail;            ///< values: "= 3", "0 -> 1"
  std::uint32_t occurrence = 1;  ///< 1-based, among the steps of this task with this `op` and `object`
  std::vector<std::uint32_t> choices;
  std::int64_t time_ns = 0;  ///< virtual time after the step
  bool preempts = false;     ///< the task of the row before could have gone on; for the clock: any task could
  std::string where;         ///< "tests/sim/x_test.cpp:17"
};

struct TimelineTask {
  TaskId id = 0;
  std::string name;
  std::uint64_t key = 0;  ///< the same in every schedule
};

/// A task that waits for ever, in a deadlock.
struct StuckTask {
  TaskId task = 0;
  std::string op;
  std::string object;
  TaskId holder = 0;             ///< who holds `object`, or 0
  std::uint64_t held_since = 0;  ///< the step
};

struct Timeline {
  std::vector<TimelineTask> tasks;  ///< indexed by id; 0 is the clock
  std::vector<TimelineRow> rows;
  std::vector<StuckTask> stuck;
  std::vector<std::uint32_t>
      body_choices;  ///< data decisions of the body itself, outside of tasks; only of `make_timeline`
  std::uint32_t preemptions = 0;
  FailureKind failure = FailureKind::none;
  std::string property;
  std::string message;
  TaskId failed_task = 0;  ///< 0: seen after the tasks had ended, or no failure
};

/// Re-executes `schedule` with the lights on. Throws `Error{diverged}` when the program does not follow it.
[[nodiscard]] Timeline make_timeline(const Program& program, const std::vector<Decision>& schedule,
                                     const ExecutionOptions& options = {});
/// Of an execution that has just been run with `Detail::explain`.
[[nodiscard]] Timeline timeline_of(const Execution& execution);

/// "4.5 ms".
[[nodiscard]] std::string format_duration(std::int64_t nanoseconds);
/// "load balance = 0": operation, object and values of a row.
[[nodiscard]] std::string describe(const TimelineRow& row);

}  // namespace heddle::sim

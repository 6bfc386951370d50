// Explores a program: runs it again and again under a strategy, within a budget, and says what that proves.
//
//     auto verdict = sim::explore(program, sim::Random{seed}, {.budget = {.executions = 100'000}});
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "sim/core/world.hpp"
#include "sim/explore/verdict.hpp"

namespace heddle::sim {

/// When to stop; read before every execution. Zero means no limit, but a strategy that never runs out gets
/// `default_executions` when neither is given.
struct Budget {
  std::uint64_t executions = 0;
  std::chrono::nanoseconds time{0};  ///< wall time

  static constexpr std::uint64_t default_executions = 10'000;
};

struct ExploreOptions {
  ExecutionOptions execution = {};
  Budget budget = {};
  std::uint64_t first_execution = 0;  ///< the number of the first execution: campaigns are split by ranges of numbers
  bool check_determinism = true;      ///< re-execute a sample and compare it step by step
  bool count_traces = true;           ///< count distinct happens-before traces
  /// Threads that explore. The program is called from all of them at once, so it may share nothing but what is
  /// thread-safe with its surroundings. The verdict does not depend on how many they are.
  unsigned jobs = 1;
  /// Called before each execution, between executions; return false to stop early (as if the budget were used up).
  std::function<bool(const Evidence& so_far)> progress = {};
};

[[nodiscard]] Verdict explore(const Program& program, Strategy& strategy, const ExploreOptions& options = {});

template <class S>
  requires std::is_base_of_v<Strategy, std::remove_cvref_t<S>>
[[nodiscard]] Verdict explore(const Program& program, S&& strategy, const ExploreOptions& options = {}) {
  std::remove_cvref_t<S> own = std::forward<S>(strategy);
  return explore(program, static_cast<Strategy&>(own), options);
}

/// Explores every schedule, up to happens-before equivalence, with the strategy that suits the program (see
/// exhaustive.hpp): optimal DPOR, as a rule.
[[nodiscard]] Verdict explore(const Program& program, const ExploreOptions& options = {});

/// Runs `schedule` once. The verdict is `violated` (the failure reproduces, or another appeared), `sampled` (the run
/// passes), or `not_deterministic` with `problem` saying at which step, and how, the program diverged from the
/// schedule.
[[nodiscard]] Verdict replay(const Program& program, const std::vector<Decision>& schedule,
                             const ExecutionOptions& options = {});
/// Runs `program` once under `strategy`. The verdict is `violated` or `sampled`; what the strategy noticed is for it to
/// say.
[[nodiscard]] Verdict replay_with(const Program& program, Strategy& strategy, const ExecutionOptions& options = {});
/// The same in `execution`, for those who want to look at its recording afterwards.
[[nodiscard]] Verdict replay_with(const Program& program, Strategy& strategy, Execution& execution);

}  // namespace heddle::sim

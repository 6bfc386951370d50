// Counts the executions of a program under a strategy, without stopping at a failure.
#pragma once

#include <cstdint>
#include <set>

#include "sim/core/execution.hpp"
#include "sim/explore/dfs.hpp"

namespace heddle::testing {

struct Census {
  std::uint64_t complete = 0;
  std::uint64_t deadlocked = 0;
  std::uint64_t violated = 0;
  std::uint64_t cut = 0;
  std::set<std::uint64_t> traces;  ///< of complete executions
  std::set<std::uint64_t> deadlock_traces;

  [[nodiscard]] std::uint64_t executions() const { return complete + deadlocked + violated + cut; }
};

inline Census take_census(const sim::Program& program, sim::Strategy& strategy,
                          std::uint64_t executions = ~std::uint64_t{0}, const sim::ExecutionOptions& options = {}) {
  Census census;
  sim::Execution execution(options);
  for (std::uint64_t i = 0; i < executions && strategy.begin_execution(i); ++i) {
    const sim::ExecutionResult& result = execution.run(program, strategy);
    strategy.end_execution(result);
    switch (result.failure) {
      case sim::FailureKind::none:
        ++census.complete;
        census.traces.insert(result.trace_hash);
        break;
      case sim::FailureKind::deadlock:
        ++census.deadlocked;
        census.deadlock_traces.insert(result.trace_hash);
        break;
      case sim::FailureKind::step_limit:
        ++census.cut;
        break;
      default:
        ++census.violated;
    }
  }
  return census;
}

inline Census take_census(const sim::Program& program, sim::Dfs strategy = {}) {
  return take_census(program, static_cast<sim::Strategy&>(strategy));
}

}  // namespace heddle::testing

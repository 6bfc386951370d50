// What most tests do with a program: exhaust its schedules, or find a failure and replay it.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"

namespace heddle::testing {

/// Explores every schedule; expects that nothing is violated. Returns the evidence.
inline sim::Evidence exhaust(const sim::Program& program, const sim::ExecutionOptions& execution = {}) {
  sim::Verdict verdict = sim::explore(program, sim::Dfs{}, {.execution = execution});
  EXPECT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict) << "\n"
                                   << (verdict.failure ? verdict.failure->signature() + ": " + verdict.failure->message
                                                       : verdict.problem);
  return verdict.evidence;
}

/// Looks for a failure among all schedules; expects the same one, with the same trace, when it is replayed. Returns it.
inline sim::Failure find_failure(const sim::Program& program, const sim::ExecutionOptions& execution = {}) {
  sim::Verdict verdict = sim::explore(program, sim::Dfs{}, {.execution = execution});
  if (!verdict.failure) {
    ADD_FAILURE() << "nothing is violated: " << sim::evidence_line(verdict) << verdict.problem;
    return {};
  }
  const sim::Verdict again = sim::replay(program, verdict.failure->schedule, execution);
  EXPECT_TRUE(again.failure) << "the failure does not replay";
  if (again.failure) {
    EXPECT_EQ(again.failure->signature(), verdict.failure->signature());
    EXPECT_EQ(again.failure->trace_hash, verdict.failure->trace_hash);
  }
  return *verdict.failure;
}

/// Explores every schedule and collects what the program reports.
template <class Result>
std::set<Result> outcomes(const std::function<void(sim::World&, std::set<Result>&)>& program,
                          const sim::ExecutionOptions& execution = {}) {
  std::set<Result> seen;
  exhaust([&](sim::World& world) { program(world, seen); }, execution);
  return seen;
}

}  // namespace heddle::testing

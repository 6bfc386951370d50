// Exploring generated programs inside rapidcheck properties. rapidcheck shrinks the input; for each input tried, the
// schedule is shrunk here; so the report is that of the minimal schedule of the minimal input:
//
//     RC_GTEST_PROP(Queue, HandsOutEachItemOnce, (std::vector<Op> ops)) {
//       sim::rc_holds(queue_program(ops), sim::Pct{3}, {.budget = {.executions = 200}});
//     }
//
// Header-only, so that only tests link rapidcheck. Not detected: an input that fails only under schedules that the
// budget given for each input does not reach. Use `Dfs` where inputs are small: then each input is decided.
#pragma once

#include <rapidcheck.h>

#include <utility>

#include "sim/replay/report.hpp"

namespace heddle::sim {

/// How much to spend on making each failing input's schedule clear; rapidcheck tries many inputs while it shrinks.
inline constexpr Budget rc_shrink_budget = {.executions = 2'000, .time = std::chrono::milliseconds(100)};

/// Fails the rapidcheck property, with the report, when some explored schedule of `program` violates something.
template <class S>
void rc_holds(const Program& program, S&& strategy, const ExploreOptions& options = {},
              const LanesOptions& lanes = {}) {
  ExploreOptions lean = options;
  lean.count_traces = false;
  const Verdict verdict = explore(program, std::forward<S>(strategy), lean);
  if (verdict.holds()) return;
  if (verdict.outcome != Outcome::violated) RC_FAIL(verdict.problem);
  RC_FAIL("\n" +
          render(make_report(verdict, {}, {.shrink_budget = rc_shrink_budget, .explain_budget = {.executions = 50}}),
                 lanes));
}

}  // namespace heddle::sim

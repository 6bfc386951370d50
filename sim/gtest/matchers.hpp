// GoogleMock matchers on verdicts. When one does not match, the test's output is the evidence, the lanes of the minimal
// schedule, why it fails, and the token:
//
//     EXPECT_THAT(sim::explore(program, sim::Dfs{}), Holds());
//
// Header-only, so that only tests link GoogleTest. A failure is shrunk and explained when it is printed, by running the
// verdict's copy of the program: what the program refers to must still be there.
#pragma once

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "sim/replay/report.hpp"

namespace heddle::sim {

/// What GoogleTest prints for "Actual".
inline void PrintTo(const Verdict& verdict, std::ostream* out) {
  *out << evidence_line(verdict);
}

/// The report of a violated verdict; what differed, when it is not deterministic; nothing when it holds.
[[nodiscard]] inline std::string report_text(const Verdict& verdict, const LanesOptions& lanes = {}) {
  std::string text;
  if (!verdict.problem.empty()) text += verdict.problem + "\n";
  if (verdict.outcome != Outcome::violated) return text;
  try {
    ReportOptions options;
    options.shrink_budget.time = std::chrono::seconds(2);
    return text + render(make_report(verdict, {}, options), lanes);
  } catch (const Error& error) {  // a regression replayed by a program that is not there any more, say
    return text + verdict.failure->property + ": " + verdict.failure->message + "\n(no report: " + error.what() + ")\n";
  }
}

namespace matchers_detail {
inline void explain_to(const Verdict& verdict, ::testing::MatchResultListener& listener) {
  if (!listener.IsInterested()) return;
  const std::string text = report_text(verdict);
  if (!text.empty()) listener << "\n" << text;
}
}  // namespace matchers_detail

/// Some explored schedule violates this property.
MATCHER_P(Violates, property,
          std::string(negation ? "does not violate '" : "violates '") + std::string(property) + "'") {
  matchers_detail::explain_to(arg, *result_listener);
  return arg.violates(property);
}

/// Some explored schedule ends in a deadlock.
MATCHER(Deadlocks, negation ? "does not deadlock" : "deadlocks") {
  matchers_detail::explain_to(arg, *result_listener);
  return arg.outcome == Outcome::violated && arg.failure && arg.failure->kind == FailureKind::deadlock;
}

/// Nothing is violated in what was explored; whether that was everything, `Exhausted` tells.
MATCHER(Holds, negation ? "is violated" : "holds") {
  matchers_detail::explain_to(arg, *result_listener);
  return arg.holds();
}

/// Every schedule was explored, and nothing is violated.
MATCHER(Exhausted, negation ? "is not exhausted" : "holds in every schedule (exhausted)") {
  matchers_detail::explain_to(arg, *result_listener);
  return arg.exhausted();
}

}  // namespace heddle::sim

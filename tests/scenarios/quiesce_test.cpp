// What the catalogue's own test does not say: how large these scenarios are, and what the schedules look like that
// violate them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/quiesce/nested_clear.hpp"
#include "scenarios/quiesce/timeout_during_drain.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::scenarios {
namespace {

using ::testing::HasSubstr;

sim::Verdict search(const Scenario& scenario, std::string_view variant, const std::string& only_property = {}) {
  const Variant& chosen = *scenario.find_variant(variant);
  sim::ExploreOptions options;
  options.execution = chosen.execution;
  options.execution.only_property = only_property;
  return sim::explore(chosen.program, sim::Dfs{}, options);
}

TEST(NestedClear, AnUncountedLatchIsTakenAwayFromAHolder) {
  const sim::Verdict verdict = search(nested_clear(), "latch_as_set");
  EXPECT_TRUE(verdict.violates("latch_held_while_any_holder_lives")) << evidence_line(verdict);
  EXPECT_THAT(verdict.failure->message, HasSubstr("still wiping"));
}

TEST(NestedClear, ACountedLatchIsExhausted) {
  const sim::Verdict verdict = search(nested_clear(), "latch_refcounted");
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
  EXPECT_EQ(verdict.evidence.executions, 70U);  // two tasks of four steps: 8!/(4! 4!)
}

TEST(TimeoutDuringDrain, EachPropertyIsViolatedOnItsOwn) {
  for (const char* property : {"gate_returns_to_zero", "coordinator_still_works_after"}) {
    const sim::Verdict verdict = search(timeout_during_drain(), "hook_add_subtract_after_await", property);
    EXPECT_TRUE(verdict.violates(property)) << evidence_line(verdict);
  }
}

TEST(TimeoutDuringDrain, AGuardIsExhaustedWithinSeconds) {
  const sim::Verdict verdict = search(timeout_during_drain(), "raii_guard");
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
  EXPECT_LT(verdict.evidence.executions, 100'000U);
}

}  // namespace
}  // namespace heddle::scenarios

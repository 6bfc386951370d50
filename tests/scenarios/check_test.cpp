#include "scenarios/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::scenarios {
namespace {

using ::testing::HasSubstr;

/// Two deposits that may lose an update ("no_lost_update"), and a property that always holds.
void deposits(sim::World& world) {
  sim::Atomic<int> balance(0, "balance");
  for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
  world.run();
  world.sometimes("both deposits counted", balance.peek() == 2);
  world.sometimes("three deposits counted", balance.peek() == 3);
  world.check("no_lost_update", balance.peek() == 2);
}

void opposite_locks(sim::World& world) {
  sim::Mutex a("a");
  sim::Mutex b("b");
  world.task("ab", [&] {
    sim::LockGuard first(a);
    sim::LockGuard second(b);
  });
  world.task("ba", [&] {
    sim::LockGuard first(b);
    sim::LockGuard second(a);
  });
  world.run();
  world.check("never_true", false);
}

VariantCheck check(sim::Program program, Expectation expected) {
  Scenario scenario;
  scenario.family = "test";
  scenario.name = "check";
  return check_variant(scenario, {"variant", "", std::move(expected), std::move(program), {}});
}

TEST(Check, AgreesWithAViolationThatIsExpected) {
  EXPECT_TRUE(check(deposits, {.violates = {"no_lost_update"}}).agrees());
}

TEST(Check, DisagreesWhenAVariantThatShouldHoldIsViolated) {
  const VariantCheck result = check(deposits, {.holds = {"no_lost_update"}});
  EXPECT_FALSE(result.agrees());
  EXPECT_THAT(result.findings.front().disagreement,
              HasSubstr("all properties were expected to hold, but no_lost_update is violated"));
}

TEST(Check, DisagreesWhenNoScheduleViolatesWhatShouldBeViolated) {
  const VariantCheck result = check([](sim::World& world) { world.run(); }, {.violates = {"no_lost_update"}});
  EXPECT_FALSE(result.agrees());
  EXPECT_THAT(result.findings.front().disagreement, HasSubstr("no schedule violates it"));
}

TEST(Check, FindsADeadlockAlthoughAPropertyIsViolatedInEveryOtherSchedule) {
  EXPECT_TRUE(check(opposite_locks, {.violates = {"deadlock", "never_true"}}).agrees());
}

TEST(Check, AConditionThatNoScheduleReachesCountsAsViolated) {
  EXPECT_TRUE(check(deposits, {.violates = {"sometimes(three deposits counted)"}}).agrees());
  EXPECT_FALSE(check(deposits, {.violates = {"sometimes(both deposits counted)"}}).agrees());
}

TEST(Check, AnExhaustiveCheckThatRunsOutOfTimeIsNoPass) {
  Scenario scenario;
  const auto many_steps = [](sim::World& world) {
    sim::Atomic<int> counter(0, "counter");
    for (int i = 0; i < 3; ++i)
      world.task({"task", i}, [&counter] {
        for (int k = 0; k < 20; ++k) counter.store(k);
      });
    world.run();
  };
  CheckOptions options;
  options.time = std::chrono::milliseconds(20);
  const VariantCheck result = check_variant(scenario, {"variant", "", {}, many_steps, {}}, options);
  EXPECT_FALSE(result.agrees());
  EXPECT_THAT(result.findings.front().disagreement, HasSubstr("to be exhausted, but the time was up after"));
}

}  // namespace
}  // namespace heddle::scenarios

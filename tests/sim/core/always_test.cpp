// Invariants: looked at after every step, whoever makes it, and steps of others then depend on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/sync/atomic.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

/// One task moves money in two steps; `others` watch something else.
Program transfer(int others) {
  return [others](World& world) {
    Atomic<int> from(100, "from");
    Atomic<int> to(0, "to");
    Atomic<int> unrelated(0, "unrelated");
    world.always("money_is_conserved", [&] { return from.peek() + to.peek() == 100; });
    world.task("transfer", [&] {
      from.fetch_sub(10);
      to.fetch_add(10);
    });
    for (int i = 0; i < others; ++i) world.task({"other", i}, [&] { static_cast<void>(unrelated.load()); });
    world.run();
  };
}

TEST(Always, SeesTheStateBetweenTwoStepsOfTheOnlyTask) {
  const Verdict verdict = explore(transfer(0));
  EXPECT_THAT(verdict, Violates("money_is_conserved"));
  EXPECT_EQ(verdict.failure->steps, 1U);
}

TEST(Always, IsFoundByEveryStrategyAndReplays) {
  EXPECT_THAT(explore(transfer(2)), Violates("money_is_conserved"));
  EXPECT_THAT(explore(transfer(2), Random{1}), Violates("money_is_conserved"));
  EXPECT_EQ(testing::find_failure(transfer(2)).property, "money_is_conserved");
}

// Neither task touches what the other one touches, so that one order of their steps would do for everything else.
TEST(Always, SeesAStateThatOnlyOneOrderOfIndependentStepsPassesThrough) {
  for (const bool left_may_be_first : {false, true}) {
    const auto program = [=](World& world) {
      Atomic<int> left(0, "left");
      Atomic<int> right(0, "right");
      world.always("never_alone",
                   [&] { return left_may_be_first ? right.peek() <= left.peek() : left.peek() <= right.peek(); });
      world.task("left", [&] { left.store(1); });
      world.task("right", [&] { right.store(1); });
      world.run();
    };
    EXPECT_THAT(explore(program), Violates("never_alone"));
  }
}

TEST(Always, HoldsWhereEveryStateDoes) {
  const auto program = [](World& world) {
    Atomic<int> count(0, "count");
    world.always("never_more_than_two", [&] { return count.peek() <= 2; });
    for (int i = 0; i < 2; ++i) world.task({"adder", i}, [&] { count.fetch_add(1); });
    world.run();
    world.check("counted", count.peek() == 2);
  };
  EXPECT_THAT(explore(program), Exhausted());
  EXPECT_EQ(explore(program, Dfs{}).evidence.steps, 4U);  // two orders of two steps: nothing is skipped
}

TEST(Always, LeavesTasksTasksWhenATimerMakesTheFirstStep) {
  const auto program = [](World& world) {
    Atomic<int> count(0, "count");
    world.always("never_one", [&] { return count.peek() != 1; });
    for (int i = 0; i < 2; ++i)
      world.task({"sleeper", i}, [&] {
        sleep(std::chrono::seconds(1));
        count.fetch_add(1);
      });
    world.run();
  };
  const Verdict verdict = explore(program);
  EXPECT_THAT(verdict, Violates("never_one"));
}

}  // namespace
}  // namespace heddle::sim

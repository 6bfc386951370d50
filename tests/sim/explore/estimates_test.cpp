// What people are told of an exploration that did not end: how far it got, and which loops never will.
#include <gmock/gmock.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/sync/atomic.hpp"

namespace heddle::sim::testing {
namespace {

using ::testing::HasSubstr;

/// 3 tasks of 3 updates of one counter: 9! / (3! 3! 3!) = 1680 schedules, each a trace of its own.
void count(World& world) {
  Atomic<int> counter(0, "counter");
  for (int i = 0; i < 3; ++i)
    world.task({"task", i}, [&] {
      for (int k = 0; k < 3; ++k) counter.fetch_add(1);
    });
  world.run();
}

template <class S>
double estimate(S strategy, std::uint64_t executions) {
  ExploreOptions options;
  options.budget.executions = executions;
  const Verdict verdict = explore(count, strategy, options);
  EXPECT_THAT(evidence_line(verdict), HasSubstr("% of the tree known so far, which suggests"));
  return static_cast<double>(verdict.evidence.executions) / verdict.evidence.explored_share;
}

TEST(Estimates, OfADepthFirstSearchAreOfTheRightSize) {
  EXPECT_NEAR(estimate(Dfs{}, 840), 1680, 200);  // the tree is symmetric: half of it is half of the mass
}

TEST(Estimates, OfDporGrowWithWhatIsKnownOfTheTree) {
  EXPECT_GT(estimate(Dpor{}, 840), 840);
  EXPECT_LT(estimate(Dpor{}, 840), 3 * 1680);
}

TEST(Estimates, AreCompleteAtTheEnd) {
  EXPECT_EQ(explore(count, Dfs{}).evidence.explored_share, 1);
  EXPECT_EQ(explore(count, Dpor{}).evidence.explored_share, 1);
  EXPECT_EQ(explore(count, Dpor{}).evidence.executions, 1680U);
}

TEST(Spinning, IsReportedWithWhoPerformsWhatAndWithAdvice) {
  const Program spin = [](World& world) {
    Atomic<bool> ready(false, "ready");
    world.task("waiter", [&] {
      while (!ready.load()) yield();
    });
    world.task("setter", [&] { ready.store(true); });
    world.run();
  };
  ExploreOptions options;
  options.execution.step_limit = 2000;
  const Verdict verdict = explore(spin, options);
  ASSERT_THAT(verdict, Violates("step_limit"));
  EXPECT_THAT(verdict.failure->message, HasSubstr("task waiter performs 'load ready' again and again"));
  EXPECT_THAT(verdict.failure->message, HasSubstr("wait for a Notify or a ConditionVariable instead"));
}

TEST(Spinning, IsNotWhatALoopDoesThatChangesSomething) {
  const Program busy = [](World& world) {
    Atomic<int> counter(0, "counter");
    world.task("counts", [&] {
      for (;;) counter.fetch_add(1);
    });
    world.run();
  };
  ExploreOptions options;
  options.execution.step_limit = 2000;
  EXPECT_EQ(explore(busy, options).outcome, Outcome::bounded);
}

}  // namespace
}  // namespace heddle::sim::testing

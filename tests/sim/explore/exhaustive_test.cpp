// The exhaustive strategy that suits a program sees what optimal reduction alone would not.
#include "sim/explore/exhaustive.hpp"

#include <gtest/gtest.h>

#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/atomic.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;

TEST(Exhaustive, ReducesWhereEveryTaskEnds) {
  const Program program = [](World& world) {
    Atomic<int> x(0, "x");
    for (int i = 0; i < 3; ++i) world.task({"writer", i}, [&x, i] { x.store(i); });
    world.run();
  };
  const Verdict verdict = explore(program);
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.strategy, "dpor");
  EXPECT_EQ(verdict.evidence.executions, 6U);
}

/// The background task gets to its store only if the reader lets it make two steps first.
void read_beside_a_background_store(World& world) {
  Atomic<int> x(0, "x");
  int seen = 0;
  world.task("reader", [&] { seen = x.load(); });
  world.background("writer", [&] {
    yield("far from it");
    x.store(1);
  });
  world.run();
  world.check("nothing_seen", seen == 0);
}

TEST(Exhaustive, SeesWhatABackgroundTaskWouldHaveDone) {
  EXPECT_TRUE(explore(read_beside_a_background_store).violates("nothing_seen"));
}

TEST(Dpor, DoesNotCallItselfExhaustedWhereABackgroundTaskCouldHaveGoneOn) {
  EXPECT_EQ(explore(read_beside_a_background_store, Dpor{}).outcome, Outcome::bounded);
}

TEST(Exhaustive, SeesATimerThatCouldHaveFiredEarly) {
  const Program program = [](World& world) {
    Atomic<bool> is_mine(true, "lease");
    world.task("holder", [&] {
      yield();
      check("mine", is_mine.load());
    });
    world.background("lease", [&] {
      sleep(10s);
      is_mine.store(false);
    });
    world.run();
  };
  EXPECT_TRUE(explore(program).exhausted());
  const ExploreOptions slow = {.execution = {.time = TimeMode::any_time}};
  EXPECT_TRUE(explore(program, slow).violates("mine"));
}

TEST(Exhaustive, LooksAtTheStatesBetweenIndependentSteps) {
  const Program program = [](World& world) {
    Atomic<int> x(0, "x");
    Atomic<int> y(0, "y");
    world.always("not_only_y", [&] { return y.peek() == 0 || x.peek() == 1; });
    world.task("x", [&] { x.store(1); });
    world.task("y", [&] { y.store(1); });
    world.run();
  };
  EXPECT_TRUE(explore(program).violates("not_only_y"));
}

}  // namespace
}  // namespace heddle::sim

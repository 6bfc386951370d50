// What tasks share without Heddle's seeing it: found out by running other orders of the same trace.
#include <gmock/gmock.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/linearisation.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/sync/atomic.hpp"
#include "tests/sim/explore/random_program.hpp"

namespace heddle::sim::testing {
namespace {

using ::testing::HasSubstr;

/// A counter that Heddle does not see.
void lose_an_update(World& world) {
  int counter = 0;
  for (int i = 0; i < 2; ++i)
    world.task({"task", i}, [&counter] {
      yield();
      const int seen = counter;
      yield();
      counter = seen + 1;
    });
  world.run();
  world.check("no_lost_update", counter == 2);
}

TEST(SwappedSteps, ShowAViolationThatReductionLeavesOut) {
  const Verdict verdict = explore(lose_an_update);
  EXPECT_THAT(verdict, Violates("no_lost_update"));
  EXPECT_THAT(replay(lose_an_update, verdict.failure->schedule), Violates("no_lost_update"));
}

TEST(SwappedSteps, AreReportedWhenTheyChangeWhatTasksDo) {
  const Verdict verdict = explore([](World& world) {
    bool flag = false;
    Atomic<int> x(0, "x");
    world.task("sets", [&] {
      yield();
      flag = true;
    });
    world.task("looks", [&] {
      yield();
      if (flag) x.store(1);
    });
    world.run();
  });
  EXPECT_EQ(verdict.outcome, Outcome::not_deterministic);
  EXPECT_THAT(verdict.problem, HasSubstr("make it a sim::Atomic or a sim::SharedState"));
}

TEST(SwappedSteps, OfProgramsThatShareNothingElseGiveTheSameTrace) {
  std::uint64_t reordered = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    for (const Memory memory : {Memory::sequential, Memory::weak}) {
      const RandomProgram random = RandomProgram::make(seed, memory);
      FinalState state;
      const Program program = [&](World& world) { RandomProgramRun(random, world, state); };
      const ExecutionOptions options{.step_limit = 1000, .time = random.time, .memory = memory};
      Execution execution(options);
      Dfs first;
      first.begin_execution(0);
      const ExecutionResult result = execution.run(program, first);
      if (result.failure != FailureKind::none) continue;
      const FinalState expected = state;
      const PartialOrder order(program, execution.decisions(), options);
      if (order.empty()) continue;
      for (std::uint64_t i = 0; i < 5; ++i) {
        Linearisation schedule(order, i);
        schedule.begin_execution(0);
        Execution again(options);
        ASSERT_EQ(again.run(program, schedule).trace_hash, result.trace_hash) << seed << ": " << random.describe();
        ASSERT_EQ(state, expected) << seed << ": " << random.describe();
        ++reordered;
      }
    }
  }
  EXPECT_GT(reordered, 1000U);
}

}  // namespace
}  // namespace heddle::sim::testing

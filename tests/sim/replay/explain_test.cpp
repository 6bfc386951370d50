#include "sim/replay/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/random.hpp"
#include "sim/replay/shrink.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Explanation explain_found(const Program& program, const ExecutionOptions& execution = {}) {
  const Verdict verdict = explore(program, Random{2}, {.execution = execution});
  const Shrunk shrunk = shrink(program, *verdict.failure, {.execution = verdict.options});
  return explain(program, shrunk.failure, {.execution = verdict.options});
}

TEST(Explain, SaysThatALostUpdateIsALoadBeforeTheOthersStore) {
  EXPECT_THAT(
      explain_found(test_programs::lost_update()).sentences(),
      ElementsAre(
          "If `deposit-0`'s load balance (step 1) came after `deposit-1`'s store balance (step 3), the run passes.",
          "The order of 1 other pair of steps does not matter: flipped, it fails all the same."));
}

TEST(Explain, SaysThatADeadlockIsTheFirstLocksBeforeTheSecond) {
  EXPECT_THAT(explain_found(test_programs::abba()).sentences(),
              ElementsAre("If `transfer-1`'s lock a (step 1) came after `transfer-2`'s lock a (which now waits for "
                          "ever), the run passes.",
                          "If `transfer-2`'s lock b (step 2) came after `transfer-1`'s lock b (which now waits for "
                          "ever), the run passes."));
}

TEST(Explain, LooksBehindTheUnlockThatLetALockGoOn) {
  const Program program = [](World& world) {
    Mutex mutex("mutex");
    int value = 0;
    for (int i = 0; i < 2; ++i)
      world.task({"setter", i}, [&, i] {
        const LockGuard held(mutex);
        value = i;
      });
    world.run();
    world.check("last_is_0", value == 0);
  };
  const Explanation explanation = explain_found(program);
  EXPECT_THAT(
      explanation.sentences(),
      ElementsAre("If `setter-0`'s lock mutex (step 1) came after `setter-1`'s lock mutex (step 3), the run passes."));
}

TEST(Explain, NamesTheOtherFailureThatAFlipGives) {
  const Program program = [](World& world) {
    Atomic<int> value(0, "value");
    world.task("a", [&] { value.store(1); });
    world.task("b", [&] { value.store(2); });
    world.run();
    world.check("not_1", value.peek() != 1);
    world.check("not_2", value.peek() != 2);
  };
  const Explanation explanation = explain_found(program);
  ASSERT_EQ(explanation.races.size(), 1U);
  EXPECT_EQ(explanation.races.front().flip, Flip::fails_otherwise);
  EXPECT_THAT(explanation.races.front().sentence, HasSubstr("it would fail otherwise: not_"));
}

TEST(Explain, KnowsThatACreatedTaskComesAfterItsCreatorsStep) {
  const Program program = [](World& world) {
    Atomic<int> value(0, "value");
    world.task("parent", [&] {
      value.store(1);
      const TaskHandle child = spawn("child", [&] { value.store(2); });
      child.join();
      check("is_1", value.load() == 1);
    });
    world.task("other", [&] { world.yield("looking on"); });
    world.run();
  };
  EXPECT_TRUE(explain_found(program).races.empty());
}

TEST(Explain, SaysWhenItsBudgetWasUsedUp) {
  const Verdict verdict = explore(test_programs::lost_update(), Random{2});
  const Explanation explanation = explain(test_programs::lost_update(), *verdict.failure,
                                          {.execution = verdict.options, .budget = {.executions = 1}});
  EXPECT_FALSE(explanation.complete);
  EXPECT_THAT(explanation.sentences(), Contains(HasSubstr("the budget was used up")));
}

TEST(Explain, OfAnEarlyTimerSaysWhatTheHolderMissed) {
  const Explanation explanation = explain_found(test_programs::lease(), {.time = TimeMode::any_time});
  EXPECT_THAT(explanation.sentences(),
              Contains(HasSubstr("If the timer at 3 ms (step 2) came after the timer")).Times(0))
      << "timers fire in order";
  EXPECT_THAT(explanation.sentences(),
              Contains(AllOf(StartsWith("If `expiry`'s store holder"), HasSubstr("came after `client`'s load holder"),
                             HasSubstr("passes"))));
}

}  // namespace
}  // namespace heddle::sim

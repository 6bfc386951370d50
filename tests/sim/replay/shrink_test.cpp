#include "sim/replay/shrink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/explore/pct.hpp"
#include "sim/explore/random.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

Verdict find_failure(const Program& program, std::uint64_t seed, const ExecutionOptions& execution = {}) {
  return explore(program, Random{seed}, {.execution = execution});
}

/// Shrinks what a random walk finds, and checks what must be true of every result.
Shrunk shrink_found(const Program& program, std::uint64_t seed, const ExecutionOptions& execution = {}) {
  const Verdict verdict = find_failure(program, seed, execution);
  EXPECT_TRUE(verdict.failure);
  const Shrunk shrunk = shrink(program, *verdict.failure, {.execution = verdict.options});
  EXPECT_EQ(shrunk.original.schedule, verdict.failure->schedule);
  EXPECT_EQ(shrunk.failure.signature(), verdict.failure->signature());
  EXPECT_LE(shrunk.preemptions, shrunk.preemptions_before);
  const Verdict replayed = replay(program, shrunk.failure.schedule, verdict.options);
  EXPECT_EQ(replayed.outcome, Outcome::violated) << replayed.problem;
  if (replayed.failure) {
    EXPECT_EQ(replayed.failure->trace_hash, shrunk.failure.trace_hash);
    EXPECT_EQ(replayed.failure->sequence_hash, shrunk.failure.sequence_hash);
  }
  return shrunk;
}

TEST(Shrink, ReducesALostUpdateToOnePreemptionAndProvesIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Shrunk shrunk = shrink_found(test_programs::lost_update(), seed);
    EXPECT_EQ(shrunk.preemptions, 1U);
    EXPECT_EQ(shrunk.steps, 4U);
    EXPECT_TRUE(shrunk.preemptions_proved);
    EXPECT_TRUE(shrunk.steps_proved);
  }
}

TEST(Shrink, KeepsTheTwoPreemptionsThatATornReadNeeds) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Shrunk shrunk = shrink_found(test_programs::torn_read(), seed);
    EXPECT_EQ(shrunk.preemptions, 2U);
    EXPECT_TRUE(shrunk.preemptions_proved);
  }
}

TEST(Shrink, FindsThatAnOrderViolationNeedsNoPreemptionAndOneStep) {
  const Shrunk shrunk = shrink_found(test_programs::order_violation(), 3);
  EXPECT_EQ(shrunk.preemptions, 0U);
  EXPECT_EQ(shrunk.steps, 1U);
  EXPECT_TRUE(shrunk.steps_proved);
}

TEST(Shrink, ReducesADeadlockToTheTwoLocks) {
  const Shrunk shrunk = shrink_found(test_programs::abba(), 5);
  EXPECT_EQ(shrunk.preemptions, 1U);
  EXPECT_EQ(shrunk.steps, 2U);
}

TEST(Shrink, LowersDataChoicesToTheSmallestThatStillFail) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Shrunk shrunk = shrink_found(test_programs::data_choices(), seed);
    std::vector<std::uint32_t> choices;
    for (const Decision& decision : shrunk.failure.schedule)
      if (decision.kind == DecisionKind::choice) choices.push_back(decision.chosen);
    EXPECT_THAT(choices, ::testing::UnorderedElementsAre(5, 7, 3, 1));
    EXPECT_EQ(choices.front(), 5U) << "the body's own comes first";
  }
}

TEST(Shrink, LeavesOutTasksThatHaveNothingToDoWithIt) {
  const Program program = [](World& world) {
    Atomic<int> balance(0, "balance");
    Atomic<int> other(0, "other");
    for (int i = 0; i < 3; ++i)
      world.task({"bystander", i}, [&] {
        for (int k = 0; k < 5; ++k) other.fetch_add(1);
      });
    for (int i = 0; i < 2; ++i)
      world.task({"deposit", i}, [&, i] {
        const int seen = balance.load();
        balance.store(seen + 1);
        check("no_lost_update", balance.load() > seen && (i == 0 || balance.peek() == 2));
      });
    world.run();
  };
  const Shrunk shrunk = shrink_found(program, 11);
  EXPECT_EQ(shrunk.preemptions, 0U);
  EXPECT_LE(shrunk.steps, 3U) << "deposit-1 alone, before deposit-0";
}

TEST(Shrink, CountsATimerThatFiresEarlyAsAPreemption) {
  const Shrunk shrunk = shrink_found(test_programs::lease(), 1, {.time = TimeMode::any_time});
  EXPECT_EQ(shrunk.preemptions, 1U);
  EXPECT_TRUE(shrunk.preemptions_proved);
}

TEST(Shrink, OfTheShrunkChangesNothing) {
  const Shrunk once = shrink_found(test_programs::torn_read(), 9);
  const Shrunk twice = shrink(test_programs::torn_read(), once.failure);
  EXPECT_EQ(twice.failure.schedule, once.failure.schedule);
}

TEST(Shrink, ArrivesAtTheSameScheduleFromWhateverWasFound) {
  const Shrunk first = shrink_found(test_programs::torn_read(), 1);
  for (std::uint64_t seed = 2; seed < 20; ++seed)
    EXPECT_EQ(shrink_found(test_programs::torn_read(), seed).failure.schedule, first.failure.schedule);
}

TEST(Shrink, StaysWithinItsBudgetAndDoesNotClaimAProof) {
  const Program program = [](World& world) {
    Atomic<int> value(0, "value");
    for (int i = 0; i < 6; ++i)
      world.task({"adder", i}, [&] {
        for (int k = 0; k < 6; ++k) value.store(value.load() + 1);
      });
    world.run();
    world.check("sum", value.peek() > 8);
  };
  const Verdict verdict = explore(program, Pct{3, 4}, {.budget = {.executions = 200'000}});
  ASSERT_TRUE(verdict.failure);
  const Shrunk shrunk = shrink(program, *verdict.failure, {.execution = verdict.options, .budget = {.executions = 60}});
  EXPECT_LE(shrunk.executions, 64U);  // re-executions that confirm are not refused
  EXPECT_TRUE(shrunk.out_of_budget);
  EXPECT_FALSE(shrunk.preemptions_proved);
  EXPECT_EQ(replay(program, shrunk.failure.schedule, verdict.options).failure->trace_hash, shrunk.failure.trace_hash);
}

TEST(Shrink, RefusesAFailureThatDoesNotReproduce) {
  const Verdict verdict = find_failure(test_programs::abba(), 1);
  try {
    static_cast<void>(shrink(test_programs::lost_update(), *verdict.failure));
    FAIL() << "it was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::diverged);
  }
}

TEST(Shrink, ReturnsAFailureWithoutAScheduleAsItIs) {
  Failure unreached;
  unreached.kind = FailureKind::property;
  unreached.property = "sometimes(contended)";
  EXPECT_EQ(shrink(test_programs::lost_update(), unreached).failure.property, "sometimes(contended)");
}

/// A random program of stores and loads on few objects, whose last value is judged.
struct Action {
  bool is_store = false;
  std::uint32_t object = 0;
};

RC_GTEST_PROP(Shrink, GivesAScheduleThatReplaysStrictlyForAnyProgram, ()) {
  std::vector<std::vector<Action>> tasks;
  for (int t = 0; t < 3; ++t) {
    std::vector<Action> actions;
    const int length = *rc::gen::inRange(1, 5);
    for (int i = 0; i < length; ++i) actions.push_back({*rc::gen::arbitrary<bool>(), *rc::gen::inRange(0U, 2U)});
    tasks.push_back(actions);
  }
  const Program program = [&tasks](World& world) {
    Atomic<int> cells[] = {Atomic<int>(0, "x"), Atomic<int>(0, "y")};
    int sum = 0;
    for (std::size_t t = 0; t < tasks.size(); ++t)
      world.task({"task", static_cast<int>(t)}, [&, t] {
        for (const Action& action : tasks[t]) {
          if (action.is_store) {
            cells[action.object].store(static_cast<int>(t) + 1);
          } else {
            sum = sum * 3 + cells[action.object].load();
          }
        }
      });
    world.run();
    world.check("sum", sum % 7 != 5);
  };
  const Verdict verdict = explore(program, Random{5}, {.budget = {.executions = 300}});
  if (!verdict.failure) return;
  const Shrunk shrunk = shrink(program, *verdict.failure, {.execution = verdict.options});
  RC_ASSERT(shrunk.preemptions_proved);
  const Verdict replayed = replay(program, shrunk.failure.schedule, verdict.options);
  RC_ASSERT(replayed.outcome == Outcome::violated);
  RC_ASSERT(replayed.failure->trace_hash == shrunk.failure.trace_hash);
  RC_ASSERT(shrunk.preemptions <= shrunk.preemptions_before);
}

}  // namespace
}  // namespace heddle::sim

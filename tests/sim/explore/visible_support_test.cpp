// Properties that say what they look at: exploration sees every valuation that brute force sees, in fewer executions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/shared_state.hpp"
#include "tests/sim/explore/random_program.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;
using testing::FinalState;
using ::testing::HasSubstr;
using testing::program_count;
using testing::RandomProgram;
using testing::RandomProgramRun;

struct Seen {
  std::set<FinalState> valuations;
  std::uint64_t executions = 0;
  bool complete = false;
};

Seen look_at(const RandomProgram& random, Strategy& strategy, bool says_what_it_reads) {
  constexpr std::uint64_t limit = 10'000;
  Seen seen;
  FinalState state;
  const Program program = [&](World& world) {
    RandomProgramRun(random, world, state, &seen.valuations, says_what_it_reads);
  };
  Execution execution({.step_limit = 1000, .time = random.time, .memory = random.memory});
  while (strategy.begin_execution(seen.executions)) {
    if (seen.executions++ >= limit) return seen;
    strategy.end_execution(execution.run(program, strategy));
  }
  seen.complete = true;
  return seen;
}

TEST(VisibleSupport, ShowsDporEveryValuationThatBruteForceSees) {
  const std::uint64_t programs = program_count(500);
  std::uint64_t compared = 0;
  std::uint64_t executions = 0;
  std::uint64_t brute_force_executions = 0;
  for (std::uint64_t seed = 0; seed < programs; ++seed) {
    const RandomProgram program = RandomProgram::make(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + program.describe());
    Dfs brute_force;
    const Seen all = look_at(program, brute_force, false);
    if (!all.complete) continue;
    ++compared;
    Dpor dpor;
    const Seen reduced = look_at(program, dpor, true);
    ASSERT_EQ(reduced.valuations, all.valuations);
    executions += reduced.executions;
    brute_force_executions += all.executions;
  }
  EXPECT_GT(compared, programs / 2);
  EXPECT_LT(executions, brute_force_executions / 4);
}

/// Two writers that the property watches, and `others` that it does not.
Program watched(int others, bool says_what_it_reads, bool holds) {
  return [=](World& world) {
    Atomic<int> left(0, "left");
    Atomic<int> right(0, "right");
    std::deque<Atomic<int>> unrelated;
    const auto never_alone = [&, holds] { return holds || right.peek() <= left.peek(); };
    if (says_what_it_reads) {
      world.always("never_alone", reads(left, right), never_alone);
    } else {
      world.always("never_alone", never_alone);
    }
    world.task("left", [&] { left.store(1); });
    world.task("right", [&] { right.store(1); });
    for (int i = 0; i < others; ++i)
      world.task({"other", i}, [&unrelated, i] {
        auto& own = unrelated.emplace_back(0, Name{"own", i});
        own.store(1);
        own.store(2);
      });
    world.run();
  };
}

TEST(VisibleSupport, KeepsTheExhaustiveStrategyAtDpor) {
  const Verdict verdict = explore(watched(6, true, true));
  EXPECT_THAT(verdict, Exhausted());
  EXPECT_EQ(verdict.evidence.strategy, "dpor");
  EXPECT_EQ(verdict.evidence.executions, 2U);  // the two orders of what the property looks at
  EXPECT_EQ(explore(watched(1, false, true)).evidence.strategy, "dfs:cached");
}

TEST(VisibleSupport, FindsTheStateThatOneOrderOfIndependentStepsPassesThrough) {
  EXPECT_THAT(explore(watched(6, true, false)), Violates("never_alone"));
  EXPECT_THAT(explore(watched(6, true, false), Random{1}), Violates("never_alone"));
  EXPECT_THAT(explore(watched(1, false, false)), Violates("never_alone"));
}

TEST(VisibleSupport, ManyPropertiesShareWhatTellsThemApart) {
  const auto program = [](World& world) {
    std::deque<Atomic<int>> cells;
    for (int i = 0; i < 40; ++i) cells.emplace_back(0, Name{"cell", i});
    for (int i = 0; i < 40; ++i)
      world.always(i == 39 ? "last" : "other", reads(cells[static_cast<std::size_t>(i)]),
                   [&cells, i] { return i < 39 || cells[39].peek() == 0 || cells[3].peek() == 1; });
    world.always("both", reads(cells[3], cells[39]), [&] { return cells[39].peek() == 0 || cells[3].peek() == 1; });
    world.task("3", [&] { cells[3].store(1); });
    world.task("39", [&] { cells[39].store(1); });
    world.run();
  };
  EXPECT_EQ(explore(program).outcome, Outcome::violated);
}

TEST(Eventually, HoldsWhenItHeldOnceInEachExecution) {
  const auto program = [](World& world) {
    Atomic<int> phase(0, "phase");
    world.eventually("began", reads(phase), [&] { return phase.peek() == 1; });
    for (int i = 0; i < 2; ++i) world.task({"task", i}, [&] { phase.fetch_add(1); });
    world.run();
  };
  EXPECT_THAT(explore(program), Exhausted());
}

TEST(Eventually, IsViolatedByAnExecutionThatEndsWithoutIt) {
  for (const bool says_what_it_reads : {false, true}) {
    const auto program = [=](World& world) {
      Atomic<int> first(0, "first");
      const auto was_second = [&] { return first.peek() == 2; };
      if (says_what_it_reads) {
        world.eventually("second_wins", reads(first), was_second);
      } else {
        world.eventually("second_wins", was_second);
      }
      for (int i = 1; i <= 2; ++i)
        world.task({"task", i}, [&, i] {
          int expected = 0;
          static_cast<void>(first.compare_exchange(expected, i));
        });
      world.run();
    };
    const Verdict verdict = explore(program);
    EXPECT_THAT(verdict, Violates("second_wins"));
    EXPECT_THAT(verdict.failure->message, HasSubstr("did not hold after any step"));
  }
}

/// Both take the flag of their own, look at the other's, and give way when it is taken: for ever, if they go in step.
Program polite(bool one_insists) {
  return [=](World& world) {
    Atomic<bool> wants_left(false, "wants-left");
    Atomic<bool> wants_right(false, "wants-right");
    Atomic<int> served(0, "served");
    world.eventually("somebody_is_served", reads(served), [&] { return served.peek() > 0; });
    const auto enter = [&served, one_insists](Atomic<bool>& own, Atomic<bool>& other, bool is_left) {
      for (;;) {
        own.store(true);
        yield("look at the other");
        if (!other.load() || (one_insists && is_left)) break;
        own.store(false);
        yield("give way");
      }
      served.fetch_add(1);
      own.store(false);
    };
    world.task("left", [&] { enter(wants_left, wants_right, true); });
    world.task("right", [&] { enter(wants_right, wants_left, false); });
    world.run();
  };
}

TEST(FairSearch, FindsALivelockAndNamesItsRound) {
  const ExploreOptions options{.execution = {.step_limit = 400}};
  const Verdict verdict = explore(polite(false), Dfs{}.fair(), options);
  EXPECT_THAT(verdict, Violates("somebody_is_served"));
  ASSERT_TRUE(verdict.failure);
  EXPECT_EQ(verdict.failure->kind, FailureKind::step_limit);
  EXPECT_THAT(verdict.failure->message, HasSubstr("a livelock: "));
  EXPECT_THAT(verdict.failure->message, HasSubstr("'store wants-left'"));
}

TEST(FairSearch, EndsWhereAnUnfairOneDoesNot) {
  const auto program = [](World& world) {
    Atomic<bool> ready(false, "ready");
    Atomic<int> seen(0, "seen");
    world.eventually("seen", reads(seen), [&] { return seen.peek() == 1; });
    world.task("waiter", [&] {
      while (!ready.load()) yield("not yet");
      seen.store(1);
    });
    world.task("writer", [&] { ready.store(true); });
    world.run();
  };
  const ExploreOptions options{.execution = {.step_limit = 400}};
  const Verdict fair = explore(program, Dfs{}.fair(), options);
  EXPECT_EQ(fair.outcome, Outcome::bounded) << evidence_line(fair);
  EXPECT_EQ(fair.evidence.cut, 0U);
  const Verdict unfair = explore(program, Dfs{}, options);
  EXPECT_GT(unfair.evidence.cut, 0U) << evidence_line(unfair);  // schedules in which the writer never runs
}

}  // namespace
}  // namespace heddle::sim

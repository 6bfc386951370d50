// The random walk against exact probabilities, and PCT against its bound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <string>

#include "sim/explore/pct.hpp"
#include "sim/explore/portfolio.hpp"
#include "sim/explore/pos.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/surw.hpp"
#include "tests/support/census.hpp"
#include "tests/support/ground_truth.hpp"

namespace heddle::sim {
namespace {

using namespace heddle::testing;

constexpr std::uint64_t executions = 40'000;
constexpr double chi_square_limit = 10.83;  // one degree of freedom, 0.1 %

/// How far `hits` in so many executions are from what the probability says.
double chi_square(std::uint64_t hits, double probability) {
  const double n = static_cast<double>(executions);
  const double expected = n * probability;
  const double difference = static_cast<double>(hits) - expected;
  return difference * difference / (expected * (1 - probability));
}

std::uint64_t failures(const Program& program, std::uint64_t seed) {
  Random random(seed);
  const Census census = take_census(program, random, executions);
  return census.deadlocked + census.violated;
}

void expect_probability(const Program& program, double probability) {
  for (const std::uint64_t seed : {1U, 2U, 3U})
    EXPECT_LT(chi_square(failures(program, seed), probability), chi_square_limit) << seed;
}

TEST(RandomWalk, DeadlocksTwoTasksThatLockInOppositeOrderHalfOfTheTime) {
  expect_probability(
      [](World& world) {
        Mutex a("a");
        Mutex b("b");
        world.task("a_then_b", [&] {
          const LockGuard first(a);
          const LockGuard second(b);
        });
        world.task("b_then_a", [&] {
          const LockGuard first(b);
          const LockGuard second(a);
        });
        world.run();
      },
      0.5);
}

TEST(RandomWalk, DeadlocksThreePhilosophersInAThirdOfExecutions) {
  expect_probability(philosophers(3, Forks::left_first), 1.0 / 3);
}

TEST(RandomWalk, DeadlocksFivePhilosophersIn19Of120Executions) {
  expect_probability(philosophers(5, Forks::left_first), 19.0 / 120);
}

TEST(RandomWalk, LetsEachOfThreeTasksGoLastInAThirdOfExecutions) {
  expect_probability(
      [](World& world) {
        int last = -1;
        for (int i = 0; i < 3; ++i)
          world.task({"task", i}, [&last, i] {
            yield();
            last = i;
          });
        world.run();
        world.check("not_the_first_task", last != 0);
      },
      1.0 / 3);
}

TEST(RandomWalk, TakesEachAlternativeEquallyOften) {
  for (std::uint32_t alternative = 0; alternative < 3; ++alternative)
    expect_probability(
        [alternative](World& world) {
          world.check("other", world.choose(3) != alternative);
          world.run();
        },
        1.0 / 3);
}

/// The bound of the paper holds for each execution; so many executions may fall three standard deviations below it.
void expect_at_least_the_bound(const Program& program, std::uint32_t depth, double tasks, double steps) {
  Pct pct(depth, 7);
  const Census census = take_census(program, pct, executions);
  const double n = static_cast<double>(executions);
  const double bound = 1 / (tasks * std::pow(steps, depth - 1));
  EXPECT_GE(static_cast<double>(census.violated), n * bound - 3 * std::sqrt(n * bound * (1 - bound)));
}

TEST(Pct, FindsABugOfDepthTwoAsOftenAsItsBoundSays) {
  expect_at_least_the_bound(
      [](World& world) {
        Atomic<int> balance(0, "balance");
        for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
        world.run();
        world.check("no_lost_update", balance.peek() == 2);
      },
      2, 2, 4);
}

TEST(Pct, FindsABugOfDepthThreeAsOftenAsItsBoundSays) {
  // The reader must come after the first store, before the second one, and once more after that; the rest is noise.
  expect_at_least_the_bound(
      [](World& world) {
        Atomic<int> phase(0, "phase");
        Atomic<int> noise(0, "noise");  // not yields: those demote a task
        bool seen_one = false;
        bool seen_both = false;
        world.task("writer", [&] {
          for (int i = 0; i < 5; ++i) noise.store(i);
          phase.store(1);
          phase.store(2);
        });
        world.task("reader", [&] {
          seen_one = phase.load() == 1;
          seen_both = phase.load() == 2 && seen_one;
        });
        world.run();
        world.check("not_both_phases_seen", !seen_both);
      },
      3, 2, 9);
}

/// One task stores to x once, another three times, with stores to a variable of its own before each of these.
Program one_among_three(int noise, std::array<std::uint64_t, 4>& places) {
  return [noise, &places](World& world) {
    Atomic<int> x(0, "x");
    Atomic<int> own(0, "own");
    std::size_t place = 0;
    std::size_t stored = 0;
    world.task("once", [&] {
      x.store(1);
      place = stored;
    });
    world.task("thrice", [&] {
      for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < noise; ++j) own.store(j);
        x.store(2);
        ++stored;
      }
    });
    world.run();
    ++places[place];
  };
}

template <class S>
void expect_each_place_equally_often(int noise) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    std::array<std::uint64_t, 4> places{};
    S strategy(seed);
    static_cast<void>(take_census(one_among_three(noise, places), strategy, executions));
    for (const std::uint64_t hits : places) EXPECT_LT(chi_square(hits, 0.25), chi_square_limit) << seed;
  }
}

TEST(Urw, MakesInterleavingsEquallyLikely) {
  expect_each_place_equally_often<Urw>(0);
}

TEST(Surw, MakesInterleavingsOfTheSharedAccessesEquallyLikelyWhateverElseTasksDo) {
  expect_each_place_equally_often<Surw>(0);
  expect_each_place_equally_often<Surw>(5);
}

TEST(Surw, IsARandomWalkWhereNothingIsShared) {
  Surw surw(1);
  const Census census = take_census(
      [](World& world) {
        Atomic<int> a(0, "a");
        Atomic<int> b(0, "b");
        world.task("a", [&] { a.store(1); });
        world.task("b", [&] { b.store(1); });
        world.run();
      },
      surw, 100);
  EXPECT_EQ(census.complete, 100U);
}

// The load keeps its priority while the other task draws one for each of its steps: the store comes first only if the
// load's is lower than all of these.
TEST(Pos, PutsAStoreBehindOtherStepsBeforeALoadAsOftenAsPrioritiesSay) {
  for (const int noise : {0, 2}) {
    Pos pos(3);
    const Census census = take_census(
        [noise](World& world) {
          Atomic<int> x(0, "x");
          Atomic<int> own(0, "own");
          int seen = -1;
          world.task("writer", [&] {
            for (int i = 0; i < noise; ++i) own.store(i);
            x.store(1);
          });
          world.task("reader", [&] { seen = x.load(); });
          world.run();
          world.check("store_not_seen", seen == 0);
        },
        pos, executions);
    EXPECT_LT(chi_square(census.violated, 1.0 / (noise + 2)), chi_square_limit) << noise;
  }
}

TEST(Portfolio, TakesTurns) {
  Portfolio portfolio(1);
  std::map<std::string, int> turns;
  for (std::uint64_t i = 0; i < 60; ++i) {
    portfolio.begin_execution(i);
    ++turns[portfolio.current().name()];
  }
  EXPECT_EQ(turns["random"], 12);
  EXPECT_EQ(turns["pos"], 15);
  EXPECT_EQ(turns["surw"], 15);
  EXPECT_EQ(turns["urw"], 6);
  EXPECT_EQ(turns["pct:2"] + turns["pct:3"] + turns["pct:5"], 12);
  EXPECT_GT(turns["pct:2"], 0);
  EXPECT_GT(turns["pct:3"], 0);
  EXPECT_GT(turns["pct:5"], 0);
}

TEST(Portfolio, ExecutesTheSameForTheSameNumber) {
  std::array<std::uint64_t, 4> places{};
  const Program program = one_among_three(2, places);
  const auto hashes = [&] {
    std::vector<std::uint64_t> result;
    Portfolio portfolio(5);
    Execution execution;
    for (std::uint64_t i = 0; i < 100; ++i) {
      portfolio.begin_execution(i);
      result.push_back(execution.run(program, portfolio).sequence_hash);
      portfolio.end_execution(execution.result());
    }
    return result;
  };
  EXPECT_EQ(hashes(), hashes());
}

}  // namespace
}  // namespace heddle::sim

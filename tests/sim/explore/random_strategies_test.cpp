// The random walk against exact probabilities, and PCT against its bound.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/explore/pct.hpp"
#include "sim/explore/random.hpp"
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

}  // namespace
}  // namespace heddle::sim

// Tasks that are alike: which of them is which does not matter, and is not explored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"
#include "tests/support/census.hpp"

namespace heddle::sim {
namespace {

using heddle::testing::Census;
using heddle::testing::take_census;
using ::testing::HasSubstr;

/// `n` tasks alike, each adding one atomically.
Program ainc(int n) {
  return [n](World& world) {
    Atomic<int> count(0, "count");
    Alike adders;
    for (int i = 0; i < n; ++i) world.task({"adder", i}, [&] { count.fetch_add(1); }, adders);
    world.run();
    world.check("all_counted", count.peek() == n);
  };
}

/// `alike` tasks that read a balance and write what they read plus one, and one more that does the same.
Program account(int alike, std::set<int>& finals) {
  return [alike, &finals](World& world) {
    Atomic<int> balance(0, "balance");
    const auto deposit = [&] { balance.store(balance.load() + 1); };
    Alike depositors;
    world.task("deposit", deposit);
    for (int i = 0; i < alike; ++i) world.task({"deposit", i}, deposit, depositors);
    world.run();
    finals.insert(balance.peek());
  };
}

TEST(Alike, AtomicAddsHaveOneOrder) {
  Dpor dpor;
  const Census census = take_census(ainc(5), dpor);  // 120 without
  EXPECT_EQ(census.complete, 1U);
  EXPECT_EQ(dpor.redundant(), 0U);
  EXPECT_THAT(explore(ainc(5)), Exhausted());
}

// Three tasks alike beside a fourth: 576 traces without, and the same final balances.
TEST(Alike, ReducesTracesAndKeepsFinalStates) {
  std::set<int> finals;
  Dpor dpor;
  const Census census = take_census(account(3, finals), dpor);
  EXPECT_EQ(finals, (std::set<int>{1, 2, 3, 4}));
  EXPECT_EQ(census.complete, census.traces.size());
  EXPECT_EQ(dpor.redundant(), 0U);
  Dfs brute_force;
  std::set<int> all_finals;
  const Census all = take_census(account(3, all_finals), brute_force);
  EXPECT_EQ(all.complete, 420U);  // 8! / 2!^4 interleavings, of which one in 3! has the first steps in order
  EXPECT_EQ(all.traces, census.traces);
  EXPECT_EQ(finals, all_finals);
  EXPECT_EQ(census.complete, 210U);
}

TEST(Alike, EveryStrategyKeepsTheOrderAndLosesNoFailure) {
  const auto program = [](World& world) {
    Atomic<int> count(0, "count");
    Alike adders;
    for (int i = 0; i < 3; ++i) world.task({"adder", i}, [&] { count.store(count.load() + 1); }, adders);
    world.run();
    world.check("no_lost_update", count.peek() == 3);
  };
  EXPECT_THAT(explore(program), Violates("no_lost_update"));
  EXPECT_THAT(explore(program, Dfs{}.cached()), Violates("no_lost_update"));
  const Verdict random = explore(program, Random{1});
  EXPECT_THAT(random, Violates("no_lost_update"));
  EXPECT_THAT(replay(program, random.failure->schedule), Violates("no_lost_update"));
  EXPECT_THAT(explore(program, Random{1}, {.check_determinism = false, .count_traces = false}),
              Violates("no_lost_update"));
}

TEST(Alike, FirstStepsThatHaveToWaitKeepTheOrderToo) {
  const auto program = [](bool is_alike, std::set<std::vector<int>>& orders) {
    return [is_alike, &orders](World& world) {
      Mutex mutex("m");
      std::vector<int> order;
      Alike group;
      const auto body = [&](int id) {
        return [&, id] {
          const LockGuard guard(mutex);
          order.push_back(id);
        };
      };
      for (int i = 0; i < 3; ++i) {
        if (is_alike) {
          world.task({"task", i}, body(i), group);
        } else {
          world.task({"task", i}, body(i));
        }
      }
      world.run();
      orders.insert(order);
    };
  };
  for (const bool reduced : {false, true}) {
    std::set<std::vector<int>> orders;
    Dfs dfs;
    Dpor dpor;
    Strategy& strategy = reduced ? static_cast<Strategy&>(dpor) : dfs;
    take_census(program(true, orders), strategy);
    EXPECT_EQ(orders, (std::set<std::vector<int>>{{0, 1, 2}}));
    orders.clear();
    take_census(program(false, orders), strategy);
    EXPECT_EQ(orders.size(), 6U);
  }
}

TEST(Alike, TasksOfARuntimeAndTasksWithoutStepsMayBe) {
  const auto program = [](World& world) {
    Runtime runtime(2, "server");
    Atomic<int> count(0, "count");
    Alike workers;
    Alike idle;
    for (int i = 0; i < 3; ++i) runtime.spawn({"worker", i}, [&] { count.fetch_add(1); }, workers).detach();
    for (int i = 0; i < 2; ++i) world.task({"idle", i}, [] {}, idle);
    world.run();
    world.check("all_counted", count.peek() == 3);
  };
  EXPECT_THAT(explore(program), Exhausted());
}

TEST(Alike, TasksThatBeginDifferentlyAreTold) {
  const auto program = [](World& world) {
    Atomic<int> count(0, "count");
    Alike group;
    world.task("reader", [&] { static_cast<void>(count.load()); }, group);
    world.task("writer", [&] { count.store(1); }, group);
    world.run();
  };
  const Verdict verdict = explore(program);
  EXPECT_THAT(verdict, Violates("tasks_not_alike"));
  EXPECT_THAT(verdict.failure->message,
              HasSubstr("tasks reader and writer are said to be alike, and begin differently"));
}

}  // namespace
}  // namespace heddle::sim

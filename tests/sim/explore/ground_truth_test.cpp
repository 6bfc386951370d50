#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::sim {
namespace {

TEST(DepthFirstSearch, EnumeratesTheInterleavingsOfALostUpdate) {
  const Program program = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
    world.run();
    world.sometimes("lost", balance.peek() == 1);
  };
  const Verdict verdict = explore(program, Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.executions, 6U);
  EXPECT_EQ(verdict.evidence.distinct_traces, 4U);
}

}  // namespace
}  // namespace heddle::sim

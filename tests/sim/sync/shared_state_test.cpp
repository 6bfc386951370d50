#include "sim/sync/shared_state.hpp"

#include <gtest/gtest.h>

#include "sim/core/world.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::sim {
namespace {

// Neither task's steps touch anything of the other's but what the scenario counts.
TEST(SharedState, LetsReductionSeeThatTwoTasksAreBusyAtOnce) {
  const Program program = [](World& world) {
    SharedState<int> busy(0, "busy");
    bool both = false;
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [&] {
        yield("begin");
        both = ++busy.write() == 2 || both;
        yield("end");
        --busy.write();
      });
    world.run();
    EXPECT_EQ(busy.peek(), 0);
    world.sometimes("both_busy", both);
    world.sometimes("never_both_busy", !both);
  };
  const Verdict verdict = explore(program, Dpor{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.executions, 6U);  // 4! / (2! * 2!): all steps conflict
}

TEST(SharedState, ReadsCommute) {
  const Program program = [](World& world) {
    const SharedState<int> limit(3, "limit");
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [&] {
        yield();
        world.check("limit", limit.read() == 3);
      });
    world.run();
  };
  EXPECT_EQ(explore(program, Dpor{}).evidence.executions, 1U);
}

}  // namespace
}  // namespace heddle::sim

#include "sim/sync/barrier.hpp"

#include <gtest/gtest.h>

#include "sim/runtime/time.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using namespace std::chrono_literals;

TEST(Barrier, LetsAllGoOnWhenTheLastHasArrivedInEachRound) {
  exhaust([](World& world) {
    Barrier barrier(2, "barrier");
    int arrived = 0;
    int leaders = 0;
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [&] {
        for (int round = 1; round <= 2; ++round) {
          ++arrived;
          if (barrier.wait()) ++leaders;
          check("all_have_arrived", arrived >= 2 * round);
        }
      });
    world.run();
    world.check("one_leader_a_round", leaders == 2);
  });
}

TEST(Barrier, AnArrivalThatIsDroppedStillCounts) {
  exhaust([](World& world) {
    Barrier barrier(2, "barrier");
    world.task("impatient", [&] { check("dropped", !timeout(1s, [&] { barrier.wait(); })); });
    world.task("late", [&] {
      sleep(2s);
      check("leads", barrier.wait());
    });
    world.run();
  });
}

}  // namespace
}  // namespace heddle::sim

#include "sim/runtime/cancellation_token.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using namespace std::chrono_literals;

TEST(CancellationToken, EndsALoopThatSelectsOnIt) {
  exhaust([](World& world) {
    Runtime runtime(1, "pool");
    const CancellationToken stop("stop");
    int ticks = 0;
    runtime
        .spawn("loop",
               [&] {
                 while (select(stop.cancellation(), sleeping(1s)).index() == 1) ++ticks;
               })
        .detach();
    world.task("main", [&] {
      sleep(2500ms);
      stop.cancel();
    });
    world.run();
    world.check("ticks", ticks == 2);
  });
}

TEST(CancellationToken, AParentCancelsItsChildrenAndNotTheOtherWayRound) {
  exhaust([](World& world) {
    const CancellationToken parent("parent");
    const CancellationToken child = parent.child("child");
    const CancellationToken grandchild = child.child("grandchild");
    world.task("main", [&] {
      child.cancel();
      check("child_alone", !parent.is_cancelled() && child.is_cancelled() && grandchild.is_cancelled());
      parent.cancel();
      check("children_of_a_cancelled_token_are", parent.child("late").is_cancelled());
    });
    world.run();
  });
}

TEST(CancellationToken, AChildThatIsGoneIsForgotten) {
  exhaust([](World& world) {
    const CancellationToken parent("parent");
    std::optional<CancellationToken> first = parent.child("first");
    const CancellationToken second = parent.child("second");
    first.reset();
    world.task("waiter", [&] { second.cancelled(); });
    world.task("main", [&] { parent.cancel(); });
    world.run();
  });
}

TEST(CancellationToken, IsCancelledOnDrop) {
  exhaust([](World& world) {
    const CancellationToken stop("stop");
    world.task("waiter", [&] { stop.cancelled(); });
    world.task("owner", [&] { const CancelOnDrop guard(stop); });
    world.run();
    world.check("cancelled", stop.peek());
  });
}

}  // namespace
}  // namespace heddle::sim

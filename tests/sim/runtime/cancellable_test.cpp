#include "sim/runtime/cancellable.hpp"

#include <gmock/gmock.h>

#include "sim/runtime/runtime.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/semaphore.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;
using heddle::testing::exhaust;
using heddle::testing::find_failure;
using heddle::testing::outcomes;

const ExecutionOptions cancel_each{.cancel = Cancel::each};

/// How far a body with three awaits got.
void count_awaits(World& world, std::set<std::pair<int, bool>>& seen) {
  int passed = 0;
  bool finished = false;
  world.task("task", [&] {
    finished = cancellable([&] {
      for (; passed < 3; ++passed) sleep(1s);
    });
  });
  world.run();
  seen.insert({passed, finished});
}

TEST(Cancellable, IsDroppedAtEachOfItsAwaitsAndAtNone) {
  const auto seen = outcomes<std::pair<int, bool>>(count_awaits, cancel_each);
  EXPECT_EQ(seen, (std::set<std::pair<int, bool>>{{0, false}, {1, false}, {2, false}, {3, true}}));
}

TEST(Cancellable, JustRunsWhereCancellationIsNotExplored) {
  EXPECT_EQ((outcomes<std::pair<int, bool>>(count_awaits)), (std::set<std::pair<int, bool>>{{3, true}}));
}

TEST(Cancellable, EachOfSeveralNestedMayBeTheOneThatIsDropped) {
  using Ended = std::pair<bool, bool>;
  const auto seen = outcomes<Ended>(
      [](World& world, std::set<Ended>& all) {
        bool outer = false;
        bool inner = false;
        world.task("task", [&] { outer = cancellable([&] { inner = cancellable([] { sleep(1s); }); }); });
        world.run();
        all.insert({outer, inner});
      },
      cancel_each);
  EXPECT_EQ(seen, (std::set<Ended>{{true, true}, {true, false}, {false, false}}));
}

TEST(Cancellable, AWaitThatNobodyWouldEndIsADeadlockOrIsDropped) {
  const Program program = [](World& world) {
    Notify never("never");
    world.task("task", [&] { static_cast<void>(cancellable([&] { never.notified(); })); });
    world.run();
  };
  EXPECT_EQ(find_failure(program, cancel_each).kind, FailureKind::deadlock);
}

TEST(Cancellable, ATaskIsDroppedAfterItWasGrantedWhatItWaitedForAndPassesItOn) {
  exhaust(
      [](World& world) {
        Runtime runtime(1, "node");
        Semaphore semaphore(1, "slots");
        bool was_dropped = false;
        auto holder = runtime.spawn("holder", [&] {
          const auto permit = semaphore.acquire();
          yield_now();
        });
        auto waiter = runtime.spawn(
            "waiter", [&] { was_dropped = !cancellable([&] { static_cast<void>(semaphore.acquire()); }); });
        world.run();
        world.sometimes("dropped", was_dropped);
        world.check("no_permit_lost", semaphore.available() == 1);
      },
      cancel_each);
}

TEST(Cancellable, ABodyThatSwallowsItsCancellationIsReported) {
  const Failure failure = find_failure(
      [](World& world) {
        world.task("task", [] {
          static_cast<void>(cancellable([] {
            try {
              sleep(1s);
            } catch (...) {
            }
          }));
        });
        world.run();
      },
      cancel_each);
  EXPECT_EQ(failure.property, "cancellation_swallowed");
  EXPECT_THAT(failure.message, ::testing::HasSubstr("task caught its own cancellation and went on"));
}

}  // namespace
}  // namespace heddle::sim

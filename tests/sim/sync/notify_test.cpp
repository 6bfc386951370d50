#include "sim/sync/notify.hpp"

#include <gtest/gtest.h>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

TEST(Notify, APermitIsStoredForWhoeverComesLate) {
  exhaust([](World& world) {
    Notify notify("go");
    world.task("waiter", [&] { notify.notified(); });
    world.task("notifier", [&] { notify.notify_one(); });
    world.run();
  });
}

TEST(Notify, NoMoreThanOnePermitIsStored) {
  const Failure failure = find_failure([](World& world) {
    Notify notify("go");
    notify.notify_one();
    notify.notify_one();
    world.task("waiter", [&] {
      notify.notified();
      notify.notified();
    });
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::deadlock);
  EXPECT_EQ(failure.message, "no task can go on: waiter waits to notified go");
}

TEST(Notify, NotifyWaitersStoresNothing) {
  const Failure failure = find_failure([](World& world) {
    Notify notify("go");
    world.task("waiter", [&] {
      yield("not waiting yet");
      notify.notified();
    });
    world.task("notifier", [&] { notify.notify_waiters(); });
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::deadlock);
}

TEST(Notify, NotifyWaitersReachesANotificationMadeBefore) {
  exhaust([](World& world) {
    Notify notify("go");
    world.task("waiter", [&] {
      auto notification = notify.notification();
      yield("not waiting yet");
      await(notification);
    });
    world.task("notifier", [&] {
      sleep(1s);
      notify.notify_waiters();
    });
    world.run();
  });
}

TEST(Notify, NotifyWaitersWakesAll) {
  exhaust([](World& world) {
    Notify notify("go");
    int woken = 0;
    for (int i = 0; i < 2; ++i)
      world.task({"waiter", i}, [&] {
        notify.notified();
        ++woken;
      });
    world.task("notifier", [&] {
      sleep(1s);
      notify.notify_waiters();
    });
    world.run();
    world.check("all", woken == 2);
  });
}

TEST(Notify, AWakeUpOfAnAbortedWaiterIsPassedOn) {
  bool dropped_after_wake_up = false;
  exhaust([&](World& world) {
    Runtime runtime(2, "pool");
    Notify notify("go");
    auto first = runtime.spawn("first", [&] { notify.notified(); });
    world.task("main", [&] {
      sleep(1s);
      notify.notify_one();
      first.abort();
      const bool took_it = first.join_result().value.has_value();
      dropped_after_wake_up = dropped_after_wake_up || !took_it;
      check("not_lost", took_it || timeout(1s, [&] { notify.notified(); }));
    });
    world.run();
  });
  EXPECT_TRUE(dropped_after_wake_up);
}

}  // namespace
}  // namespace heddle::sim

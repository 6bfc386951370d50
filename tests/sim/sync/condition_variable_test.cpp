#include "sim/sync/condition_variable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

/// A flag that one task raises and others wait for.
struct Flag {
  Mutex mutex{"mutex"};
  ConditionVariable raised;
  bool value = false;

  explicit Flag(std::uint32_t spurious_wake_ups = 0) : raised("raised", spurious_wake_ups) {}
  void raise() {
    const LockGuard held(mutex);
    value = true;
  }
};

TEST(ConditionVariable, AWaitWithAPredicateMissesNoNotification) {
  exhaust([](World& world) {
    Flag flag;
    world.task("waiter", [&] {
      std::unique_lock lock(flag.mutex);
      flag.raised.wait(lock, [&] { return flag.value; });
      check("holds_the_mutex_again", flag.mutex.is_locked() && flag.value);
    });
    world.task("notifier", [&] {
      flag.raise();
      flag.raised.notify_one();
    });
    world.run();
  });
}

TEST(ConditionVariable, ANotificationBeforeTheWaitIsLost) {
  const Failure failure = find_failure([](World& world) {
    Flag flag;
    world.task("waiter", [&] {
      std::unique_lock lock(flag.mutex);
      flag.raised.wait(lock);
    });
    world.task("notifier", [&] { flag.raised.notify_one(); });
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::deadlock);
}

TEST(ConditionVariable, WhichWaiterIsWokenIsADecision) {
  std::set<int> first;
  exhaust([&](World& world) {
    Flag flag;
    int woken_first = -1;
    for (int i = 0; i < 2; ++i)
      world.task({"waiter", i}, [&, i] {
        if (i == 1) sleep(1s);  // so the order of arrival is fixed
        std::unique_lock lock(flag.mutex);
        flag.raised.wait(lock);
        if (woken_first < 0) woken_first = i;
      });
    world.task("notifier", [&] {
      sleep(2s);
      flag.raised.notify_one();
      sleep(1s);
      flag.raised.notify_one();
    });
    world.run();
    first.insert(woken_first);
  });
  EXPECT_EQ(first, (std::set<int>{0, 1}));
}

TEST(ConditionVariable, NotifyAllWakesAll) {
  exhaust([](World& world) {
    Flag flag;
    for (int i = 0; i < 2; ++i)
      world.task({"waiter", i}, [&] {
        std::unique_lock lock(flag.mutex);
        flag.raised.wait(lock, [&] { return flag.value; });
      });
    world.task("notifier", [&] {
      flag.raise();
      flag.raised.notify_all();
    });
    world.run();
  });
}

TEST(ConditionVariable, ATimedWaitEndsByWhicheverComesFirst) {
  std::set<bool> timed_out;
  exhaust(
      [&](World& world) {
        Flag flag;
        world.task("waiter", [&] {
          std::unique_lock lock(flag.mutex);
          timed_out.insert(flag.raised.wait_for(lock, 1s) == CvStatus::timeout);
          check("holds_the_mutex_again", lock.owns_lock() && flag.mutex.is_locked());
        });
        world.task("notifier", [&] { flag.raised.notify_one(); });
        world.run();
        world.check("free", !flag.mutex.is_locked());
      },
      {.time = TimeMode::any_time});
  EXPECT_EQ(timed_out, (std::set<bool>{false, true}));
}

TEST(ConditionVariable, ATimedWaitWithAPredicateSaysWhetherItHeld) {
  exhaust([](World& world) {
    Flag flag;
    world.task("waiter", [&] {
      std::unique_lock lock(flag.mutex);
      check("not_in_time", !flag.raised.wait_for(lock, 1s, [&] { return flag.value; }) && now() == 1s);
      check("in_time", flag.raised.wait_for(lock, 5s, [&] { return flag.value; }) && now() == 2s);
    });
    world.task("notifier", [&] {
      sleep(2s);
      flag.raise();
      flag.raised.notify_one();
    });
    world.run();
  });
}

TEST(ConditionVariable, SpuriousWakeUpsFindAWaitWithoutAPredicate) {
  const auto program = [](std::uint32_t spurious) {
    return [spurious](World& world) {
      Flag flag(spurious);
      world.task("waiter", [&] {
        std::unique_lock lock(flag.mutex);
        if (!flag.value) flag.raised.wait(lock);
        check("raised", flag.value);
      });
      world.task("notifier", [&] {
        flag.raise();
        flag.raised.notify_one();
      });
      world.run();
    };
  };
  exhaust(program(0));
  EXPECT_EQ(find_failure(program(1)).property, "raised");
}

TEST(ConditionVariable, AWaitWithoutTheMutexIsReported) {
  const Failure failure = find_failure([](World& world) {
    Flag flag;
    world.task("waiter", [&] {
      std::unique_lock lock(flag.mutex, std::defer_lock);
      flag.raised.wait(lock);
    });
    world.run();
  });
  EXPECT_EQ(failure.message, "task waiter waits on raised without holding mutex mutex");
}

TEST(ConditionVariable, AWaitInADestructorSurvivesTheEndOfTheExecution) {
  const Failure failure = find_failure([](World& world) {
    Flag flag;
    struct WaitsForTheFlag {
      Flag& flag;
      ~WaitsForTheFlag() {
        std::unique_lock lock(flag.mutex);
        flag.raised.wait(lock, [&] { return flag.value; });
      }
    };
    world.task("waiter", [&] { const WaitsForTheFlag waits{flag}; });
    world.task("failing", [&] {
      sleep(1s);
      check("fails", false);
    });
    world.run();
  });
  EXPECT_EQ(failure.property, "fails");
}

}  // namespace
}  // namespace heddle::sim

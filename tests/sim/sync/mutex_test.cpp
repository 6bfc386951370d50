#include "sim/sync/mutex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include "sim/sync/once.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

TEST(Mutex, WhoeverWaitsMayTakeItNext) {
  std::set<std::string> orders;
  const Evidence evidence = exhaust([&](World& world) {
    Mutex mutex("mutex");
    std::string order;
    for (int i = 0; i < 3; ++i)
      world.task({"task", i}, [&, i] {
        const LockGuard held(mutex);
        order += static_cast<char>('0' + i);
      });
    world.run();
    orders.insert(order);
  });
  EXPECT_EQ(orders.size(), 6U);
  EXPECT_EQ(evidence.distinct_traces, 6U);
}

TEST(Mutex, ATryFailsOrSucceedsAndNeverWaits) {
  bool got[2] = {false, false};
  exhaust([&](World& world) {
    Mutex mutex("mutex");
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [&] {
        const bool locked = mutex.try_lock();
        got[locked ? 1 : 0] = true;
        if (locked) mutex.unlock();
      });
    world.run();
  });
  EXPECT_TRUE(got[0]);
  EXPECT_TRUE(got[1]);
}

TEST(Mutex, AReleaseByWhoeverDoesNotHoldItIsReported) {
  const Failure failure = find_failure([](World& world) {
    Mutex mutex("state");
    world.task("holder", [&] {
      mutex.lock();
      yield();
      mutex.unlock();
    });
    world.task("thief", [&] { mutex.unlock(); });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:unlock_by_owner");
  EXPECT_EQ(failure.message, "task thief unlocks mutex state, which it does not hold");
}

TEST(Mutex, AGuardThatIsDestroyedByAnotherTaskIsReported) {
  const Failure failure = find_failure([](World& world) {
    Mutex mutex("state");
    std::optional<std::unique_lock<Mutex>> guard;
    const TaskHandle owner = world.task("owner", [&] { guard.emplace(mutex); });
    world.task("other", [&, owner] {
      owner.join();
      guard.reset();
    });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:unlock_by_owner");
  EXPECT_EQ(
      failure.message,
      "task other unlocks mutex state, which it does not hold; owner does, and its guard must be destroyed there");
}

TEST(Mutex, ATimedTryGivesUpWhenItsTimeIsOver) {
  exhaust([](World& world) {
    Mutex mutex("mutex");
    world.task("holder", [&] {
      const LockGuard held(mutex);
      sleep(2s);
    });
    world.task("patient", [&] {
      sleep(1ms);
      check("gave_up", !mutex.try_lock_for(1s) && now() == 1001ms);
      check("got_it", mutex.try_lock_for(1s) && now() == 2s);
      mutex.unlock();
    });
    world.run();
    world.check("free", !mutex.is_locked());
  });
}

TEST(Mutex, ATimedTryCompetesWithLocks) {
  std::set<std::string> orders;
  exhaust([&](World& world) {
    Mutex mutex("mutex");
    std::string order;
    world.task("a", [&] {
      const LockGuard held(mutex);
      order += "a";
    });
    world.task("b", [&] {
      check("in_time", mutex.try_lock_for(1s));
      order += "b";
      mutex.unlock();
    });
    world.run();
    orders.insert(order);
  });
  EXPECT_EQ(orders, (std::set<std::string>{"ab", "ba"}));
}

TEST(Once, OneCallIsMadeAndAllWaitForItsEnd) {
  exhaust([](World& world) {
    Once once("init");
    int calls = 0;
    bool ended = false;
    for (int i = 0; i < 3; ++i)
      world.task({"task", i}, [&] {
        once.call([&] {
          ++calls;
          yield("initialising");
          ended = true;
        });
        check("it_has_ended", ended);
      });
    world.run();
    world.check("one_call", calls == 1);
  });
}

TEST(Once, AfterACallThatThrewAnotherIsMade) {
  exhaust([](World& world) {
    Once once("init");
    int calls = 0;
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [&] {
        try {
          once.call([&] {
            if (++calls == 1) throw std::runtime_error("no luck");
          });
        } catch (const std::runtime_error&) {
          return;
        }
        check("done", once.is_done());
      });
    world.run();
    world.check("two_calls", calls == 2);
  });
}

}  // namespace
}  // namespace heddle::sim

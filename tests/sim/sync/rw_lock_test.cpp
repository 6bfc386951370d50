#include "sim/sync/rw_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_rw_lock.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

class RwLockOfEachPolicy : public ::testing::TestWithParam<RwPolicy> {};
INSTANTIATE_TEST_SUITE_P(Policies, RwLockOfEachPolicy,
                         ::testing::Values(RwPolicy::unfair, RwPolicy::fair, RwPolicy::writer_preferring));

TEST_P(RwLockOfEachPolicy, ReadersShareAndWritersExclude) {
  std::uint32_t most_readers = 0;
  exhaust([&](World& world) {
    RwLock lock("lock", GetParam());
    for (int i = 0; i < 2; ++i)
      world.task({"reader", i}, [&] {
        const ReadGuard reading(lock);
        most_readers = std::max(most_readers, lock.readers());
        check("no_writer", !lock.is_write_locked());
      });
    world.task("writer", [&] {
      const WriteGuard writing(lock);
      check("alone", lock.readers() == 0);
    });
    world.run();
    world.check("free", lock.readers() == 0 && !lock.is_write_locked());
  });
  EXPECT_EQ(most_readers, 2U);
}

TEST_P(RwLockOfEachPolicy, TriesSucceedOrFailAndNeverWait) {
  exhaust([&](World& world) {
    RwLock lock("lock", GetParam());
    world.task("main", [&] {
      check("read", lock.try_lock_shared());
      check("read_again", lock.try_lock_shared());
      check("no_write", !lock.try_lock());
      lock.unlock_shared();
      lock.unlock_shared();
      check("write", lock.try_lock());
      check("no_read", !lock.try_lock_shared());
      lock.unlock();
    });
    world.run();
  });
}

TEST_P(RwLockOfEachPolicy, AReleaseByWhoeverDoesNotHoldItIsReported) {
  const Failure failure = find_failure([&](World& world) {
    RwLock lock("lock", GetParam());
    world.task("thief", [&] { lock.unlock_shared(); });
    world.run();
  });
  EXPECT_EQ(failure.message, "task thief unlocks rw lock lock, which it does not hold for reading");
}

TEST_P(RwLockOfEachPolicy, AGuardThatAnotherTaskDestroysIsReportedWithItsOwner) {
  const auto destroy_elsewhere = [&]<class Guard>(std::type_identity<Guard>) {
    return find_failure([&](World& world) {
             RwLock lock("lock", GetParam());
             std::optional<Guard> guard;
             const TaskHandle owner = world.task("owner", [&] { guard.emplace(lock); });
             world.task("other", [&, owner] {
               owner.join();
               guard.reset();
             });
             world.run();
           })
        .message;
  };
  const std::string whose = "; owner does, and its guard must be destroyed there";
  EXPECT_EQ(destroy_elsewhere(std::type_identity<ReadGuard>{}),
            "task other unlocks rw lock lock, which it does not hold for reading" + whose);
  EXPECT_EQ(destroy_elsewhere(std::type_identity<WriteGuard>{}),
            "task other unlocks rw lock lock, which it does not hold for writing" + whose);
}

bool recursion_can_deadlock(RwPolicy policy) {
  return !explore(
              [policy](World& world) {
                RwLock lock("lock", policy);
                world.task("reader", [&] {
                  const ReadGuard outer(lock);
                  const ReadGuard inner(lock);
                });
                world.task("writer", [&] { const WriteGuard writing(lock); });
                world.run();
              },
              Dfs{})
              .holds();
}

TEST(RwLock, ReadingTwiceDeadlocksWhereAWriterMayLineUpInBetween) {
  EXPECT_FALSE(recursion_can_deadlock(RwPolicy::unfair));
  EXPECT_TRUE(recursion_can_deadlock(RwPolicy::fair));
  EXPECT_TRUE(recursion_can_deadlock(RwPolicy::writer_preferring));
}

TEST(RwLock, AWriterInLineKeepsLaterReadersOutUnlessUnfair) {
  const auto orders = [](RwPolicy policy) {
    std::set<std::string> seen;
    exhaust([&](World& world) {
      RwLock lock("lock", policy);
      std::string order;
      world.task("first", [&] {
        const ReadGuard reading(lock);
        sleep(3s);
      });
      world.task("writer", [&] {
        sleep(1s);
        const WriteGuard writing(lock);
        order += "w";
      });
      world.task("late", [&] {
        sleep(2s);
        const ReadGuard reading(lock);
        order += "r";
      });
      world.run();
      seen.insert(order);
    });
    return seen;
  };
  EXPECT_EQ(orders(RwPolicy::unfair), (std::set<std::string>{"rw"}));  // the late reader need not wait at all
  EXPECT_EQ(orders(RwPolicy::fair), (std::set<std::string>{"wr"}));
  EXPECT_EQ(orders(RwPolicy::writer_preferring), (std::set<std::string>{"wr"}));
}

TEST(RwLock, OnlyTheOrderOfWritersMakesTraces) {
  const Evidence evidence = exhaust([](World& world) {
    RwLock lock("lock");
    for (int i = 0; i < 3; ++i) world.task({"reader", i}, [&] { const ReadGuard reading(lock); });
    world.run();
  });
  EXPECT_EQ(evidence.distinct_traces, 1U);
}

TEST(AsyncRwLock, ReadersShareAndAWriterWaitsItsTurn) {
  exhaust([](World& world) {
    AsyncRwLock lock("lock");
    std::string order;
    world.task("first", [&] {
      const auto reading = lock.read();
      sleep(3s);
    });
    world.task("writer", [&] {
      sleep(1s);
      const auto writing = lock.write();
      check("alone", lock.is_write_locked());
      order += "w";
    });
    world.task("late", [&] {
      sleep(2s);
      check("no_overtaking", !lock.try_read());
      const auto reading = lock.read();
      order += "r";
    });
    world.run();
    world.check("in_order", order == "wr" && lock.is_free());
  });
}

TEST(AsyncRwLock, AWriterThatGivesUpLetsTheReadersBehindItIn) {
  exhaust([](World& world) {
    AsyncRwLock lock("lock");
    world.task("first", [&] {
      const auto reading = lock.read();
      sleep(10s);
    });
    world.task("writer", [&] {
      sleep(1s);
      check("dropped", !timeout(2s, [&] { const auto writing = lock.write(); }));
    });
    world.task("late", [&] {
      sleep(2s);
      const auto reading = lock.read();
      check("let_in_when_the_writer_left", now() == 3s);
    });
    world.run();
    world.check("free", lock.is_free());
  });
}

}  // namespace
}  // namespace heddle::sim

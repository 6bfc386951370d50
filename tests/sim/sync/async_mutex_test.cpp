#include "sim/sync/async_mutex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(AsyncMutex, ExcludesAndServesInOrderOfArrival) {
  std::set<std::string> orders;
  exhaust([&](World& world) {
    AsyncMutex mutex("lock");
    std::string order;
    int inside = 0;
    for (int i = 0; i < 3; ++i)
      world.task({"task", i}, [&, i] {
        const auto held = mutex.lock();
        check("alone", ++inside == 1);
        order += static_cast<char>('0' + i);
        yield();
        --inside;
      });
    world.run();
    orders.insert(order);
  });
  EXPECT_EQ(orders.size(), 6U);
}

TEST(AsyncMutex, IsHandedOverToTheFirstInLine) {
  exhaust([](World& world) {
    AsyncMutex mutex("lock");
    std::string order;
    world.task("holder", [&] {
      auto held = mutex.lock();
      sleep(2s);
      held.unlock();
      const auto again = mutex.lock();
      order += "h";
    });
    for (int i = 0; i < 2; ++i)
      world.task({"waiter", i}, [&, i] {
        sleep((1 + i) * 500ms);
        const auto held = mutex.lock();
        order += static_cast<char>('0' + i);
      });
    world.run();
    world.check("in_order", order == "01h", [&] { return order; });
  });
}

TEST(AsyncMutex, ATryDoesNotOvertake) {
  exhaust([](World& world) {
    AsyncMutex mutex("lock");
    auto held = mutex.lock();
    check("busy", !mutex.try_lock());
    held.unlock();
    const auto again = mutex.try_lock();
    check("free", again.has_value());
    world.run();
  });
}

TEST(AsyncMutex, AWaiterThatIsDroppedLeavesTheQueue) {
  exhaust([](World& world) {
    AsyncMutex mutex("lock");
    world.task("holder", [&] {
      const auto held = mutex.lock();
      sleep(3s);
    });
    world.task("impatient", [&] {
      sleep(1s);
      check("dropped", !timeout(1s, [&] { const auto held = mutex.lock(); }));
    });
    world.task("patient", [&] {
      sleep(1500ms);
      const auto held = mutex.lock();
      check("in_time", now() == 3s);
    });
    world.run();
    world.check("free", !mutex.is_locked());
  });
}

TEST(AsyncMutex, AGrantToAnAbortedWaiterIsPassedOn) {
  bool aborted_after_grant = false;
  exhaust([&](World& world) {
    Runtime runtime(2, "pool");
    AsyncMutex mutex("lock");
    auto first = mutex.lock();
    bool first_got_it = false;
    auto waiter = runtime.spawn("waiter", [&] {
      const auto held = mutex.lock();
      first_got_it = true;
    });
    world.task("main", [&] {
      first.unlock();
      waiter.abort();
      if (waiter.join_result().error) aborted_after_grant = true;
      const auto held = timeout(1s, [&] { return mutex.lock(); });
      check("not_lost", held.has_value());
    });
    world.run();
    world.check("free", !mutex.is_locked());
  });
  EXPECT_TRUE(aborted_after_grant);
}

TEST(AsyncMutex, AGrantThatLosesInASelectIsPassedOn) {
  std::set<std::size_t> chosen;
  exhaust([&](World& world) {
    AsyncMutex a("a");
    AsyncMutex b("b");
    world.task("both", [&] {
      auto in_a = a.lock();
      auto in_b = b.lock();
      yield();
    });
    world.task("either", [&] {
      const auto got = select(a.locking(), b.locking());
      chosen.insert(got.index());
      check("one_is_held", (got.index() == 0 ? a : b).is_locked());
    });
    world.task("b_only", [&] { const auto held = b.lock(); });
    world.run();
    world.check("both_are_free", !a.is_locked() && !b.is_locked());
  });
  EXPECT_EQ(chosen, (std::set<std::size_t>{0, 1}));
}

TEST(AsyncMutex, ADeadlockNamesWhoHoldsAndWhoWaits) {
  const Failure failure = find_failure([](World& world) {
    AsyncMutex left("left");
    AsyncMutex right("right");
    world.task("a", [&] {
      const auto first = left.lock();
      const auto second = right.lock();
    });
    world.task("b", [&] {
      const auto first = right.lock();
      const auto second = left.lock();
    });
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::deadlock);
  EXPECT_THAT(failure.message, HasSubstr("a waits to lock async right, holding left"));
  EXPECT_THAT(failure.message, HasSubstr("b waits to lock async left, holding right"));
}

TEST(AsyncMutex, AWaitingAsyncTaskDoesNotPinTheWorker) {
  exhaust([](World& world) {
    Runtime runtime(1, "single");
    AsyncMutex mutex("lock");
    for (int i = 0; i < 2; ++i)
      runtime
          .spawn({"task", i},
                 [&] {
                   const auto held = mutex.lock();
                   sleep(1ms);
                 })
          .detach();
    world.run();
    world.check("both_ran", world.now() == 2ms);
  });
}

}  // namespace
}  // namespace heddle::sim

#include "sim/sync/semaphore.hpp"

#include <gtest/gtest.h>

#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using namespace std::chrono_literals;

TEST(Semaphore, AdmitsAsManyAsItHasPermits) {
  int most = 0;
  exhaust([&](World& world) {
    Semaphore semaphore(2, "slots");
    int inside = 0;
    for (int i = 0; i < 3; ++i)
      world.task({"task", i}, [&] {
        const auto permit = semaphore.acquire();
        most = std::max(most, ++inside);
        yield();
        --inside;
      });
    world.run();
    world.check("all_given_back", semaphore.available() == 2);
  });
  EXPECT_EQ(most, 2);
}

TEST(Semaphore, ATaskThatWantsManyIsNotOvertakenByOneThatWantsFew) {
  exhaust([](World& world) {
    Semaphore semaphore(2, "slots");
    std::string order;
    world.task("holder", [&] {
      const auto permit = semaphore.acquire();
      sleep(3s);
    });
    world.task("many", [&] {
      sleep(1s);
      const auto permits = semaphore.acquire(2);
      order += "many ";
    });
    world.task("few", [&] {
      sleep(2s);
      check("try_does_not_overtake", !semaphore.try_acquire());
      const auto permit = semaphore.acquire();
      order += "few";
    });
    world.run();
    world.check("order", order == "many few");
  });
}

TEST(Semaphore, WhenTheOneInFrontGivesUpThoseBehindItAreServed) {
  exhaust([](World& world) {
    Semaphore semaphore(2, "slots");
    world.task("holder", [&] {
      const auto permit = semaphore.acquire();
      sleep(10s);
    });
    world.task("many", [&] {
      sleep(1s);
      check("dropped", !timeout(2s, [&] { const auto permits = semaphore.acquire(2); }));
    });
    world.task("few", [&] {
      sleep(2s);
      const auto permit = semaphore.acquire();
      check("served_when_the_other_left", now() == 3s);
    });
    world.run();
    world.check("all_given_back", semaphore.available() == 2);
  });
}

TEST(Semaphore, AForgottenPermitIsGoneAndAnAddedOneIsThere) {
  exhaust([](World& world) {
    Semaphore semaphore(1, "slots");
    semaphore.acquire().forget();
    world.task("waiter", [&] { const auto permit = semaphore.acquire(); });
    world.task("giver", [&] { semaphore.add_permits(1); });
    world.run();
    world.check("one", semaphore.available() == 1);
  });
}

TEST(Semaphore, PermitsGrantedToAnAbortedWaiterArePassedOn) {
  exhaust([](World& world) {
    Runtime runtime(1, "pool");
    Semaphore semaphore(1, "slots");
    auto first = semaphore.acquire();
    auto waiter = runtime.spawn("waiter", [&] { const auto permit = semaphore.acquire(); });
    world.task("main", [&] {
      first.release();
      waiter.abort();
      static_cast<void>(waiter.join_result());
    });
    world.run();
    world.check("all_given_back", semaphore.available() == 1);
  });
}

}  // namespace
}  // namespace heddle::sim

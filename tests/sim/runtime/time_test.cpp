#include "sim/runtime/time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sync/async_mutex.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/notify.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

const ExecutionOptions any_time{.time = TimeMode::any_time};

TEST(Timeout, ABodyThatEndsInTimeGivesItsResult) {
  exhaust([](World& world) {
    world.task("main", [] {
      check("value", timeout(2s, [] {
                       sleep(1s);
                       return 5;
                     }) == 5);
      check("void", timeout(2s, [] { sleep(1s); }));
      check("the_timers_are_gone", now() == 2s);
    });
    world.run();
  });
}

TEST(Timeout, DropsTheBodyAtItsAwaitAndRunsDestructorsOnly) {
  exhaust([](World& world) {
    AsyncMutex mutex("lock");
    world.task("main", [&] {
      bool went_on = false;
      const bool in_time = timeout(1s, [&] {
        const auto held = mutex.lock();
        sleep(1h);
        went_on = true;
      });
      check("dropped", !in_time && !went_on && now() == 1s);
      check("the_guard_is_gone", !mutex.is_locked());
    });
    world.run();
  });
}

TEST(Timeout, OfTwoNestedOnesTheInnerIsDroppedAlone) {
  exhaust([](World& world) {
    world.task("main", [] {
      const auto outer = timeout(5s, [] {
        const bool inner = timeout(1s, [] { sleep(1h); });
        sleep(1s);
        return inner;
      });
      check("inner_dropped_outer_not", outer == false && now() == 2s);
    });
    world.run();
  });
}

TEST(Timeout, OfTwoNestedOnesTheOuterDropsBoth) {
  exhaust([](World& world) {
    world.task("main", [] {
      bool inner_returned = false;
      const bool outer = timeout(1s, [&] {
        timeout(5s, [] { sleep(1h); });
        inner_returned = true;
      });
      check("both_dropped", !outer && !inner_returned && now() == 1s);
    });
    world.run();
  });
}

TEST(Timeout, ABlockingWaitIsNotDropped) {
  exhaust([](World& world) {
    Mutex mutex("mutex");
    world.task("holder", [&] {
      const LockGuard held(mutex);
      work(5s);
    });
    world.task("main", [&] {
      const bool in_time = timeout(1s, [&] { const LockGuard held(mutex); });
      check("in_time_since_it_never_awaited", in_time);
    });
    world.run();
  });
}

TEST(Timeout, WhatIsReadyWinsAgainstATimeoutThatHasFired) {
  bool seen[2] = {false, false};
  exhaust(
      [&](World& world) {
        Notify notify("go");
        world.task("main", [&] { seen[timeout(1s, [&] { notify.notified(); }) ? 1 : 0] = true; });
        world.task("other", [&] { notify.notify_one(); });
        world.run();
      },
      any_time);
  EXPECT_TRUE(seen[0]) << "no schedule in which the timeout came first";
  EXPECT_TRUE(seen[1]) << "no schedule in which the notification came first";
}

TEST(Timeout, ASwallowedCancellationIsReported) {
  const Failure failure = find_failure([](World& world) {
    world.task("greedy", [] {
      timeout(1s, [] {
        try {
          sleep(1h);
        } catch (...) {  // NOLINT(bugprone-empty-catch): the mistake under test
        }
      });
    });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:cancellation_swallowed");
  EXPECT_EQ(failure.message,
            "task greedy caught its own cancellation and went on; a catch (...) around an await must rethrow what it "
            "does not know");
}

TEST(Timeout, ACancellationTurnedIntoAnotherErrorIsReported) {
  const Failure failure = find_failure([](World& world) {
    world.task("greedy", [] {
      try {
        timeout(1s, [] {
          try {
            sleep(1h);
          } catch (...) {
            throw std::runtime_error("slept badly");
          }
        });
      } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch)
      }
    });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:cancellation_swallowed");
}

TEST(Timeout, ACatchAllThatRethrowsIsFine) {
  exhaust([](World& world) {
    world.task("careful", [] {
      bool cleaned_up = false;
      const bool in_time = timeout(1s, [&] {
        try {
          sleep(1h);
        } catch (...) {
          yield("cleaning up");
          cleaned_up = true;
          throw;
        }
      });
      check("dropped", !in_time && cleaned_up);
    });
    world.run();
  });
}

TEST(Timeout, AnAwaitInADestructorThatAnExceptionRunsIsNotDropped) {
  exhaust([](World& world) {
    world.task("main", [] {
      struct SleepsInDestructor {
        ~SleepsInDestructor() { sleep(2s); }
      };
      const bool in_time = timeout(1s, [] {
        const SleepsInDestructor guard;
        sleep(1h);
      });
      check("dropped_and_cleaned_up", !in_time && now() == 3s);
    });
    world.run();
  });
}

TEST(Timeout, ALoopOfYieldsIsDropped) {
  const Program program = [](World& world) {
    world.task("main", [] {
      check("dropped", !timeout(1ns, [] {
              for (;;) yield_now();
            }));
    });
    world.run();
  };
  const Verdict verdict = explore(program, Random{}, {.execution = any_time, .budget = {.executions = 1000}});
  EXPECT_TRUE(verdict.holds()) << evidence_line(verdict);
}

}  // namespace
}  // namespace heddle::sim

// However an execution ends, every task is unwound: destructors run, exactly once, and nothing is left.
#include <gtest/gtest.h>

#include "sim/core/execution.hpp"
#include "sim/explore/random.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/barrier.hpp"
#include "sim/sync/channel.hpp"
#include "sim/sync/condition_variable.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/rw_lock.hpp"
#include "sim/sync/semaphore.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;

struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
};

/// One of everything a task can wait in, each with something to destroy.
void wait_in_everything(World& world, Runtime& runtime, const std::function<void()>& end) {
  auto mutex = std::make_shared<AsyncMutex>("async mutex");
  auto lock = std::make_shared<RwLock>("rw lock", RwPolicy::fair);
  auto semaphore = std::make_shared<Semaphore>(0U, "semaphore");
  auto notify = std::make_shared<Notify>("notify");
  auto barrier = std::make_shared<Barrier>(2U, "barrier");
  auto jobs = std::make_shared<ChannelEnds<Counted>>(channel<Counted>(1, "jobs"));
  auto hold = [](auto body) {
    return [body, captured = Counted()] {
      const Counted local;
      body();
    };
  };
  const std::vector<std::function<void()>> waits{
      [=] { auto held = mutex->lock(), again = mutex->lock(); },
      [=] {
        lock->lock();
        lock->lock_shared();
      },
      [=] { auto permit = semaphore->acquire(); },
      [=] { notify->notified(); },
      [=] { barrier->wait(); },
      [=] {
        jobs->sender.send(Counted());
        jobs->sender.send(Counted());
      },
      [=] { timeout(1h, [=] { notify->notified(); }); },
      [=] { static_cast<void>(select(notify->notification(), semaphore->acquiring())); },
      [] { sleep(1h); },
      [] { static_cast<void>(spawn("child", [guard = Counted()] { sleep(1h); })); },
  };
  for (int i = 0; i < static_cast<int>(waits.size()); ++i) {
    world.task({"thread", i}, hold(waits[static_cast<std::size_t>(i)]));
    runtime.spawn({"async", i}, hold(waits[static_cast<std::size_t>(i)])).detach();
  }
  world.task("end", hold(end));
}

ExecutionResult run(const Program& program, const ExecutionOptions& options, std::uint64_t executions = 50) {
  Execution execution(options);
  Random random(3);
  ExecutionResult last;
  for (std::uint64_t i = 0; i < executions; ++i) {
    random.begin_execution(i);
    last = execution.run(program, random);
    last.property = last.message = {};
    EXPECT_EQ(Counted::alive, 0) << "execution " << i;
  }
  return last;
}

TEST(Teardown, AtAViolationEverythingIsUnwound) {
  const ExecutionResult result = run(
      [](World& world) {
        Runtime runtime(3, "pool");
        wait_in_everything(world, runtime, [] {
          for (int i = 0; i < 20; ++i) yield();
          check("fails", false);
        });
        world.run();
      },
      {});
  EXPECT_EQ(result.failure, FailureKind::property);
}

TEST(Teardown, AtADeadlockEverythingIsUnwound) {
  const ExecutionResult result = run(
      [](World& world) {
        Runtime runtime(30, "pool");
        wait_in_everything(world, runtime, [] { yield(); });
        world.run();
      },
      {});
  EXPECT_EQ(result.failure, FailureKind::deadlock);
}

TEST(Teardown, AtTheStepLimitEverythingIsUnwound) {
  const ExecutionResult result = run(
      [](World& world) {
        Runtime runtime(3, "pool");
        wait_in_everything(world, runtime, [] {
          for (;;) yield();
        });
        world.run();
      },
      {.step_limit = 100});
  EXPECT_EQ(result.failure, FailureKind::step_limit);
}

TEST(Teardown, ATaskSuspendedInADestructorGoesOnToItsEnd) {
  int ended = 0;
  const ExecutionResult result = run(
      [&](World& world) {
        Mutex mutex("mutex");
        struct LocksInDestructor {
          Mutex& mutex;
          int& ended;
          Counted counted;
          ~LocksInDestructor() {
            const LockGuard held(mutex);
            ++ended;
          }
        };
        world.task("holder", [&] {
          const LockGuard held(mutex);
          sleep(1h);
        });
        world.task("dying", [&] {
          sleep(1s);
          const LocksInDestructor guard{mutex, ended, {}};
        });
        world.task("failing", [] {
          sleep(2s);
          check("fails", false);
        });
        world.run();
      },
      {}, 10);
  EXPECT_EQ(result.failure, FailureKind::property);
  EXPECT_EQ(ended, 10);
}

TEST(Teardown, ObjectsThatATaskOwnsMayGoBeforeThoseWhoWaitForThem) {
  run(
      [](World& world) {
        std::unique_ptr<Mutex> mutex;
        std::unique_ptr<AsyncMutex> async_mutex;
        world.task("owner", [&] {
          mutex = std::make_unique<Mutex>("mutex");
          async_mutex = std::make_unique<AsyncMutex>("async mutex");
          struct Reset {
            std::unique_ptr<Mutex>& mutex;
            std::unique_ptr<AsyncMutex>& async_mutex;
            ~Reset() {
              mutex.reset();
              async_mutex.reset();
            }
          } reset{mutex, async_mutex};
          mutex->lock();
          auto held = async_mutex->lock();
          sleep(2s);
          check("fails", false);
        });
        world.task("waiter", [&] {
          sleep(1s);
          mutex->lock();
        });
        world.task("async waiter", [&] {
          sleep(1s);
          const auto held = async_mutex->lock();
        });
        world.run();
      },
      {}, 5);
}

TEST(Teardown, TheBodysOwnDestructorsAreInertAfterAFailure) {
  int locked = 0;
  const ExecutionResult result = run(
      [&](World& world) {
        Mutex mutex("mutex");
        auto jobs = channel<int>(1, "jobs");
        struct LocksInDestructor {
          Mutex& mutex;
          int& locked;
          ~LocksInDestructor() {
            const LockGuard held(mutex);  // which a task held when it was unwound
            ++locked;
          }
        } guard{mutex, locked};
        world.task("holder", [&] {
          mutex.lock();
          for (;;) jobs.sender.send(1);
        });
        world.run();
      },
      {}, 3);
  EXPECT_EQ(result.failure, FailureKind::deadlock);
  EXPECT_EQ(locked, 3);
}

TEST(Teardown, ABackgroundTaskLeavesTheQueueItStandsIn) {
  const ExecutionResult result = run(
      [](World& world) {
        Semaphore semaphore(0, "semaphore");
        world.background("waiter", [&] { const auto permit = semaphore.acquire(); });
        world.task("main", [] { yield(); });
        world.run();
        semaphore.add_permits(1);
        world.check("nobody_took_it", semaphore.available() == 1);
      },
      {}, 3);
  EXPECT_EQ(result.failure, FailureKind::none);
}

TEST(Teardown, ATaskThatSwallowsItsUnwindingIsGivenUp) {
  const ExecutionResult result = run(
      [](World& world) {
        world.task("endless", [] {
          for (;;) {
            try {
              yield();
            } catch (...) {  // NOLINT(bugprone-empty-catch): the mistake under test
            }
          }
        });
        world.task("failing", [] { check("fails", false); });
        world.run();
      },
      {}, 2);
  EXPECT_EQ(result.failure, FailureKind::property);
}

TEST(Teardown, OfABodyThatThrowsUnwindsNothingTwice) {
  const ExecutionResult result = run(
      [](World& world) {
        world.task("never started", [guard = Counted()] { yield(); });
        throw std::runtime_error("set-up failed");
      },
      {}, 5);
  EXPECT_EQ(result.failure, FailureKind::exception);
}

}  // namespace
}  // namespace heddle::sim

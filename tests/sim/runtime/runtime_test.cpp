#include "sim/runtime/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/runtime/cancellation_token.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Runtime, AJoinReturnsTheTasksValue) {
  exhaust([](World& world) {
    Runtime runtime(2, "pool");
    world.task("main", [&] {
      auto six = runtime.spawn("six", [] { return 6; });
      auto seven = runtime.spawn("seven", [] { return 7; });
      check("product", six.join() * seven.join() == 42);
    });
    world.run();
  });
}

TEST(Runtime, NoMoreTasksRunAtATimeThanThereAreWorkers) {
  for (const std::uint32_t workers : {1U, 2U}) {
    std::uint32_t most = 0;
    exhaust([&](World& world) {
      Runtime runtime(workers, "pool");
      std::uint32_t running = 0;
      for (int i = 0; i < 3; ++i)
        runtime
            .spawn({"task", i},
                   [&] {
                     ++running;
                     most = std::max(most, running);
                     yield("working");
                     --running;
                   })
            .detach();
      world.run();
      world.check("all_workers_are_idle", runtime.idle_workers() == workers);
    });
    EXPECT_EQ(most, workers);
  }
}

TEST(Runtime, AnAwaitGivesTheWorkerBack) {
  exhaust([](World& world) {
    Runtime runtime(1, "single");
    Atomic<bool> done(false, "done");
    auto waiting = runtime.spawn("waiting", [&] { sleep(10ms); });
    auto other = runtime.spawn("other", [&] { done.store(true); });
    world.task("main", [&] {
      other.join();
      waiting.join();
      check("the_other_ran_meanwhile", done.load() && now() == 10ms);
    });
    world.run();
  });
}

TEST(Runtime, ABlockingLockPinsTheWorker) {
  const Failure failure = find_failure([](World& world) {
    Runtime runtime(1, "single");
    Mutex mutex("state");
    for (int i = 0; i < 2; ++i)
      runtime
          .spawn({"task", i},
                 [&] {
                   const LockGuard held(mutex);
                   sleep(1ms);
                 })
          .detach();
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::deadlock);
  EXPECT_THAT(failure.message, HasSubstr("waits to lock state"));
  EXPECT_THAT(failure.message, HasSubstr("holding state"));
}

TEST(Runtime, SpawnBlockingNeedsNoWorker) {
  exhaust([](World& world) {
    Runtime runtime(1, "single");
    Mutex mutex("state");
    runtime
        .spawn("task",
               [&] {
                 auto blocking = runtime.spawn_blocking("thread", [&] {
                   const LockGuard held(mutex);
                   work(10ms);
                   return 1;
                 });
                 check("value", blocking.join() == 1);
               })
        .detach();
    world.run();
  });
}

TEST(Runtime, AnAbortBeforeTheStartMeansThatNothingRuns) {
  bool ran = false;
  bool did_not_run = false;
  exhaust([&](World& world) {
    Runtime runtime(1, "pool");
    bool started = false;
    auto handle = runtime.spawn("task", [&] { started = true; });
    world.task("main", [&] {
      handle.abort();
      const auto result = handle.join_result();
      check("no_value_without_a_run", result.value.has_value() == started);
      check("aborted_or_finished", started || result.error->is_cancelled());
      (started ? ran : did_not_run) = true;
    });
    world.run();
  });
  EXPECT_TRUE(ran);
  EXPECT_TRUE(did_not_run);
}

TEST(Runtime, AnAbortDropsTheTaskAtItsAwait) {
  exhaust([](World& world) {
    Runtime runtime(1, "pool");
    bool destroyed = false;
    bool went_on = false;
    auto handle = runtime.spawn("task", [&] {
      struct Guard {
        bool& flag;
        ~Guard() { flag = true; }
      } guard{destroyed};
      sleep(1h);
      went_on = true;
    });
    world.task("main", [&] {
      sleep(1s);
      handle.abort();
      try {
        handle.join();
        check("join_throws", false);
      } catch (const JoinError& error) {
        check("is_cancelled", error.is_cancelled() && std::string(error.what()) == "task task was cancelled");
      }
      check("destructors_ran", destroyed && !went_on && now() == 1s);
    });
    world.run();
  });
}

TEST(Runtime, AnAbortDoesNotStopATaskThatNeverWaits) {
  exhaust([](World& world) {
    Runtime runtime(2, "pool");
    const CancellationToken started("started");
    Atomic<int> steps(0, "steps");
    auto handle = runtime.spawn("task", [&] {
      started.cancel();
      steps.fetch_add(1);
      steps.fetch_add(1);
    });
    world.task("main", [&] {
      started.cancelled();
      handle.abort();
      check("ran_to_its_end", handle.join_result().value.has_value() && steps.load() == 2);
    });
    world.run();
  });
}

TEST(Runtime, APanicIsKeptForWhoeverJoins) {
  exhaust([](World& world) {
    Runtime runtime(1, "pool");
    auto handle = runtime.spawn("task", []() -> int { throw std::runtime_error("no such key"); });
    world.task("main", [&] {
      try {
        static_cast<void>(handle.join());
        check("join_throws", false);
      } catch (const JoinError& error) {
        check("panic", error.is_panic() && std::string(error.what()) == "task task panicked: no such key");
      }
    });
    world.run();
  });
}

TEST(Runtime, APanicThatNobodyLooksAtFailsTheExecution) {
  const Program detached = [](World& world) {
    Runtime runtime(1, "pool");
    runtime.spawn("task", [] { throw std::runtime_error("no such key"); }).detach();
    world.run();
  };
  const Program forgotten = [](World& world) {
    Runtime runtime(1, "pool");
    auto handle = runtime.spawn("task", [] { throw std::runtime_error("no such key"); });
    world.run();
  };
  for (const Program& program : {detached, forgotten}) {
    const Failure failure = find_failure(program);
    EXPECT_EQ(failure.kind, FailureKind::exception);
    EXPECT_EQ(failure.message, "task task panicked, and nobody looked at its result: no such key");
  }
}

TEST(Runtime, ToDestroyItWhileATaskLivesIsReported) {
  const Failure failure = find_failure([](World& world) {
    world.task("main", [&] {
      Runtime runtime(1, "pool");
      runtime.spawn("orphan", [] { sleep(1s); }).detach();
    });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:runtime_outlived");
  EXPECT_EQ(failure.message,
            "runtime pool is destroyed while task orphan still lives; join it, or abort and join it, before");
}

TEST(Runtime, ATaskThatJoinsItselfIsReported) {
  const Failure failure = find_failure([](World& world) {
    Runtime runtime(1, "pool");
    JoinHandle<void> handle;
    handle = runtime.spawn("task", [&] { handle.join(); });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:join_on_itself");
  EXPECT_EQ(failure.message, "task task joins itself, which would wait for ever");
}

TEST(Runtime, IsFinishedTurnsTrueWithTheEnd) {
  bool seen[2] = {false, false};
  exhaust([&](World& world) {
    Runtime runtime(1, "pool");
    auto handle = runtime.spawn("task", [] { yield(); });
    world.task("main", [&] {
      seen[handle.is_finished() ? 1 : 0] = true;
      handle.join();
      check("finished", handle.is_finished());
    });
    world.run();
  });
  EXPECT_TRUE(seen[0]);
  EXPECT_TRUE(seen[1]);
}

TEST(Runtime, YieldNowLetsAnotherTaskHaveTheWorker) {
  std::set<std::string> orders;
  exhaust([&](World& world) {
    Runtime runtime(1, "single");
    std::string order;
    for (int i = 0; i < 2; ++i)
      runtime
          .spawn({"task", i},
                 [&, i] {
                   order += static_cast<char>('a' + i);
                   yield_now();
                   order += static_cast<char>('a' + i);
                 })
          .detach();
    world.run();
    orders.insert(order);
  });
  EXPECT_EQ(orders, (std::set<std::string>{"aabb", "abab", "abba", "baab", "baba", "bbaa"}));
}

TEST(Runtime, ABackgroundTaskIsUnwoundWhenAllOthersHaveEnded) {
  bool unwound = false;
  exhaust([&](World& world) {
    Runtime runtime(1, "pool");
    runtime
        .spawn_background("heartbeat",
                          [&] {
                            struct Guard {
                              bool& flag;
                              ~Guard() { flag = true; }
                            } guard{unwound};
                            for (;;) sleep(1s);
                          })
        .detach();
    world.task("main", [] { sleep(3s); });
    world.run();
  });
  EXPECT_TRUE(unwound);
}

}  // namespace
}  // namespace heddle::sim

#include "properties/lock_order.hpp"

#include <gmock/gmock.h>

#include "properties/lock_order_search.hpp"
#include "sim/explore/replay.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/resource.hpp"
#include "sim/sync/rw_lock.hpp"
#include "tests/support/explore.hpp"

namespace heddle::properties {
namespace {

using heddle::testing::exhaust;
using heddle::testing::find_failure;
using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Meeting { freely, gated, joined };

/// Two tasks take two mutexes in opposite order.
sim::Program opposite(Meeting meeting, bool watched) {
  return [meeting, watched](sim::World& world) {
    std::optional<LockOrder> order;
    if (watched) order.emplace(world);
    sim::Mutex gate("gate");
    sim::Mutex a("a");
    sim::Mutex b("b");
    const auto take = [&, meeting](sim::Mutex& first, sim::Mutex& second) {
      std::unique_lock<sim::Mutex> gate_held;
      if (meeting == Meeting::gated) gate_held = std::unique_lock<sim::Mutex>(gate);
      const sim::LockGuard outer(first);
      const sim::LockGuard inner(second);
    };
    const sim::TaskHandle ab = world.task("ab", [&, take] { take(a, b); });
    world.task("ba", [&, take, ab, meeting] {
      if (meeting == Meeting::joined) ab.join();
      take(b, a);
    });
    world.run();
  };
}

sim::Failure first_failure(const sim::Program& program, const std::string& property) {
  sim::ExecutionOptions options;
  options.only_property = property;
  // One task after the other: nothing deadlocks.
  sim::Execution execution(options);
  sim::Replay in_order({});
  in_order.begin_execution(0);
  const sim::ExecutionResult& result = execution.run(program, in_order, sim::Execution::Detail::explain);
  return {result.failure, std::string(result.property), std::string(result.message), 0, {}, 0, 0, 0};
}

TEST(LockOrder, AnInversionIsReportedByAScheduleThatDoesNotDeadlock) {
  const sim::Failure failure = first_failure(opposite(Meeting::freely, true), std::string(LockOrder::property));
  EXPECT_EQ(failure.property, LockOrder::property);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("ab takes mutex b"), HasSubstr("while it holds mutex a"),
                                     HasSubstr("ba takes mutex a"), HasSubstr("lock_order_test.cpp:")));
}

TEST(LockOrder, ACommonGateLockSuppressesTheAlarm) {
  exhaust(opposite(Meeting::gated, true));
}

TEST(LockOrder, TwoReadersDoNotExcludeEachOther) {
  const auto program = [](bool writes) {
    return [writes](sim::World& world) {
      const LockOrder order(world);
      sim::RwLock a("a");
      sim::RwLock b("b");
      world.task("ab", [&] {
        const sim::ReadGuard outer(a);
        const sim::ReadGuard inner(b);
      });
      world.task("ba", [&, writes] {
        const sim::ReadGuard outer(b);
        if (writes) {
          const sim::WriteGuard inner(a);
        } else {
          const sim::ReadGuard inner(a);
        }
      });
      world.run();
    };
  };
  exhaust(program(false));
  exhaust(program(true));  // its reader of `a` wants to read `b`, which the other only reads
}

TEST(LockOrder, ATryDrawsNoEdgeToWhatItTakes) {
  exhaust([](sim::World& world) {
    const LockOrder order(world);
    sim::Mutex a("a");
    sim::Mutex b("b");
    world.task("ab", [&] {
      const sim::LockGuard outer(a);
      const sim::LockGuard inner(b);
    });
    world.task("ba", [&] {
      const sim::LockGuard outer(b);
      if (a.try_lock()) a.unlock();
    });
    world.run();
  });
}

TEST(LockOrder, MutexesAsyncMutexesAndLeasesAreInOneOrder) {
  const sim::Failure failure = first_failure(
      [](sim::World& world) {
        const LockOrder order(world);
        sim::AsyncMutex state("state");
        const sim::Resource lease("lease", "channel-1", sim::holding::mutex);
        world.task("ab", [&] {
          const auto held = state.lock();
          lease.taken();
          lease.given_back();
        });
        world.task("ba", [&] {
          sim::yield();
          lease.taken();
          static_cast<void>(state.lock());
          lease.given_back();
        });
        world.run();
      },
      {});
  EXPECT_EQ(failure.property, LockOrder::property);
  EXPECT_THAT(failure.message, HasSubstr("takes async mutex state"));
  EXPECT_THAT(failure.message, HasSubstr("while it holds lease channel-1"));
}

TEST(LockOrderSearch, AnInversionIsConfirmedByASchedule) {
  const sim::Program program = opposite(Meeting::freely, false);
  const LockOrderReport report = check_lock_order(program);
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  ASSERT_TRUE(report.tried[0].deadlock) << render(report);
  EXPECT_EQ(report.tried[0].executions, 1U);  // directed: no luck is needed
  const sim::Verdict again = sim::replay(program, report.tried[0].deadlock->schedule);
  ASSERT_TRUE(again.failure);
  EXPECT_EQ(again.failure->kind, sim::FailureKind::deadlock);
  EXPECT_THAT(again.failure->message, HasSubstr("The cycle: ab waits for b, held by ba since step"));
}

TEST(LockOrderSearch, AnInversionThatAJoinKeepsFromClosingIsReportedAsUnrealised) {
  const LockOrderReport report = check_lock_order(opposite(Meeting::joined, false));
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  EXPECT_FALSE(report.tried[0].deadlock);
  EXPECT_TRUE(report.tried[0].is_impossible);
  EXPECT_THAT(render(report), HasSubstr("unrealised: none of all schedules deadlocks"));
}

TEST(LockOrderSearch, AnInversionUnderAGateIsListedAndNotTried) {
  const LockOrderReport report = check_lock_order(opposite(Meeting::gated, false));
  EXPECT_TRUE(report.tried.empty());
  ASSERT_EQ(report.gated.size(), 1U);
  EXPECT_THAT(render(report), HasSubstr("mutex gate, which they hold meanwhile, keeps them apart"));
}

TEST(LockOrderSearch, ThreeTasksInARingAreOneInversion) {
  const LockOrderReport report = check_lock_order([](sim::World& world) {
    std::vector<std::unique_ptr<sim::Mutex>> forks;
    for (int i = 0; i < 3; ++i) forks.push_back(std::make_unique<sim::Mutex>(sim::Name{"fork", i}));
    for (int i = 0; i < 3; ++i)
      world.task({"philosopher", i}, [&forks, at = static_cast<std::size_t>(i)] {
        const sim::LockGuard left(*forks[at]);
        const sim::LockGuard right(*forks[(at + 1) % 3]);
      });
    world.run();
  });
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  EXPECT_TRUE(report.tried[0].deadlock) << render(report);
  EXPECT_EQ(report.tried[0].inversion.edges.size(), 3U);
}

TEST(Deadlock, TheCycleNamesWhoKeepsTheLastWorker) {
  const sim::Failure failure = find_failure([](sim::World& world) {
    sim::Runtime runtime(1, "node");
    sim::Mutex mutex("state");
    const auto body = [&] {
      const sim::LockGuard held(mutex);
      sim::sleep(std::chrono::milliseconds(1));
    };
    auto first = runtime.spawn("first", body);
    auto second = runtime.spawn("second", body);
    world.run();
  });
  EXPECT_EQ(failure.kind, sim::FailureKind::deadlock);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("The cycle: first waits for a worker thread, kept by second since step"),
                                     HasSubstr("second waits for state, held by first since step")));
}

TEST(Deadlock, TheCycleGoesThroughJoins) {
  const sim::Failure failure = find_failure([](sim::World& world) {
    sim::Mutex mutex("state");
    const sim::TaskHandle worker = world.task("worker", [&] { const sim::LockGuard held(mutex); });
    world.task("main", [&, worker] {
      const sim::LockGuard held(mutex);
      worker.join();
    });
    world.run();
  });
  EXPECT_THAT(failure.message, HasSubstr("The cycle: worker waits for state, held by main since step"));
  EXPECT_THAT(failure.message, HasSubstr("main waits for the end of worker"));
}

}  // namespace
}  // namespace heddle::properties

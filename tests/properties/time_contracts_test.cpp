#include "properties/time_contracts.hpp"

#include <gmock/gmock.h>

#include "sim/explore/replay.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/rw_lock.hpp"
#include "tests/support/explore.hpp"

namespace heddle::properties {
namespace {

using namespace std::chrono_literals;
using heddle::testing::exhaust;
using heddle::testing::find_failure;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Works for 3 ms, and for 7 ms if the strategy says so, under the lock.
sim::Program works_under_lock(std::string_view reason) {
  return [reason](sim::World& world) {
    TimeContracts contracts(world, {.lock_hold = 5ms});
    sim::Mutex mutex("state");
    for (int i = 1; i <= 2; ++i)
      world.task({"task", i}, [&] {
        std::optional<TimeContracts::Acknowledged> meant;
        if (!reason.empty()) meant.emplace(contracts, Contract::lock_hold, reason);
        const sim::LockGuard held(mutex);
        sim::work(3ms);
        if (sim::choose(2, "slow") == 1) sim::work(4ms);
      });
    world.run();
  };
}

TEST(TimeContracts, ALockHeldBeyondItsBudgetIsReportedWithHolderPlaceAndTime) {
  const sim::Failure failure = find_failure(works_under_lock({}));
  EXPECT_EQ(failure.property, "lock_hold_within_budget");
  EXPECT_THAT(failure.message, AllOf(HasSubstr("mutex state was held by task-"), HasSubstr("time_contracts_test.cpp:"),
                                     HasSubstr("7 ms, and 5 ms are allowed")));
}

TEST(TimeContracts, WhatIsAcknowledgedViolatesNothingAndTheReasonIsRepeatedWithTheWorstCase) {
  const sim::Program program = works_under_lock("measured, and fine");
  const sim::Verdict verdict = sim::explore(program, sim::Dfs{});
  ASSERT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict);
  ASSERT_EQ(verdict.worst.size(), 1U);
  const sim::WorstCase& worst = verdict.worst.front();
  EXPECT_EQ(worst.value, 7ms);
  EXPECT_THAT(sim::worst_case_line(worst), AllOf(HasSubstr("lock_hold_within_budget: 7 ms of 5 ms, mutex state"),
                                                 HasSubstr("acknowledged: measured, and fine")));
}

TEST(TimeContracts, TheScheduleOfTheWorstCaseShowsIt) {
  const sim::Program program = works_under_lock("measured, and fine");
  const sim::Verdict verdict = sim::explore(program, sim::Dfs{});
  ASSERT_EQ(verdict.worst.size(), 1U);
  sim::Execution execution;
  sim::Replay replay(verdict.worst.front().schedule);
  replay.begin_execution(0);
  execution.run(program, replay);
  EXPECT_FALSE(replay.divergence());
  ASSERT_EQ(execution.measurements().size(), 1U);
  EXPECT_EQ(execution.measurements().front().value, 7ms);
}

sim::Program heartbeat_beside(sim::Duration crypto) {
  return [crypto](sim::World& world) {
    TimeContracts contracts(world, {.worker_blocked = 5ms});
    sim::Runtime runtime(1, "node");
    auto heart = runtime.spawn("heart", [&] { contracts.heartbeat(10ms, 2, 5ms); });
    auto rekey = runtime.spawn("rekey", [crypto] {
      sim::sleep(8ms);
      sim::work(crypto);
    });
    world.run();
  };
}

TEST(TimeContracts, ABusyWorkerMakesAHeartbeatLate) {
  sim::ExecutionOptions options;
  options.only_property = "heartbeat_jitter_within";
  const sim::Failure failure = find_failure(heartbeat_beside(20ms), options);
  EXPECT_THAT(failure.message, HasSubstr("beat 1 of heart was late: 18 ms, and 5 ms are allowed"));
}

TEST(TimeContracts, AWorkerThatIsKeptTooLongIsReported) {
  sim::ExecutionOptions options;
  options.only_property = "worker_not_blocked_longer_than";
  const sim::Failure failure = find_failure(heartbeat_beside(20ms), options);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("rekey kept its worker from step"), HasSubstr("20 ms")));
}

TEST(TimeContracts, ShortWorkKeepsBothContracts) {
  exhaust(heartbeat_beside(4ms));
}

template <class Lock>
sim::Program lock_across_await(bool acknowledged) {
  return [acknowledged](sim::World& world) {
    TimeContracts contracts(world, {.blocking_lock_across_await = true});
    sim::Runtime runtime(1, "node");
    Lock mutex("state");
    auto task = runtime.spawn("task", [&] {
      std::optional<TimeContracts::Acknowledged> meant;
      if (acknowledged) meant.emplace(contracts, Contract::blocking_lock_await, "only at start-up");
      const auto held = [&] {
        if constexpr (std::is_same_v<Lock, sim::AsyncMutex>) {
          return mutex.lock();
        } else {
          return std::unique_lock<Lock>(mutex);
        }
      }();
      sim::sleep(1ms);
    });
    world.run();
  };
}

TEST(TimeContracts, ABlockingLockAcrossAnAwaitIsReported) {
  const sim::Failure failure = find_failure(lock_across_await<sim::Mutex>(false));
  EXPECT_EQ(failure.property, "no_blocking_lock_across_await");
  EXPECT_THAT(failure.message, AllOf(HasSubstr("task holds mutex state"), HasSubstr("while it awaits 'sleep")));
  EXPECT_EQ(find_failure(lock_across_await<sim::RwLock>(false)).property, "no_blocking_lock_across_await");
}

TEST(TimeContracts, AnAsyncLockMayBeHeldAcrossAnAwaitAndABlockingOneIfAcknowledged) {
  exhaust(lock_across_await<sim::AsyncMutex>(false));
  exhaust(lock_across_await<sim::Mutex>(true));
}

}  // namespace
}  // namespace heddle::properties

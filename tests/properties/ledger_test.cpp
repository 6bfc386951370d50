#include "properties/ledger.hpp"

#include <gmock/gmock.h>

#include "sim/explore/replay.hpp"
#include "sim/runtime/cancellable.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/resource.hpp"
#include "sim/sync/semaphore.hpp"
#include "tests/support/explore.hpp"

namespace heddle::properties {
namespace {

using namespace std::chrono_literals;
using heddle::testing::exhaust;
using heddle::testing::find_failure;
using ::testing::AllOf;
using ::testing::HasSubstr;

const sim::ExecutionOptions cancel_each{.cancel = sim::Cancel::each};

/// A gate that is raised before an await and lowered after it, by hand or by a guard.
void drain(sim::Resource& gate, sim::Notify& drained, bool by_guard) {
  struct Lower {
    sim::Resource* gate;
    ~Lower() {
      if (gate != nullptr) gate->given_back();
    }
  };
  gate.taken();
  const Lower guard{by_guard ? &gate : nullptr};
  drained.notified();
  if (!by_guard) gate.given_back();
}

sim::Program dropped_drain(bool by_guard) {
  return [by_guard](sim::World& world) {
    const Ledger ledger(world);
    sim::Resource gate("gate", "quiescing");
    sim::Notify drained("drained");
    world.task("host", [&] { static_cast<void>(sim::cancellable([&] { drain(gate, drained, by_guard); })); });
    world.task("pass", [&] { drained.notify_one(); });
    world.run();
  };
}

TEST(Ledger, ALeakNamesWhatLeakedWhoTookItWhereAndAtWhichAwaitItWasDropped) {
  const sim::Failure failure = find_failure(dropped_drain(false), cancel_each);
  EXPECT_EQ(failure.property, Ledger::when_dropped);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("gate quiescing, taken by host in step"), HasSubstr("ledger_test.cpp:"),
                                     HasSubstr("dropped at its await 'notified drained'")));
}

TEST(Ledger, WhatAGuardGivesBackDoesNotLeak) {
  exhaust(dropped_drain(true), cancel_each);
}

TEST(Ledger, WithoutExploredCancellationNothingIsDropped) {
  exhaust(dropped_drain(false));
}

TEST(Ledger, WhatIsStillHeldAtTheEndIsALeak) {
  const sim::Failure failure = find_failure([](sim::World& world) {
    const Ledger ledger(world);
    sim::Semaphore semaphore(1, "slots");
    std::optional<sim::Semaphore::Permit> kept;
    world.task("taker", [&] { kept = semaphore.acquire(); });
    world.run();
  });
  EXPECT_EQ(failure.property, Ledger::at_the_end);
  EXPECT_THAT(failure.message, HasSubstr("semaphore slots, taken by taker in step 1"));
}

TEST(Ledger, APermitThatIsForgottenOnPurposeIsNoLeak) {
  exhaust([](sim::World& world) {
    const Ledger ledger(world);
    sim::Semaphore semaphore(1, "slots");
    world.task("taker", [&] { semaphore.acquire().forget(); });
    world.run();
  });
}

TEST(Ledger, AGuardThatIsHandedOverIsNoLeak) {
  const auto program = [](bool says_so) {
    return [says_so](sim::World& world) {
      Ledger ledger(world);
      sim::AsyncMutex mutex("state");
      sim::AsyncMutex::Guard elsewhere;
      world.task("taker", [&] {
        static_cast<void>(sim::cancellable([&] {
          elsewhere = mutex.lock();
          if (says_so) ledger.hand_over(mutex.object());
          sim::sleep(1s);
        }));
        elsewhere.unlock();
      });
      world.run();
    };
  };
  exhaust(program(true), cancel_each);
  EXPECT_EQ(find_failure(program(false), cancel_each).property, Ledger::when_dropped);
}

TEST(Ledger, ATaskThatIsAbortedMustNotTakeAGateWithIt) {
  const sim::Failure failure = find_failure([](sim::World& world) {
    const Ledger ledger(world);
    sim::Runtime runtime(1, "server");
    sim::Resource gate("gate", "quiescing");
    sim::Notify never("never");
    world.task("main", [&] {
      auto worker = runtime.spawn("worker", [&] { drain(gate, never, false); });
      worker.abort();
      static_cast<void>(worker.join_result());
    });
    world.run();
  });
  EXPECT_EQ(failure.property, Ledger::when_dropped);
  EXPECT_THAT(failure.message, HasSubstr("gate quiescing, taken by worker"));
}

}  // namespace
}  // namespace heddle::properties

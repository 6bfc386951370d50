// The locks of the models - leases of a key-value store, a database's row locks, advisory locks and LOCK TABLE - have
// their place in the one lock order: for each an inversion that is confirmed, one that cannot happen, and one that a
// gate keeps apart.
#include <gmock/gmock.h>

#include <array>
#include <ostream>
#include <set>

#include "models/kv/lease_oracle.hpp"
#include "models/kv/session.hpp"
#include "models/postgres/database.hpp"
#include "properties/ledger.hpp"
#include "properties/lock_order_search.hpp"
#include "properties/time_contracts.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/mutex.hpp"
#include "tests/support/explore.hpp"

namespace heddle::properties {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// What keeps the two tasks apart.
enum class Meeting { freely, gated, joined, in_one_order };

/// The locks of one kind, for a test: `hold` takes `gate` (if so), then `first`, then `second`, and gives all back.
struct Kind {
  std::string_view name;
  std::string_view first;  ///< as the reports name the two locks
  std::string_view second;
  sim::Program (*program)(Meeting);
};
std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}

/// Two tasks, of which each takes a and b by `body(is_reversed)`.
template <class Body>
void two_tasks(sim::World& world, Meeting meeting, const Body& body) {
  const sim::TaskHandle ab = world.task("ab", [&] { body(false); });
  world.task("ba", [&, ab, meeting] {
    if (meeting == Meeting::joined) ab.join();
    body(meeting != Meeting::in_one_order);
  });
  world.run();
}

sim::Program leases(Meeting meeting) {
  return [meeting](sim::World& world) {
    kv::Store store;
    const kv::LeaseOracle oracle(store, "lease:*");
    two_tasks(world, meeting, [&](bool is_reversed) {
      kv::StoreClient kv(store);
      std::vector<std::string_view> keys = {"lease:a", "lease:b"};
      if (is_reversed) std::ranges::reverse(keys);
      if (meeting == Meeting::gated) keys.insert(keys.begin(), "lease:gate");
      for (const std::string_view key : keys)
        while (!kv.set(key, is_reversed ? "ba" : "ab", {.condition = kv::SetIf::absent, .ttl = 20ms})) sim::sleep(1ms);
      for (const std::string_view key : keys) kv.compare_and_delete(key, is_reversed ? "ba" : "ab");
    });
  };
}

const pg::Blueprint& accounts() {
  static const pg::Blueprint blueprint(
      "CREATE TABLE accounts (id text PRIMARY KEY, amount int); INSERT INTO accounts VALUES ('a', 1), ('b', 1);"
      "CREATE TABLE audits (id int)");
  return blueprint;
}

/// In one transaction each: the gate, and then the two statements.
sim::Program transactions(Meeting meeting, std::array<const char*, 2> statements) {
  return [meeting, statements](sim::World& world) {
    pg::Database database(accounts());
    two_tasks(world, meeting, [&, statements](bool is_reversed) {
      auto connection = database.connect();
      try {
        auto tx = connection.begin();
        if (meeting == Meeting::gated) tx.exec("SELECT pg_advisory_xact_lock(7, -1)");
        tx.exec(statements[is_reversed ? 1 : 0]);
        tx.exec(statements[is_reversed ? 0 : 1]);
        tx.commit();
      } catch (const pg::SqlError&) {  // the victim gives up
      }
    });
  };
}

sim::Program row_locks(Meeting meeting) {
  return transactions(
      meeting, {"SELECT * FROM accounts WHERE id = 'a' FOR UPDATE", "UPDATE accounts SET amount = 2 WHERE id = 'b'"});
}
sim::Program advisory_locks(Meeting meeting) {
  return transactions(meeting, {"SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(2)"});
}
sim::Program table_locks(Meeting meeting) {
  return transactions(meeting, {"LOCK TABLE accounts", "LOCK TABLE audits"});
}
sim::Program a_row_and_an_advisory_lock(Meeting meeting) {
  return transactions(meeting, {"SELECT * FROM accounts WHERE id = 'a' FOR UPDATE", "SELECT pg_advisory_xact_lock(2)"});
}

class ModelLocks : public ::testing::TestWithParam<Kind> {};

TEST_P(ModelLocks, AnInversionIsNamedAndConfirmedByASchedule) {
  const sim::Program program = GetParam().program(Meeting::freely);
  const LockOrderReport report = check_lock_order(program);
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  const TriedInversion& tried = report.tried.front();
  const auto takes = [](std::string_view lock, std::string_view held) {
    return AllOf(HasSubstr("takes " + std::string(lock) + " (model_locks_test.cpp:"),
                 HasSubstr("while it holds " + std::string(held) + " (model_locks_test.cpp:"));
  };
  EXPECT_THAT(tried.inversion.text(),
              AllOf(takes(GetParam().second, GetParam().first), takes(GetParam().first, GetParam().second)));
  ASSERT_TRUE(tried.deadlock) << render(report);
  EXPECT_LE(tried.executions, 3U) << "directed: no luck is needed";
  EXPECT_THAT(tried.deadlock->message, AllOf(HasSubstr("The cycle: "), HasSubstr("held by ab since step "),
                                             HasSubstr("held by ba since step ")));
}

TEST_P(ModelLocks, AnInversionThatAJoinKeepsFromClosingIsUnrealised) {
  const LockOrderReport report = check_lock_order(GetParam().program(Meeting::joined));
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  EXPECT_FALSE(report.tried.front().deadlock) << render(report);
  EXPECT_TRUE(report.tried.front().is_impossible) << render(report);
}

TEST_P(ModelLocks, ACommonGateSuppressesTheAlarm) {
  const LockOrderReport report = check_lock_order(GetParam().program(Meeting::gated));
  EXPECT_TRUE(report.tried.empty()) << render(report);
  ASSERT_EQ(report.gated.size(), 1U) << render(report);
  EXPECT_THAT(report.gated.front().gate, ::testing::AnyOf("lease lease:gate", "pg.advisory_lock 7,-1"));
}

TEST_P(ModelLocks, OneOrderIsNoInversion) {
  const LockOrderReport report = check_lock_order(GetParam().program(Meeting::in_one_order));
  EXPECT_TRUE(report.tried.empty() && report.gated.empty()) << render(report);
  EXPECT_FALSE(report.graph.edges().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Of, ModelLocks,
    ::testing::Values(Kind{"leases", "lease lease:a", "lease lease:b", leases},
                      Kind{"rows", "pg.row accounts(a)", "pg.row accounts(b)", row_locks},
                      Kind{"advisory_locks", "pg.advisory_lock 1", "pg.advisory_lock 2", advisory_locks},
                      Kind{"tables", "pg.table_lock accounts", "pg.table_lock audits", table_locks},
                      Kind{"a_row_and_an_advisory_lock", "pg.row accounts(a)", "pg.advisory_lock 2",
                           a_row_and_an_advisory_lock}),
    [](const ::testing::TestParamInfo<Kind>& parameter) { return std::string(parameter.param.name); });

TEST(ModelLocks, ALeaseAndAMutexAreInOneOrder) {
  const auto program = [](sim::World& world) {
    kv::Store store;
    const kv::LeaseOracle oracle(store, "lease:*");
    sim::Mutex state("state");
    const auto take = [](kv::Client& kv, std::string_view me) {
      while (!kv.set("lease:a", me, {.condition = kv::SetIf::absent})) sim::yield("asks again");
    };
    world.task("lease first", [&] {
      kv::StoreClient kv(store);
      take(kv, "1");
      {
        const sim::LockGuard held(state);
      }
      kv.del("lease:a");
    });
    world.task("mutex first", [&] {
      kv::StoreClient kv(store);
      const sim::LockGuard held(state);
      take(kv, "2");
      kv.del("lease:a");
    });
    world.run();
  };
  const LockOrderReport report = check_lock_order(program, {.execution = {.step_limit = 200}});
  ASSERT_EQ(report.tried.size(), 1U) << render(report);
  EXPECT_THAT(report.tried.front().inversion.text(),
              AllOf(HasSubstr("takes lease lease:a"), HasSubstr("while it holds mutex state")));
  ASSERT_TRUE(report.tried.front().deadlock) << render(report);
  EXPECT_THAT(report.tried.front().deadlock->message,
              AllOf(HasSubstr("mutex first asks again and again for lease lease:a, held by lease first since step"),
                    HasSubstr("lease first waits for mutex state, held by mutex first since step")));
}

TEST(ModelLocks, AnObserverNamesTheRowsWithoutADeadlock) {
  const sim::Failure failure = heddle::testing::find_failure([](sim::World& world) {
    const LockOrder order(world);
    row_locks(Meeting::joined)(world);
  });
  EXPECT_EQ(failure.property, LockOrder::property);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("ab takes pg.row accounts(b)"), HasSubstr("holds pg.row accounts(a)")));
}

TEST(ModelLocks, WhatIsTriedOrRefusedAtOnceDrawsNoEdge) {
  const LockOrderReport report =
      check_lock_order(transactions(Meeting::freely, {"SELECT pg_try_advisory_xact_lock(1)",
                                                      "SELECT * FROM accounts WHERE id = 'b' FOR UPDATE SKIP LOCKED"}));
  EXPECT_TRUE(report.graph.edges().empty()) << render(report);
}

TEST(ModelLocks, WhoeverHoldsALeaseThatRanOutHoldsNothing) {
  const LockOrderReport report = check_lock_order([](sim::World& world) {
    kv::Store store;
    const kv::LeaseOracle oracle(store, "lease:*");
    world.task("late", [&] {
      kv::StoreClient kv(store);
      kv.set("lease:a", "late", {.condition = kv::SetIf::absent, .ttl = 10ms});
      sim::sleep(20ms);
      kv.set("lease:b", "late", {.condition = kv::SetIf::absent, .ttl = 10ms});
    });
    world.run();
  });
  EXPECT_TRUE(report.graph.edges().empty()) << render(report);
}

TEST(ModelLocks, WhetherALeaseHasRunOutIsExplored) {
  std::set<std::size_t> edges;
  heddle::testing::exhaust(
      [&](sim::World& world) {
        LockOrderGraph graph;
        const LockOrder order(world, graph);
        kv::Store store;
        const kv::LeaseOracle oracle(store, "lease:*");
        world.task("holder", [&] {
          kv::StoreClient kv(store);
          kv.set("lease:a", "me", {.condition = kv::SetIf::absent, .ttl = 10ms});
          kv.set("lease:b", "me", {.condition = kv::SetIf::absent});
        });
        world.run();
        edges.insert(graph.edges().size());
      },
      {.time = sim::TimeMode::any_time});
  EXPECT_EQ(edges, (std::set<std::size_t>{0, 1}));
}

/// A task that takes a lease and is dropped at an await, with and without a guard that gives it back.
sim::Program dropped_holder(bool gives_back) {
  return [gives_back](sim::World& world) {
    const Ledger ledger(world);
    kv::Store store;
    const kv::LeaseOracle oracle(store, "lease:*");
    world.task("holder", [&, gives_back] {
      kv::StoreClient kv(store);
      sim::timeout(1s, [&] {
        struct GiveBack {
          kv::Client& kv;
          bool is_on;
          ~GiveBack() {
            if (is_on) kv.compare_and_delete("lease:a", "me");
          }
        } give_back{kv, gives_back};
        kv.set("lease:a", "me", {.condition = kv::SetIf::absent, .ttl = 60s});
        sim::sleep(5s);
        kv.compare_and_delete("lease:a", "me");
      });
    });
    world.run();
  };
}

TEST(ModelLocks, ALeaseThatOutlivesItsDroppedHolderIsALeak) {
  const sim::Failure failure = heddle::testing::find_failure(dropped_holder(false));
  EXPECT_EQ(failure.property, Ledger::when_dropped);
  EXPECT_THAT(failure.message, AllOf(HasSubstr("lease lease:a, taken by holder in step 1 (model_locks_test.cpp:"),
                                     HasSubstr("dropped at its await 'sleep clock' (model_locks_test.cpp:")));
  heddle::testing::exhaust(dropped_holder(true));
}

TEST(ModelLocks, TheBudgetOfALeaseIsItsTtl) {
  heddle::testing::exhaust([](sim::World& world) {
    const TimeContracts contracts(world, {.lock_hold = 5ms});
    kv::Store store;
    const kv::LeaseOracle oracle(store, "lease:*");
    world.task("holder", [&] {
      kv::StoreClient kv(store);
      kv.set("lease:a", "me", {.condition = kv::SetIf::absent, .ttl = 1s});
      sim::sleep(20ms);
      kv.del("lease:a");
    });
    world.run();
  });
}

}  // namespace
}  // namespace heddle::properties

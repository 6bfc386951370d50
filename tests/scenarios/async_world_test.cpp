// How large the fixed variants of flame, ratchet and quiesce are: a change that makes a search smaller, or the race in
// it impossible, is noticed. (That they hold, and that the broken ones do not, is the catalogue's own test.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "properties/lock_order_search.hpp"
#include "scenarios/scenario.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::scenarios {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Size {
  std::string_view scenario;
  std::string_view variant;
  std::uint64_t traces;
};

std::ostream& operator<<(std::ostream& out, const Size& size) {
  return out << size.scenario << ":" << size.variant;
}

class FixedVariants : public ::testing::TestWithParam<Size> {};

TEST_P(FixedVariants, HaveSoManyTraces) {
  const Scenario* scenario = find_scenario(GetParam().scenario);
  ASSERT_NE(scenario, nullptr);
  const Variant* variant = scenario->find_variant(GetParam().variant);
  ASSERT_NE(variant, nullptr);
  const sim::Verdict verdict = sim::explore(variant->program, sim::Dfs{}, {.execution = variant->execution});
  EXPECT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict);
  EXPECT_EQ(verdict.evidence.distinct_traces, GetParam().traces);
}

INSTANTIATE_TEST_SUITE_P(
    Async, FixedVariants,
    ::testing::Values(
        Size{"flame/apply_changes_lock_order", "ordered", 3}, Size{"flame/single_worker", "two_lock_blocks", 4},
        Size{"ratchet/rekey", "spawn_blocking", 2}, Size{"ratchet/post_connect", "scoped_prelude", 2},
        Size{"ratchet/recv_under_lock", "single_receiver", 8}, Size{"ratchet/send_under_lock", "serialised", 144},
        Size{"ratchet/connect_stage", "single_lock_per_phase", 2},
        Size{"quiesce/spawn_during_clear", "refcounted_gate", 8}, Size{"quiesce/cancelled_drain", "raii_guard", 10},
        Size{"quiesce/shutdown_against_sync_now", "registry_only_behind_handle_lock", 3},
        Size{"quiesce/stop_is_cancel_only", "drain_first", 8},
        Size{"quiesce/event_adapter_cancel", "drain_on_cancel", 20}, Size{"quiesce/weights", "by_weight", 3},
        Size{"quiesce/orphan_alive_during_clear", "refuse_with_shutdown_incomplete", 4},
        Size{"quiesce/host_wipes_on_error", "stop_on_error", 3},
        Size{"quiesce/shutdown_on_single_worker_runtime", "fail_fast", 3},
        Size{"quiesce/panic_in_teardown", "unwind", 2}));

sim::Verdict search(std::string_view scenario, std::string_view variant, const std::string& property) {
  const Variant& chosen = *find_scenario(scenario)->find_variant(variant);
  sim::ExploreOptions options{.execution = chosen.execution};
  options.execution.only_property = property;
  return sim::explore(chosen.program, sim::Dfs{}, options);
}

TEST(PostConnect, TheDeadlockNamesTheCycleThroughTheOnlyWorker) {
  const sim::Verdict verdict = search("ratchet/post_connect", "held_across_await", "deadlock");
  ASSERT_TRUE(verdict.violates("deadlock")) << sim::evidence_line(verdict);
  EXPECT_THAT(verdict.failure->message, AllOf(HasSubstr("waits for a worker thread, kept by message since step"),
                                              HasSubstr("message waits for session, held by post_connect since step")));
}

TEST(RecvUnderLock, TheAcknowledgedHoldIsReportedWithItsReason) {
  const sim::Verdict verdict = search("ratchet/recv_under_lock", "single_receiver", {});
  ASSERT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict);
  ASSERT_EQ(verdict.worst.size(), 1U);
  EXPECT_EQ(verdict.worst.front().value, std::chrono::seconds(60));
  EXPECT_EQ(verdict.worst.front().reason, "one task receives; nobody else ever wants this lock");
}

TEST(CancelledDrain, TheLeakNamesTheGateAndTheAwaitAtWhichTheDrainWasDropped) {
  const sim::Verdict verdict = search("quiesce/cancelled_drain", "hook_add_subtract_after_await", {});
  ASSERT_TRUE(verdict.violates("nothing_leaks_when_dropped")) << sim::evidence_line(verdict);
  EXPECT_THAT(verdict.failure->message,
              AllOf(HasSubstr("gate quiescing, taken by clear"), HasSubstr("at its await 'notified pass ended'")));
}

TEST(ApplyChangesLockOrder, TheInversionIsConfirmedAndOneOrderHasNone) {
  const Scenario& scenario = *find_scenario("flame/apply_changes_lock_order");
  const auto broken = properties::check_lock_order(scenario.find_variant("two_lock_blocks")->program);
  ASSERT_EQ(broken.tried.size(), 1U) << render(broken);
  EXPECT_TRUE(broken.tried.front().deadlock) << render(broken);
  const auto fixed = properties::check_lock_order(scenario.find_variant("ordered")->program);
  EXPECT_TRUE(fixed.tried.empty()) << render(fixed);
  EXPECT_FALSE(fixed.graph.edges().empty());
}

TEST(LockOrderTwoAssets, RowLocksHaveTheirPlaceInTheLockOrder) {
  const Scenario& scenario = *find_scenario("home_channel/lock_order_two_assets");
  const auto search_in = [&](std::string_view name) {
    const Variant& variant = *scenario.find_variant(name);
    return properties::check_lock_order(
        variant.program, {.execution = variant.execution, .executions = 100, .tries = 20, .exhaustive = 0});
  };
  const auto broken = search_in("event_order");
  ASSERT_EQ(broken.tried.size(), 1U) << render(broken);
  EXPECT_THAT(broken.tried.front().inversion.text(),
              AllOf(HasSubstr("usdc-weth takes pg.row user_balances(alice,weth)"),
                    HasSubstr("while it holds pg.row user_balances(alice,usdc)")));
  ASSERT_TRUE(broken.tried.front().deadlock) << render(broken);
  EXPECT_THAT(broken.tried.front().deadlock->message, HasSubstr("The database ends one of their transactions"));
  EXPECT_TRUE(search_in("sorted_order").tried.empty());
}

}  // namespace
}  // namespace heddle::scenarios

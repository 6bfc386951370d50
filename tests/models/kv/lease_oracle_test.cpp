// Each property of the lease oracle is violated by a protocol that is known to be wrong, and by no other.
#include "models/kv/lease_oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/kv/unreliable_client.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::kv {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view key = "lease:1";

struct Protocol {
  std::optional<Milliseconds> ttl = 10ms;
  bool compares = true;      ///< at the release
  bool asks_before = false;  ///< looks whether the lease is still its own, in the step in which it acts
  FaultPolicy faults = {};
};

void work(Store& store, LeaseOracle& leases, const Protocol& protocol, const std::string& me) {
  UnreliableClient kv(store, protocol.faults);
  try {
    if (!kv.set(key, me, {.condition = SetIf::absent, .ttl = protocol.ttl})) return;
    if (!protocol.asks_before) sim::yield("prepares");
    if (!protocol.asks_before || kv.get(key) == me) {
      const auto acting = leases.act(key, me);
      if (!protocol.asks_before) sim::yield("acts");
    }
    if (protocol.compares) {
      kv.compare_and_delete(key, me);
    } else {
      kv.del(key);
    }
  } catch (const CallError&) {
  }
}

sim::Verdict explore(const Protocol& protocol, const std::string& property = {}) {
  sim::ExploreOptions options;
  options.execution.time = sim::TimeMode::any_time;
  options.execution.slack = 2;
  options.execution.only_property = property;
  return sim::explore(
      [protocol](sim::World& world) {
        Store store;
        LeaseOracle leases(store, "lease:*");
        for (const char* me : {"worker-1", "worker-2"}) world.task(me, [&, me] { work(store, leases, protocol, me); });
        world.run();
        leases.finish();
      },
      options);
}

TEST(LeaseOracle, TwoHoldersActAtOnceWhenALeaseRunsOut) {
  EXPECT_TRUE(explore({}, "one_holder_acts").violates("one_holder_acts"));
}

TEST(LeaseOracle, AHolderActsAfterItLostItsLease) {
  const sim::Verdict verdict = explore({}, "acts_only_while_held");
  ASSERT_TRUE(verdict.violates("acts_only_while_held"));
}

TEST(LeaseOracle, AHolderReleasesTheLeaseOfItsSuccessor) {
  const sim::Verdict verdict = explore({.compares = false}, "release_only_own");
  ASSERT_TRUE(verdict.violates("release_only_own"));
  EXPECT_THAT(sim::replay(*verdict.program, verdict.failure->schedule, verdict.options).failure->message,
              ::testing::HasSubstr("deleted lease:1 while it was the lease of"));
}

TEST(LeaseOracle, ALeaseWithoutATtlLeaksWhenItsAnswerIsLost) {
  const Protocol endless{.ttl = std::nullopt, .faults = {.times_out = true}};
  EXPECT_TRUE(explore(endless).violates("lost_reply_leaks_no_lease"));
  EXPECT_TRUE(explore({.faults = {.times_out = true}}, "lost_reply_leaks_no_lease").exhausted());
}

TEST(LeaseOracle, NothingIsViolatedByAProtocolThatLooksBeforeItActs) {
  const sim::Verdict verdict = explore({.asks_before = true});
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(LeaseOracle, WithoutATtlTheSimpleProtocolHolds) {
  EXPECT_TRUE(explore({.ttl = std::nullopt}).exhausted());
}

}  // namespace
}  // namespace heddle::kv

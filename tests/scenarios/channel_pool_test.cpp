// What the catalogue's own test does not say: how large these scenarios are, and what the pool does without anybody
// beside it.
#include "scenarios/channel_pool/channel_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/kv/session.hpp"
#include "scenarios/channel_pool/scenarios.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

sim::Verdict exhaust(const Scenario& scenario, std::string_view variant) {
  const Variant& chosen = *scenario.find_variant(variant);
  return sim::explore(chosen.program, {.execution = chosen.execution});
}

TEST(ChannelPool, TheNumberOfTracesOfEachFixIsKnown) {
  const auto traces = [](const Scenario& scenario, std::string_view variant) {
    const sim::Verdict verdict = exhaust(scenario, variant);
    EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
    return verdict.evidence.distinct_traces;
  };
  EXPECT_EQ(traces(acquire(), "claim_with_recheck"), 1216U);
  EXPECT_EQ(traces(claim_lock_expires(), "set_if_absent"), 142U);
  EXPECT_EQ(traces(with_lock_double(), "check_and_set"), 8U);
  EXPECT_EQ(traces(lru_document(), "locked_rmw"), 60U);
  EXPECT_EQ(traces(lru_order(), "lru_with_shuffle"), 30U);
  EXPECT_EQ(traces(scan_failure(), "separate_catch"), 9U);  // no failure, or one of eight calls fails
  EXPECT_EQ(traces(locked_ids_scan(), "error_with_pattern"), 5U);
  EXPECT_EQ(traces(uncertain_outcome(), "cooldown"), 18U);  // three outcomes for each worker, held up or not
  EXPECT_EQ(traces(all_busy(), "bounded_retries"), 1008U);
}

/// Runs `body` as the only task.
template <class F>
void alone(F body) {
  const sim::Verdict verdict = sim::explore([&](sim::World& world) {
    kv::Store store;
    kv::StoreClient kv(store);
    world.task("worker", [&] { body(kv); });
    world.run();
  });
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(ChannelPool, LeasesEachChannelOnceAndThenSaysThatAllAreBusy) {
  alone([](kv::Client& kv) {
    ChannelPool pool(kv, {});
    const Lease first = pool.acquire("a");
    const Lease second = pool.acquire("b");
    EXPECT_NE(first.channel, second.channel);
    EXPECT_THAT(pool.locked_channels(), ElementsAre(0, 1));
    try {
      static_cast<void>(pool.acquire("c"));
      ADD_FAILURE() << "there was a third channel";
    } catch (const PoolError& error) {
      EXPECT_EQ(std::string(error.what()), "POOL_CAPACITY: all_channels_busy");
      EXPECT_EQ(error.code(), PoolError::Code::capacity);
    }
    pool.release(first);
    EXPECT_EQ(pool.acquire("c").channel, first.channel);
  });
}

TEST(ChannelPool, ALeaseEndsWithItsTtlAndACooldownBefore) {
  alone([](kv::Client& kv) {
    ChannelPool pool(kv, {});
    const Lease lease = pool.acquire("a");
    sim::sleep(std::chrono::seconds(9));
    pool.release_with_cooldown(lease);
    EXPECT_EQ(kv.pttl(ChannelPool::in_use_key(lease.channel)).remaining, kv::Milliseconds(30));
    sim::sleep(std::chrono::milliseconds(31));
    EXPECT_THAT(pool.locked_channels(), ElementsAre());
  });
}

TEST(ChannelPool, TheLruDocumentSurvivesItsText) {
  const ChannelPool::LruDocument document = {{1, 20}, {7, 0}, {12, 1234567890123}};
  EXPECT_EQ(ChannelPool::lru_text(document), "1=20;7=0;12=1234567890123");
  EXPECT_EQ(ChannelPool::parse_lru(ChannelPool::lru_text(document)), document);
  EXPECT_TRUE(ChannelPool::parse_lru("").empty());
}

TEST(ChannelPool, TheClaimThatRanOutIsToldAsItWas) {
  const sim::Verdict verdict = exhaust(claim_lock_expires(), "claim_with_recheck");
  ASSERT_TRUE(verdict.violates("one_holder_per_channel"));
  EXPECT_THAT(sim::replay(*verdict.program, verdict.failure->schedule, verdict.options).failure->message,
              HasSubstr("both submit through channel 0"));
}

}  // namespace
}  // namespace heddle::scenarios

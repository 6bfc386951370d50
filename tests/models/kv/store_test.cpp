#include "models/kv/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::kv {
namespace {

using namespace std::chrono_literals;
using sim::TimeMode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

/// Runs `body` as the only task, with a store and a client.
template <class F>
sim::Verdict in_task(F body, TimeMode time = TimeMode::as_soon_as_idle) {
  sim::ExploreOptions options;
  options.execution.time = time;
  return sim::explore(
      [&](sim::World& world) {
        Store store;
        StoreClient client(store);
        world.task("caller", [&] { body(client); });
        world.run();
      },
      sim::Dfs{}, options);
}

TEST(Store, GetReturnsWhatWasSet) {
  EXPECT_TRUE(in_task([](Client& kv) {
                kv.set("a", "1");
                EXPECT_THAT(kv.get("a"), Optional(std::string("1")));
                EXPECT_EQ(kv.get("b"), std::nullopt);
                EXPECT_TRUE(kv.exists("a"));
                EXPECT_FALSE(kv.exists("b"));
              }).exhausted());
}

TEST(Store, SetIfAbsentTellsWhetherItWasApplied) {
  EXPECT_TRUE(in_task([](Client& kv) {
                EXPECT_TRUE(kv.set("lock", "a", {.condition = SetIf::absent}));
                EXPECT_FALSE(kv.set("lock", "b", {.condition = SetIf::absent}));
                EXPECT_THAT(kv.get("lock"), Optional(std::string("a")));
              }).exhausted());
}

TEST(Store, SetIfPresentTellsWhetherItWasApplied) {
  EXPECT_TRUE(in_task([](Client& kv) {
                EXPECT_FALSE(kv.set("lock", "a", {.condition = SetIf::present}));
                EXPECT_FALSE(kv.exists("lock"));
                kv.set("lock", "a");
                EXPECT_TRUE(kv.set("lock", "b", {.condition = SetIf::present}));
              }).exhausted());
}

TEST(Store, DelTellsWhetherThereWasAKey) {
  EXPECT_TRUE(in_task([](Client& kv) {
                kv.set("a", "1");
                EXPECT_TRUE(kv.del("a"));
                EXPECT_FALSE(kv.del("a"));
              }).exhausted());
}

TEST(Store, KeysAreListedByPatternInOrder) {
  EXPECT_TRUE(in_task([](Client& kv) {
                for (const char* key : {"in-use:2", "in-use:10", "lru", "in-use:1", "in"}) kv.set(key, "");
                kv.del("in-use:10");
                EXPECT_THAT(kv.keys("in-use:*"), ElementsAre("in-use:1", "in-use:2"));
                EXPECT_THAT(kv.keys("*"), ElementsAre("in", "in-use:1", "in-use:2", "lru"));
              }).exhausted());
}

TEST(Store, AKeyIsGoneWhenItsTtlHasRunOut) {
  EXPECT_TRUE(in_task([](Client& kv) {
                kv.set("lease", "a", {.ttl = 100ms});
                sim::sleep(99ms);
                EXPECT_TRUE(kv.exists("lease"));
                sim::sleep(2ms);
                EXPECT_FALSE(kv.exists("lease"));
                EXPECT_THAT(kv.keys("lease"), ElementsAre());
              }).exhausted());
}

TEST(Store, PttlTellsAbsentPersistentAndExpiringApart) {
  EXPECT_TRUE(in_task([](Client& kv) {
                using Kind = TimeToLive::Kind;
                EXPECT_EQ(kv.pttl("a").kind, Kind::absent);
                kv.set("a", "1");
                EXPECT_EQ(kv.pttl("a").kind, Kind::persistent);
                kv.set("a", "1", {.ttl = 100ms});
                sim::sleep(30ms);
                EXPECT_EQ(kv.pttl("a"), (TimeToLive{Kind::expiring, 70ms}));
              }).exhausted());
}

TEST(Store, SetWithoutATtlMakesAKeyPersistentUnlessItKeepsIts) {
  EXPECT_TRUE(in_task([](Client& kv) {
                kv.set("a", "1", {.ttl = 100ms});
                kv.set("b", "1", {.ttl = 100ms});
                kv.set("a", "2");
                kv.set("b", "2", {.keep_ttl = true});
                sim::sleep(101ms);
                EXPECT_TRUE(kv.exists("a"));
                EXPECT_FALSE(kv.exists("b"));
              }).exhausted());
}

TEST(Store, ExpireMovesTheDeadline) {
  EXPECT_TRUE(in_task([](Client& kv) {
                EXPECT_FALSE(kv.expire("a", 1ms));
                kv.set("a", "1", {.ttl = 100ms});
                EXPECT_TRUE(kv.expire("a", 200ms));
                sim::sleep(150ms);
                EXPECT_TRUE(kv.exists("a"));
                sim::sleep(51ms);
                EXPECT_FALSE(kv.exists("a"));
              }).exhausted());
}

TEST(Store, ComparingCommandsActOnlyOnTheExpectedValue) {
  EXPECT_TRUE(in_task([](Client& kv) {
                kv.set("lease", "a", {.ttl = 100ms});
                EXPECT_FALSE(kv.compare_and_expire("lease", "b", 1ms));
                EXPECT_FALSE(kv.compare_and_delete("lease", "b"));
                EXPECT_FALSE(kv.compare_and_set("lease", "b", "c"));
                EXPECT_TRUE(kv.compare_and_expire("lease", "a", 200ms));
                EXPECT_TRUE(kv.compare_and_set("lease", "a", "c", {.keep_ttl = true}));
                EXPECT_EQ(kv.pttl("lease").remaining, 200ms);
                EXPECT_TRUE(kv.compare_and_delete("lease", "c"));
                EXPECT_FALSE(kv.compare_and_delete("lease", "c"));
                EXPECT_FALSE(kv.compare_and_set("absent", "", "c"));
              }).exhausted());
}

TEST(Store, IncrementCountsFromZeroAndKeepsTheTtl) {
  EXPECT_TRUE(in_task([](Client& kv) {
                EXPECT_EQ(kv.increment("n"), 1);
                kv.expire("n", 100ms);
                EXPECT_EQ(kv.increment("n"), 2);
                EXPECT_THAT(kv.get("n"), Optional(std::string("2")));
                EXPECT_EQ(kv.pttl("n").remaining, 100ms);
              }).exhausted());
}

TEST(Store, IncrementOfATextIsRefusedWithASentence) {
  const sim::Verdict verdict = in_task([](Client& kv) {
    kv.set("n", "12x");
    kv.increment("n");
  });
  ASSERT_TRUE(verdict.violates("exception"));
  EXPECT_THAT(verdict.failure->message, HasSubstr("ERR value is not an integer or out of range"));
}

TEST(Store, AcquireHandsOutRisingTokens) {
  EXPECT_TRUE(in_task([](Client& kv) {
                EXPECT_THAT(kv.acquire("lease", "a", 100ms, "tokens"), Optional(1));
                EXPECT_EQ(kv.acquire("lease", "b", 100ms, "tokens"), std::nullopt);
                sim::sleep(101ms);
                EXPECT_THAT(kv.acquire("lease", "b", 100ms, "tokens"), Optional(2));
              }).exhausted());
}

TEST(Store, ATtlOfZeroOrLessIsRefusedWithASentence) {
  for (const Milliseconds ttl : {0ms, -5ms}) {
    const sim::Verdict verdict = in_task([ttl](Client& kv) { kv.set("lease", "a", {.ttl = ttl}); });
    ASSERT_TRUE(verdict.violates("exception"));
    EXPECT_THAT(verdict.failure->message, HasSubstr("kv.set of 'lease' has a TTL of " + std::to_string(ttl.count()) +
                                                    " ms; a TTL is more than zero"));
  }
  EXPECT_TRUE(in_task([](Client& kv) { kv.expire("lease", 0ms); }).violates("exception"));
  EXPECT_TRUE(in_task([](Client& kv) { kv.acquire("lease", "a", -1ms, "tokens"); }).violates("exception"));
  EXPECT_TRUE(in_task([](Client& kv) { kv.compare_and_expire("lease", "a", 0ms); }).violates("exception"));
}

TEST(Store, ATtlBesideKeepTtlIsRefused) {
  const sim::Verdict verdict = in_task([](Client& kv) { kv.set("lease", "a", {.ttl = 1ms, .keep_ttl = true}); });
  ASSERT_TRUE(verdict.violates("exception"));
  EXPECT_THAT(verdict.failure->message, HasSubstr("give one of the two"));
}

TEST(Store, CommandsBeforeAndAfterTheRunArePerformedAtOnce) {
  const sim::Verdict verdict = sim::explore(
      [](sim::World& world) {
        Store store;
        StoreClient kv(store);
        kv.set("a", "1");
        world.task("caller", [&] { kv.set("b", *kv.get("a")); });
        world.run();
        EXPECT_THAT(kv.get("b"), Optional(std::string("1")));
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.executions, 1U);
}

TEST(Store, ALeaseOutlivesItsHolderOnlyWhenTimeMayPassAnyTime) {
  const auto verdict_in = [](TimeMode time) {
    return in_task(
        [](Client& kv) {
          kv.set("lease", "a", {.ttl = 100ms});
          sim::check("still_held", kv.get("lease") == "a");
        },
        time);
  };
  EXPECT_TRUE(verdict_in(TimeMode::as_soon_as_idle).exhausted());
  EXPECT_TRUE(verdict_in(TimeMode::any_time).violates("still_held"));
}

TEST(Store, KeysExpireInTheOrderOfTheirDeadlinesInBothTimeModes) {
  for (const TimeMode time : {TimeMode::as_soon_as_idle, TimeMode::any_time}) {
    sim::ExploreOptions options;
    options.execution.time = time;
    const sim::Verdict verdict = sim::explore(
        [](sim::World& world) {
          Store store;
          StoreClient kv(store);
          std::vector<std::string> expired;
          store.observe([&](const Change& change) {
            if (change.expired) expired.emplace_back(change.key);
          });
          kv.set("late", "", {.ttl = 30ms});
          kv.set("early", "", {.ttl = 10ms});
          kv.set("middle", "", {.ttl = 20ms});
          world.task("caller", [&] {
            kv.set("other", "");
            sim::sleep(100ms);
          });
          world.run();
          world.check("in_deadline_order", expired == std::vector<std::string>{"early", "middle", "late"});
        },
        sim::Dfs{}, options);
    EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
    EXPECT_EQ(verdict.evidence.executions, time == TimeMode::any_time ? 4U : 1U);
  }
}

TEST(Store, AHolderThatIsUnwoundReleasesItsLeaseWithoutEffect) {
  const sim::Verdict verdict = sim::explore(
      [](sim::World& world) {
        Store store;
        StoreClient kv(store);
        world.task("holder", [&] {
          struct Release {
            Client& kv;
            ~Release() { kv.del("lease"); }
          } release{kv};
          kv.set("lease", "a");
          world.yield();
        });
        world.task("breaker", [&] { world.check("never", false); });
        world.run();
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.violates("never"));
}

TEST(Store, ObserversSeeEachChangeWithItsCause) {
  std::vector<std::string> seen;
  EXPECT_TRUE(sim::explore(
                  [&](sim::World& world) {
                    seen.clear();
                    Store store;
                    StoreClient kv(store);
                    store.observe([&](const Change& change) {
                      seen.push_back(std::string(change.key) + ":" + std::string(change.before.value_or("-")) + ">" +
                                     std::string(change.after.value_or("-")) + (change.expired ? "!" : ""));
                    });
                    world.task("caller", [&] {
                      kv.set("a", "1");
                      kv.set("a", "2", {.ttl = 10ms});
                      kv.set("b", "3");
                      kv.del("b");
                      sim::sleep(20ms);
                    });
                    world.run();
                  },
                  sim::Dfs{})
                  .exhausted());
  EXPECT_THAT(seen, ElementsAre("a:->1", "a:1>2", "b:->3", "b:3>-", "a:2>-!"));
}

}  // namespace
}  // namespace heddle::kv

#include "models/kv/unreliable_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::kv {
namespace {

using ::testing::UnorderedElementsAre;

/// All that may become of `kv.set("a", "new")` over "old": what the caller is told, and the value in the end.
std::set<std::string> outcomes_of_a_write(const FaultPolicy& policy) {
  std::set<std::string> outcomes;
  const sim::Verdict verdict = sim::explore(
      [&](sim::World& world) {
        Store store;
        StoreClient(store).set("a", "old");
        UnreliableClient kv(store, policy);
        std::string told;
        world.task("caller", [&] {
          try {
            kv.set("a", "new");
            told = "done";
          } catch (const CallError& error) {
            told = error.kind() == CallError::Kind::refused ? "refused" : "timed out";
          }
          world.yield();
        });
        world.run();
        outcomes.insert(told + ": " + std::string(*store.peek("a")));
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
  return outcomes;
}

TEST(UnreliableClient, WithoutFaultsIsReliable) {
  EXPECT_THAT(outcomes_of_a_write({}), UnorderedElementsAre("done: new"));
}

TEST(UnreliableClient, ARefusedWriteIsNeverPerformed) {
  EXPECT_THAT(outcomes_of_a_write({.refuses = true}), UnorderedElementsAre("done: new", "refused: old"));
}

TEST(UnreliableClient, AWriteThatTimedOutMayOrMayNotHaveBeenPerformed) {
  EXPECT_THAT(outcomes_of_a_write({.times_out = true}),
              UnorderedElementsAre("done: new", "timed out: old", "timed out: new"));
}

TEST(UnreliableClient, ALateWriteIsPerformedAfterTheCallerWentOn) {
  bool after_the_callers_next_step = false;
  const sim::Verdict verdict = sim::explore(
      [&](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.applies_late = true});
        world.task("caller", [&] {
          try {
            kv.set("a", "new");
          } catch (const CallError&) {
            const bool missing_at_first = !kv.exists("a");
            after_the_callers_next_step = after_the_callers_next_step || (missing_at_first && kv.exists("a"));
          }
        });
        world.run();
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_TRUE(after_the_callers_next_step);
}

TEST(UnreliableClient, AReadThatTimedOutHasNoSecondOutcome) {
  const sim::Verdict verdict = sim::explore(
      [](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.refuses = false, .times_out = true, .applies_late = true});
        world.task("caller", [&] {
          try {
            static_cast<void>(kv.get("a"));
          } catch (const CallError&) {
          }
        });
        world.run();
      },
      sim::Dfs{});
  EXPECT_EQ(verdict.evidence.executions, 2U);
}

TEST(UnreliableClient, FailsNoMoreOftenThanItsPolicyAllows) {
  int most = 0;
  const sim::Verdict verdict = sim::explore(
      [&](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.refuses = true, .at_most = 2});
        int failed = 0;
        world.task("caller", [&] {
          for (int i = 0; i < 4; ++i) {
            try {
              kv.set("a", "1");
            } catch (const CallError&) {
              ++failed;
            }
          }
        });
        world.run();
        most = std::max(most, failed);
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.executions, 11U);  // 1 + 4 + 6 ways to fail at most twice in four calls
  EXPECT_EQ(most, 2);
}

TEST(UnreliableClient, LatencyIsVirtualTime) {
  std::set<std::string> answered_at;
  const sim::Verdict verdict = sim::explore(
      [&](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.latency = std::chrono::milliseconds(10), .slow = std::chrono::milliseconds(50)});
        world.task("caller", [&] {
          kv.set("a", "1");
          answered_at.insert(std::to_string(world.now().count() / 1'000'000));
        });
        world.run();
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_THAT(answered_at, UnorderedElementsAre("10", "50"));
}

TEST(UnreliableClient, ATransactionThatTimedOutIsPerformedWholeOrNotAtAll) {
  std::set<std::string> outcomes;
  const sim::Verdict verdict = sim::explore(
      [&](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.times_out = true, .applies_late = true});
        StoreClient other(store);
        world.task("caller", [&] {
          try {
            kv.watch({"w"});
            kv.transaction({{.verb = Verb::increment, .key = "a"}, {.verb = Verb::increment, .key = "b"}});
          } catch (const CallError&) {
          }
          world.yield();
        });
        world.task("other", [&] { other.set("w", "1"); });
        world.run();
        outcomes.insert(std::string(store.peek("a").value_or("-")) + std::string(store.peek("b").value_or("-")));
      },
      sim::Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_THAT(outcomes, UnorderedElementsAre("--", "11"));
}

TEST(UnreliableClient, ACallerThatCatchesNothingFailsWithASentence) {
  const sim::Verdict verdict = sim::explore(
      [](sim::World& world) {
        Store store;
        UnreliableClient kv(store, {.times_out = true});
        world.task("caller", [&] { kv.set("a", "1"); });
        world.run();
      },
      sim::Dfs{});
  ASSERT_TRUE(verdict.violates("exception"));
  EXPECT_EQ(verdict.failure->message,
            "task caller threw: kv.set of 'a' timed out: whether it has been performed is unknown");
}

}  // namespace
}  // namespace heddle::kv

#include "sim/replay/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/explore/dfs.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/rapidcheck/bridge.hpp"
#include "tests/sim/replay/programs.hpp"

namespace heddle::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Report, HoldsWhatAPersonNeedsInReadingOrder) {
  const std::string text =
      render(make_report(explore(test_programs::lost_update(), Random{2}), {"bank/transfer", "racy", "clients=2"}));
  std::size_t at = 0;
  for (const char* part : {"no_lost_update is violated: the balance is 1", "in bank/transfer, racy, clients=2",
                           "violated (random): ", "│ load balance = 0", "┄┄ preempted",
                           "Schedule: 1 preemption and 4 steps, both proved minimal",
                           "Why:", "If `deposit-0`'s load balance", "Replay: heddle replay h1:"}) {
    const std::size_t found = text.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << "\nin\n" << text;
    at = found;
  }
}

TEST(Report, OfAProgramWithoutANameSaysHowATestReplaysIt) {
  EXPECT_THAT(render(make_report(explore(test_programs::abba(), Random{2}))),
              HasSubstr("Replay: sim::replay(program, \"h1:"));
}

TEST(Report, OfAConditionThatWasNeverReachedHasNoSchedule) {
  const Program program = [](World& world) {
    world.task("idle", [&] { world.yield("idling"); });
    world.run();
    world.sometimes("contended", false);
  };
  const Report report = make_report(explore(program, Dfs{}));
  EXPECT_EQ(report.token, "");
  EXPECT_THAT(render(report), HasSubstr("sometimes(contended) is violated: no explored schedule reached it"));
}

TEST(Report, OfAVerdictThatHoldsIsRefused) {
  const Program program = [](World& world) { world.run(); };
  EXPECT_THROW(static_cast<void>(make_report(explore(program, Dfs{}))), Error);
}

TEST(Matchers, PrintTheEvidenceTheLanesAndTheTokenWhenTheyDoNotMatch) {
  const Verdict verdict = explore(test_programs::lost_update(), Dfs{});
  ::testing::StringMatchResultListener listener;
  EXPECT_FALSE(::testing::ExplainMatchResult(Holds(), verdict, &listener));
  EXPECT_THAT(listener.str(),
              AllOf(HasSubstr("violated (dfs)"), HasSubstr("┄┄ preempted"), HasSubstr("sim::replay(program, \"h1:")));
  EXPECT_THAT(::testing::PrintToString(verdict), HasSubstr("violated (dfs): "));
}

TEST(Matchers, TellTheKindsOfVerdictsApart) {
  const Program fine = [](World& world) {
    Atomic<int> count(0, "count");
    for (int i = 0; i < 2; ++i) world.task({"adder", i}, [&] { count.fetch_add(1); });
    world.run();
    world.check("counted", count.peek() == 2);
  };
  EXPECT_THAT(explore(fine, Dfs{}), AllOf(Holds(), Exhausted(), Not(Deadlocks()), Not(Violates("counted"))));
  EXPECT_THAT(explore(fine, Random{1}), AllOf(Holds(), Not(Exhausted())));
  EXPECT_THAT(explore(test_programs::abba(), Dfs{}), AllOf(Deadlocks(), Not(Holds()), Not(Exhausted())));
  EXPECT_THAT(explore(test_programs::lost_update(), Dfs{}),
              AllOf(Violates("no_lost_update"), Not(Violates("another")), Not(Deadlocks())));
}

TEST(Matchers, AcceptARegressionThatIsRepaired) {
  const char* const token = "h1:F52MO913WOawLn2DX1xyfjgAAwkCBQIESi9JSA";
  const Program repaired = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.fetch_add(1); });
    world.run();
    world.check("no_lost_update", balance.peek() == 2);
  };
  EXPECT_THAT(replay(repaired, token), Holds());
  EXPECT_THAT(replay(test_programs::lost_update(), token), Violates("no_lost_update"));
}

/// A queue whose consumers look whether there is an item and then take it, in two steps: an item may be handed out
/// twice.
struct QueueProgram {
  std::vector<int> takes_by_consumer;  // how many items each consumer takes at most
  int items = 0;

  void operator()(World& world) const {
    Atomic<int> left(items, "left");
    int taken = 0;
    for (std::size_t i = 0; i < takes_by_consumer.size(); ++i)
      world.task({"consumer", static_cast<int>(i)}, [&, i] {
        for (int k = 0; k < takes_by_consumer[i]; ++k) {
          const int seen = left.load();
          if (seen == 0) return;
          left.store(seen - 1);
          ++taken;
        }
      });
    world.run();
    world.check("each_item_once", taken <= items);
  }
};

TEST(RapidcheckBridge, ShrinksTheInputAndTheSchedule) {
  const auto property = [] {
    const auto takes = *rc::gen::container<std::vector<int>>(3, rc::gen::inRange(0, 4));
    const auto items = *rc::gen::inRange(0, 6);
    rc_holds(QueueProgram{takes, items}, Dfs::preemption_bounded(2), {.budget = {.executions = 20'000}});
  };
  rc::detail::TestParams params;
  params.seed = 7;
  const rc::detail::TestResult result = rc::detail::checkTestable(property, rc::detail::TestMetadata(), params);
  rc::detail::FailureResult failure;
  ASSERT_TRUE(result.match(failure));
  EXPECT_THAT(failure.description,
              AllOf(HasSubstr("each_item_once is violated"), HasSubstr("1 preemption and 4 steps, both proved minimal"),
                    HasSubstr("load left = 1")));
}

RC_GTEST_PROP(RapidcheckBridge, AcceptsAQueueThatHandsOutEachItemOnce, ()) {
  const auto takes = *rc::gen::container<std::vector<int>>(2, rc::gen::inRange(0, 3));
  const Program program = [&](World& world) {
    Mutex mutex("mutex");
    int left = 2;
    int taken = 0;
    for (std::size_t i = 0; i < takes.size(); ++i)
      world.task({"consumer", static_cast<int>(i)}, [&, i] {
        for (int k = 0; k < takes[i]; ++k) {
          const LockGuard held(mutex);
          if (left == 0) return;
          --left;
          ++taken;
        }
      });
    world.run();
    world.check("each_item_once", taken <= 2);
  };
  rc_holds(program, Dfs{});
}

}  // namespace
}  // namespace heddle::sim

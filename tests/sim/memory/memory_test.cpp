// Weak memory as people meet it: when it is used, data races, spinning, tokens.
#include <gmock/gmock.h>

#include "sim/core/error.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"
#include "sim/replay/report.hpp"
#include "sim/replay/token.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/plain.hpp"
#include "tests/sim/memory/litmus.hpp"

namespace heddle::sim::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

void dekker(World& world, std::memory_order order) {
  Atomic<bool> left(false, "left");
  Atomic<bool> right(false, "right");
  Atomic<int> inside(0, "inside");
  const auto enter = [&inside, order](Atomic<bool>& mine, Atomic<bool>& other) {
    mine.store(true, order == relaxed ? relaxed : std::memory_order_seq_cst);
    if (!other.load(order)) inside.fetch_add(1);
  };
  world.task("left", [&] { enter(left, right); });
  world.task("right", [&] { enter(right, left); });
  world.run();
  world.check("mutual_exclusion", inside.load() < 2);
}

TEST(MemoryOrders, MeanWhatTheySayInEveryStrategy) {
  const auto weak = [](World& world) { dekker(world, relaxed); };
  const auto strong = [](World& world) { dekker(world, std::memory_order_seq_cst); };
  EXPECT_THAT(explore(weak), Violates("mutual_exclusion"));
  EXPECT_THAT(explore(weak, Dfs{}), Violates("mutual_exclusion"));
  EXPECT_THAT(explore(weak, Random{7}), Violates("mutual_exclusion"));
  EXPECT_THAT(explore(strong), Exhausted());
}

TEST(MemoryOrders, AreTakenForSequentiallyConsistentWhereThatIsAskedFor) {
  ExploreOptions options;
  options.execution.memory = Memory::sequential;
  EXPECT_THAT(explore([](World& world) { dekker(world, relaxed); }, options), Exhausted());
}

TEST(MemoryOrders, CostNothingUntilOneIsWeak) {
  const Verdict verdict = explore([](World& world) { dekker(world, std::memory_order_seq_cst); });
  EXPECT_EQ(verdict.options.memory, Memory::sequential);
}

TEST(MemoryOrders, TheTokenOfAWeakScheduleReplays) {
  const Program weak = [](World& world) { dekker(world, relaxed); };
  const Verdict verdict = explore(weak);
  ASSERT_TRUE(verdict.failure.has_value());
  const std::string text = encode(make_token(weak, *verdict.failure, verdict.options));
  const TokenReplay again = replay_token(weak, decode(text));
  EXPECT_TRUE(again.reproduced) << again.verdict.problem;
}

TEST(MemoryOrders, ALoadSaysThatItOverlooksAStore) {
  const Program weak = [](World& world) { dekker(world, relaxed); };
  const Verdict verdict = explore(weak);
  EXPECT_THAT(render(make_report(verdict)), HasSubstr("= false, not yet the latest, true (relaxed)"));
}

TEST(Spinning, ALoopThatYieldsSeesTheStoreInTheEnd) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> data(0, "data");
    Atomic<bool> ready(false, "ready");
    int seen = 0;
    world.task("writer", [&] {
      data.store(1, relaxed);
      ready.store(true, release);
    });
    world.task("reader", [&] {
      for (int i = 0; i < 3 && !ready.load(acquire); ++i) yield();
      if (ready.load(acquire))
        seen = data.load(relaxed);
      else
        seen = 2;
    });
    world.run();
    return std::to_string(seen);
  });
  EXPECT_EQ(outcomes, (Outcomes{"1", "2"}));
}

TEST(Spinning, AnOverwrittenValueThatIsReadOnceMoreIsLeftOutAndTheVerdictSaysSo) {
  const Verdict verdict = explore([](World& world) {
    Atomic<int> x(0, "x");
    Atomic<int> y(0, "y");
    world.task("writer", [&] {
      x.store(1, relaxed);
      y.store(1, release);
    });
    world.task("reader", [&] {
      static_cast<void>(y.load(relaxed));
      for (int i = 0; i < 4; ++i) static_cast<void>(x.load(relaxed));
    });
    world.run();
  });
  EXPECT_EQ(verdict.outcome, Outcome::bounded);
  EXPECT_THAT(evidence_line(verdict), HasSubstr("with re-reads of overwritten values left out"));
}

void hand_over(World& world, std::memory_order store, std::memory_order load) {
  Plain<int> data(0, "data");
  Atomic<bool> ready(false, "ready");
  world.task("writer", [&, store] {
    data.write(1);
    ready.store(true, store);
  });
  world.task("reader", [&, load] {
    if (ready.load(load)) check("data_is_there", data.read() == 1);
  });
  world.run();
  world.check("data_is_there", data.read() == 1);
}

TEST(PlainData, RacesWithoutReleaseAndAcquire) {
  EXPECT_THAT(explore([](World& world) { hand_over(world, release, acquire); }), Exhausted());
  EXPECT_THAT(explore([](World& world) { hand_over(world, relaxed, acquire); }), Violates("data_race"));
  EXPECT_THAT(explore([](World& world) { hand_over(world, release, relaxed); }), Violates("data_race"));
}

TEST(PlainData, ADataRaceNamesBothPlaces) {
  const Verdict verdict = explore([](World& world) { hand_over(world, relaxed, relaxed); });
  ASSERT_TRUE(verdict.failure.has_value());
  EXPECT_THAT(verdict.failure->message, HasSubstr("task writer wrote data (memory_test.cpp:"));
  EXPECT_THAT(verdict.failure->message, HasSubstr("task reader reads it (memory_test.cpp:"));
}

void increment(World& world, bool locks) {
  Plain<int> counter(0, "counter");
  Mutex mutex("mutex");
  for (int i = 0; i < 2; ++i)
    world.task({"task", i}, [&, locks] {
      if (locks) mutex.lock();
      ++counter.modify();
      if (locks) mutex.unlock();
    });
  world.run();
  world.check("counted", counter.read() == 2);
}

TEST(PlainData, IsOrderedByAMutex) {
  EXPECT_THAT(explore([](World& world) { increment(world, true); }), Exhausted());
  EXPECT_THAT(explore([](World& world) { increment(world, false); }), Violates("data_race"));
}

TEST(PlainData, ReadsDoNotRaceWithEachOtherAndAWriteRacesWithARead) {
  const auto program = [](bool writes) {
    return [writes](World& world) {
      Plain<int> data(0, "data");
      for (int i = 0; i < 2; ++i) world.task({"reader", i}, [&] { static_cast<void>(data.read()); });
      if (writes) world.task("writer", [&] { data.write(1); });
      world.run();
    };
  };
  EXPECT_THAT(explore(program(false)), Exhausted());
  EXPECT_THAT(explore(program(true)), Violates("data_race"));
}

}  // namespace
}  // namespace heddle::sim::testing

// The classic litmus tests of C++'s memory model, each with exactly the outcomes that RC11 allows and the reason.
// Sources: Lahav et al., "Repairing sequential consistency in C/C++11" (PLDI 2017); Batty et al., "Mathematizing C++
// concurrency" (POPL 2011); Alglave, Maranget, Tautschnig, "Herding cats" (TOPLAS 2014) for the names.
#include <gmock/gmock.h>

#include <array>

#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"
#include "tests/sim/memory/litmus.hpp"

namespace heddle::sim::testing {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

template <std::size_t n>
std::string text_of(const std::array<int, n>& values) {
  std::string text;
  for (const int value : values) text += std::to_string(value);
  return text;
}

struct Locations {
  Atomic<int> x{0, "x"};
  Atomic<int> y{0, "y"};
};

Outcomes store_buffering(std::memory_order store, std::memory_order load, std::memory_order between = relaxed) {
  return outcomes_of([=](World& world) {
    Locations at;
    std::array<int, 2> seen{};
    const auto side = [&, store, load, between](Atomic<int>& mine, Atomic<int>& other, int& result) {
      mine.store(1, store);
      if (between != relaxed) fence(between);
      result = other.load(load);
    };
    world.task("left", [&] { side(at.x, at.y, seen[0]); });
    world.task("right", [&] { side(at.y, at.x, seen[1]); });
    world.run();
    return text_of(seen);
  });
}

TEST(StoreBuffering, BothSidesMayMissTheOtherUnlessAllIsSequentiallyConsistent) {
  const Outcomes all{"00", "01", "10", "11"};
  const Outcomes one_comes_first{"01", "10", "11"};
  EXPECT_EQ(store_buffering(relaxed, relaxed), all);
  EXPECT_EQ(store_buffering(release, acquire), all) << "acquire does not wait for one's own store";
  EXPECT_EQ(store_buffering(seq_cst, acquire), all) << "a load that is not seq_cst may come before the store";
  EXPECT_EQ(store_buffering(release, seq_cst), all);
  EXPECT_EQ(store_buffering(seq_cst, seq_cst), one_comes_first);
}

TEST(StoreBuffering, OnlySequentiallyConsistentFencesForbidThatBothMiss) {
  EXPECT_EQ(store_buffering(relaxed, relaxed, acq_rel), (Outcomes{"00", "01", "10", "11"}));
  EXPECT_EQ(store_buffering(relaxed, relaxed, seq_cst), (Outcomes{"01", "10", "11"}));
}

TEST(StoreBuffering, UpdatesReadTheLatestOfAReleaseSequenceOnly) {
  // Both read by an update that writes the same back: it synchronises, but on another location.
  const auto outcomes = outcomes_of([](World& world) {
    Locations at;
    std::array<int, 2> seen{};
    world.task("left", [&] {
      at.x.store(1, release);
      seen[0] = at.y.fetch_add(0, acq_rel);
    });
    world.task("right", [&] {
      at.y.store(1, release);
      seen[1] = at.x.fetch_add(0, acq_rel);
    });
    world.run();
    return text_of(seen);
  });
  EXPECT_EQ(outcomes, (Outcomes{"00", "01", "10", "11"}));
}

Outcomes message_passing(std::memory_order store, std::memory_order load, std::memory_order store_fence = relaxed,
                         std::memory_order load_fence = relaxed) {
  return outcomes_of([=](World& world) {
    Locations at;
    std::array<int, 2> seen{};
    world.task("writer", [&, store, store_fence] {
      at.x.store(1, relaxed);
      if (store_fence != relaxed) fence(store_fence);
      at.y.store(1, store);
    });
    world.task("reader", [&, load, load_fence] {
      seen[0] = at.y.load(load);
      if (load_fence != relaxed) fence(load_fence);
      seen[1] = at.x.load(relaxed);
    });
    world.run();
    return text_of(seen);
  });
}

TEST(MessagePassing, NeedsAReleaseAndAnAcquire) {
  const Outcomes all{"00", "01", "10", "11"};
  const Outcomes passed{"00", "01", "11"};
  EXPECT_EQ(message_passing(relaxed, relaxed), all);
  EXPECT_EQ(message_passing(release, relaxed), all) << "nobody acquires";
  EXPECT_EQ(message_passing(relaxed, acquire), all) << "nobody releases";
  EXPECT_EQ(message_passing(release, acquire), passed);
  EXPECT_EQ(message_passing(seq_cst, seq_cst), passed);
}

TEST(MessagePassing, FencesReleaseAndAcquireAsWell) {
  const Outcomes all{"00", "01", "10", "11"};
  const Outcomes passed{"00", "01", "11"};
  EXPECT_EQ(message_passing(relaxed, relaxed, release, acquire), passed);
  EXPECT_EQ(message_passing(relaxed, acquire, release), passed);
  EXPECT_EQ(message_passing(release, relaxed, relaxed, acquire), passed);
  EXPECT_EQ(message_passing(relaxed, relaxed, release, relaxed), all) << "one fence is not enough";
  EXPECT_EQ(message_passing(relaxed, relaxed, acquire, release), all) << "the wrong way round";
}

TEST(MessagePassing, AMutexPassesMessages) {
  const auto outcomes = outcomes_of([](World& world) {
    Locations at;
    Mutex mutex("mutex");
    std::array<int, 2> seen{};
    world.task("writer", [&] {
      at.x.store(1, relaxed);
      const LockGuard held(mutex);
      at.y.store(1, relaxed);
    });
    world.task("reader", [&] {
      {
        const LockGuard held(mutex);
        seen[0] = at.y.load(relaxed);
      }
      seen[1] = at.x.load(relaxed);
    });
    world.run();
    return text_of(seen);
  });
  EXPECT_EQ(outcomes, (Outcomes{"00", "01", "11"}));
}

TEST(LoadBuffering, IsNeverSeen) {
  for (const auto& [load_order, store_order] : {std::pair{relaxed, relaxed}, std::pair{acquire, release}}) {
    const auto outcomes = outcomes_of([load = load_order, store = store_order](World& world) {
      Locations at;
      std::array<int, 2> seen{};
      world.task("left", [&] {
        seen[0] = at.x.load(load);
        at.y.store(1, store);
      });
      world.task("right", [&] {
        seen[1] = at.y.load(load);
        at.x.store(1, store);
      });
      world.run();
      return text_of(seen);
    });
    EXPECT_EQ(outcomes, (Outcomes{"00", "01", "10"})) << "program order and reads-from have no cycle in RC11";
  }
}

Outcomes independent_reads(std::memory_order store, std::memory_order load, bool fences = false) {
  return outcomes_of([=](World& world) {
    Locations at;
    std::array<int, 4> seen{};
    const auto reader = [&, load, fences](Atomic<int>& first, Atomic<int>& second, int* results) {
      results[0] = first.load(load);
      if (fences) fence(seq_cst);
      results[1] = second.load(load);
    };
    world.task("writes x", [&, store] { at.x.store(1, store); });
    world.task("writes y", [&, store] { at.y.store(1, store); });
    world.task("x first", [&] { reader(at.x, at.y, seen.data()); });
    world.task("y first", [&] { reader(at.y, at.x, seen.data() + 2); });
    world.run();
    return text_of(seen);
  });
}

TEST(IndependentReads, ReadersMayDisagreeOnTheOrderOfIndependentWrites) {
  const std::string disagree = "1010";
  EXPECT_THAT(independent_reads(relaxed, relaxed), ::testing::SizeIs(16));
  EXPECT_THAT(independent_reads(release, acquire), ::testing::SizeIs(16)) << "nothing orders the two writers";
  const Outcomes agreed = independent_reads(seq_cst, seq_cst);
  EXPECT_THAT(agreed, ::testing::SizeIs(15));
  EXPECT_FALSE(agreed.contains(disagree));
}

TEST(IndependentReads, SequentiallyConsistentFencesBetweenTheLoadsMakeReadersAgree) {
  const Outcomes fenced = independent_reads(relaxed, relaxed, true);
  EXPECT_THAT(fenced, ::testing::SizeIs(15));
  EXPECT_FALSE(fenced.contains("1010"));
}

TEST(TwoPlusTwoWrites, BothFirstStoresMayComeLast) {
  const auto outcomes = [](std::memory_order order) {
    return outcomes_of([order](World& world) {
      Locations at;
      world.task("left", [&] {
        at.x.store(1, order);
        at.y.store(2, order);
      });
      world.task("right", [&] {
        at.y.store(1, order);
        at.x.store(2, order);
      });
      world.run();
      return std::to_string(at.x.peek()) + std::to_string(at.y.peek());
    });
  };
  EXPECT_EQ(outcomes(relaxed), (Outcomes{"11", "12", "21", "22"}));
  EXPECT_EQ(outcomes(release), (Outcomes{"11", "12", "21", "22"})) << "nobody reads, so nobody synchronises";
  EXPECT_EQ(outcomes(seq_cst), (Outcomes{"12", "21", "22"}));
}

TEST(Coherence, ReadsOfOneLocationNeverGoBack) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    std::array<int, 2> seen{};
    world.task("writer", [&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
    });
    world.task("reader", [&] {
      for (int& value : seen) value = x.load(relaxed);
    });
    world.run();
    return text_of(seen);
  });
  EXPECT_EQ(outcomes, (Outcomes{"00", "01", "02", "11", "12", "22"}));
}

TEST(Coherence, TwoReadersAgreeOnTheOrderOfTwoWrites) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    std::array<int, 4> seen{};
    world.task("one", [&] { x.store(1, relaxed); });
    world.task("two", [&] { x.store(2, relaxed); });
    for (std::size_t reader = 0; reader < 2; ++reader)
      world.task({"reader", static_cast<int>(reader)}, [&, reader] {
        for (std::size_t i = 0; i < 2; ++i) seen[2 * reader + i] = x.load(relaxed);
      });
    world.run();
    return text_of(seen);
  });
  // Each reader sees one of 00 01 02 11 12 21 22; the pairs in which one sees 12 and the other 21 are out.
  EXPECT_THAT(outcomes, ::testing::SizeIs(7 * 7 - 2));
  EXPECT_FALSE(outcomes.contains("1221"));
  EXPECT_FALSE(outcomes.contains("2112"));
}

TEST(Coherence, WritesOfOneTaskStayInOrder) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    world.task("writer", [&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
    });
    world.run();
    return std::to_string(x.peek());
  });
  EXPECT_EQ(outcomes, (Outcomes{"2"}));
}

TEST(Coherence, AReadSeesNothingOlderThanOnesOwnWrite) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    int seen = 0;
    world.task("other", [&] { x.store(2, relaxed); });
    world.task("self", [&] {
      x.store(1, relaxed);
      seen = x.load(relaxed);
    });
    world.run();
    return std::to_string(seen) + std::to_string(x.peek());
  });
  EXPECT_EQ(outcomes, (Outcomes{"11", "12", "22"})) << "21 would put the store behind one that it was read after";
}

TEST(Coherence, AWriteComesAfterWhatItsTaskHasRead) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    int seen = 0;
    world.task("other", [&] { x.store(1, relaxed); });
    world.task("self", [&] {
      seen = x.load(relaxed);
      x.store(2, relaxed);
    });
    world.run();
    return std::to_string(seen) + std::to_string(x.peek());
  });
  EXPECT_EQ(outcomes, (Outcomes{"01", "02", "12"}));
}

TEST(Updates, NoTwoReadTheSame) {
  const auto outcomes = outcomes_of([](World& world) {
    Atomic<int> x(0, "x");
    for (int i = 0; i < 3; ++i) world.task({"adds", i}, [&] { x.fetch_add(1, relaxed); });
    world.run();
    return std::to_string(x.peek());
  });
  EXPECT_EQ(outcomes, (Outcomes{"3"}));
}

TEST(Updates, AnExchangeThatFailsMayHaveSeenAnOldValue) {
  const auto outcomes = outcomes_of([](World& world) {
    Locations at;
    int expected = 1;
    bool exchanged = false;
    std::array<int, 2> seen{};
    world.task("writer", [&] {
      at.x.store(1, relaxed);
      at.y.store(1, relaxed);
    });
    world.task("exchanger", [&] {
      seen[0] = at.y.load(relaxed);
      exchanged = at.x.compare_exchange(expected, 2, relaxed);
    });
    world.run();
    return std::to_string(seen[0]) + (exchanged ? " yes" : " no, " + std::to_string(expected));
  });
  EXPECT_EQ(outcomes, (Outcomes{"0 no, 0", "0 yes", "1 no, 0", "1 yes"}));
}

// A release sequence: what reads an update that reads a release synchronises with that release, whoever updates.
TEST(ReleaseSequence, GoesOnThroughUpdatesOfOthers) {
  const auto outcomes = [](bool updates) {
    return outcomes_of([updates](World& world) {
      Locations at;
      std::array<int, 2> seen{};
      world.task("writer", [&] {
        at.x.store(1, relaxed);
        at.y.store(1, release);
      });
      world.task("middle", [&, updates] {
        if (updates) {
          at.y.fetch_add(1, relaxed);
        } else if (at.y.load(relaxed) == 1) {
          at.y.store(2, relaxed);
        }
      });
      world.task("reader", [&] {
        seen[0] = at.y.load(acquire);
        if (seen[0] == 2) seen[1] = at.x.load(relaxed);
      });
      world.run();
      return seen[0] == 2 ? text_of(seen) : std::string();
    });
  };
  EXPECT_EQ(outcomes(true), (Outcomes{"", "21"}));
  EXPECT_EQ(outcomes(false), (Outcomes{"", "20", "21"})) << "a relaxed store of another task ends it";
}

TEST(ReleaseSequence, ARelaxedStoreOfTheSameTaskEndsIt) {
  const auto outcomes = outcomes_of([](World& world) {
    Locations at;
    std::array<int, 2> seen{};
    world.task("writer", [&] {
      at.x.store(1, relaxed);
      at.y.store(1, release);
      at.y.store(2, relaxed);
    });
    world.task("reader", [&] {
      seen[0] = at.y.load(acquire);
      if (seen[0] == 2) seen[1] = at.x.load(relaxed);
    });
    world.run();
    return seen[0] == 2 ? text_of(seen) : std::string();
  });
  EXPECT_EQ(outcomes, (Outcomes{"", "20", "21"})) << "since C++20 (P0982) only updates continue a release sequence";
}

// S and R of "Herding cats": a store that must not be put before one that it happens after.
TEST(WriteOrder, AStoreComesAfterTheStoresThatHappenBeforeIt) {
  const auto outcomes = [](std::memory_order store, std::memory_order load) {
    return outcomes_of([=](World& world) {
      Locations at;
      int seen = 0;
      world.task("left", [&, store] {
        at.x.store(2, relaxed);
        at.y.store(1, store);
      });
      world.task("right", [&, load] {
        seen = at.y.load(load);
        at.x.store(1, relaxed);
      });
      world.run();
      return std::to_string(seen) + std::to_string(at.x.peek());
    });
  };
  EXPECT_EQ(outcomes(release, acquire), (Outcomes{"01", "02", "11"}));
  EXPECT_EQ(outcomes(relaxed, relaxed), (Outcomes{"01", "02", "11", "12"}));
}

TEST(Causality, IsTransitiveThroughReleaseAndAcquire) {
  const auto outcomes = [](std::memory_order store, std::memory_order load) {
    return outcomes_of([=](World& world) {
      Locations at;
      std::array<int, 3> seen{};
      world.task("writer", [&] { at.x.store(1, relaxed); });
      world.task("middle", [&, store, load] {
        seen[0] = at.x.load(load);
        at.y.store(1, store);
      });
      world.task("reader", [&, load] {
        seen[1] = at.y.load(load);
        seen[2] = at.x.load(relaxed);
      });
      world.run();
      return text_of(seen);
    });
  };
  EXPECT_FALSE(outcomes(release, acquire).contains("110")) << "the middle has read x, and coherence goes on";
  EXPECT_TRUE(outcomes(relaxed, relaxed).contains("110"));
}

TEST(Spawning, AChildSeesWhatItsParentDidAndAJoinWhatTheChildDid) {
  const auto outcomes = outcomes_of([](World& world) {
    Locations at;
    std::array<int, 2> seen{};
    world.task("parent", [&] {
      at.x.store(1, relaxed);
      const TaskHandle child = spawn("child", [&] {
        seen[0] = at.x.load(relaxed);
        at.y.store(1, relaxed);
      });
      child.join();
      seen[1] = at.y.load(relaxed);
    });
    world.run();
    return text_of(seen);
  });
  EXPECT_EQ(outcomes, (Outcomes{"11"}));
}

}  // namespace
}  // namespace heddle::sim::testing

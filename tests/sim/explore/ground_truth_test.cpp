// Numbers of interleavings and of traces that were computed by brute force and, where published, by other model
// checkers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "tests/support/census.hpp"
#include "tests/support/ground_truth.hpp"

namespace heddle::sim {
namespace {

using namespace heddle::testing;
using ::testing::ElementsAreArray;

struct Truth {
  std::string name;
  Program program;
  std::uint64_t interleavings;  // maximal, complete
  std::uint64_t traces;
  std::uint64_t deadlocked_interleavings = 0;
  std::uint64_t deadlocked_traces = 0;
};

void PrintTo(const Truth& truth, std::ostream* out) {
  *out << truth.name;
}

class GroundTruth : public ::testing::TestWithParam<Truth> {};

TEST_P(GroundTruth, DepthFirstSearchCountsInterleavingsAndHashesCountTraces) {
  const Truth& truth = GetParam();
  const Census census = take_census(truth.program);
  EXPECT_EQ(census.complete, truth.interleavings);
  EXPECT_EQ(census.traces.size(), truth.traces);
  EXPECT_EQ(census.deadlocked, truth.deadlocked_interleavings);
  EXPECT_EQ(census.deadlock_traces.size(), truth.deadlocked_traces);
  EXPECT_EQ(census.violated + census.cut, 0U);
}

TEST_P(GroundTruth, HappensBeforeCachingMissesNoTrace) {
  const Truth& truth = GetParam();
  const Census census = take_census(truth.program, Dfs().cached());
  EXPECT_EQ(census.deadlock_traces.size(), truth.deadlocked_traces);
  EXPECT_LE(census.executions(), truth.interleavings + truth.deadlocked_interleavings);
}

TEST_P(GroundTruth, OptimalReductionExploresEachTraceOnce) {
  const Truth& truth = GetParam();
  Dpor dpor;
  const Census census = take_census(truth.program, dpor);
  EXPECT_EQ(census.complete, truth.traces);
  EXPECT_EQ(census.traces.size(), truth.traces);
  EXPECT_EQ(census.deadlocked, truth.deadlocked_traces);
  EXPECT_EQ(dpor.redundant(), 0U);
}

// Where no source is given: (sum of the tasks' steps)! / product of (each task's steps)!.
INSTANTIATE_TEST_SUITE_P(Litmus, GroundTruth,
                         ::testing::Values(Truth{"sb", store_buffering(), 6, 3}, Truth{"mp", message_passing(), 6, 3},
                                           Truth{"lb", load_buffering(), 6, 3},
                                           Truth{"2+2w", two_plus_two_writes(), 6, 3}, Truth{"iriw", iriw(), 180, 15},
                                           Truth{"corr", corr(), 6, 6}));

INSTANTIATE_TEST_SUITE_P(
    Shared, GroundTruth,
    ::testing::Values(Truth{"readers(1)", readers(1), 2, 2}, Truth{"readers(3)", readers(3), 24, 8},
                      Truth{"readers(5)", readers(5), 720, 32}, Truth{"writers(2)", writers(2), 6, 6},
                      Truth{"writers(3)", writers(3), 24, 24}, Truth{"lastzero(3)", lastzero(3), 920, 12},
                      Truth{"lastzero(4)", lastzero(4), 44'300, 28}));

INSTANTIATE_TEST_SUITE_P(Updates, GroundTruth,
                         ::testing::Values(Truth{"ainc(4)", ainc(4), 24, 24}, Truth{"binc(3)", binc(3), 90, 36},
                                           Truth{"binc(4)", binc(4), 2'520, 576}, Truth{"cas(4)", cas(4), 24, 4},
                                           Truth{"casrot(2)", casrot(2), 2, 2}, Truth{"casrot(3)", casrot(3), 6, 5},
                                           Truth{"casrot(4)", casrot(4), 24, 14},
                                           Truth{"casrot(5)", casrot(5), 120, 43},
                                           Truth{"casrot(6)", casrot(6), 720, 144},
                                           Truth{"casrot(7)", casrot(7), 5'040, 523}));

// With starts: 6! / (6 * 3 * 2 * 2) and 9! / (9 * 6 * 3 * 2 * 2 * 2), by the hook length formula for the tree of
// starts.
INSTANTIATE_TEST_SUITE_P(Accounts, GroundTruth,
                         ::testing::Values(Truth{"account(1)", account(1), 6, 4},
                                           Truth{"account(2)", account(2), 90, 36},
                                           Truth{"account(3)", account(3), 2'520, 576},
                                           Truth{"account_with_starts(1)", account_with_starts(1), 10, 4},
                                           Truth{"account_with_starts(2)", account_with_starts(2), 280, 36}));

// Of locks: who is next is decided only when the lock is free, so there are as many interleavings as orders of critical
// sections.
INSTANTIATE_TEST_SUITE_P(
    Locks, GroundTruth,
    ::testing::Values(Truth{"lockinc(3)", lockinc(3), 6, 6}, Truth{"lockinc(4)", lockinc(4), 24, 24},
                      Truth{"lockinc(3, twice)", lockinc(3, 2), 90, 90},
                      Truth{"philosophers(3)", philosophers(3, Forks::left_first), 162, 6, 6, 1},
                      Truth{"philosophers(4)", philosophers(4, Forks::left_first), 98'160, 14, 24, 1}));

struct TraceCount {
  std::string name;
  Program program;
  std::uint64_t traces;
};

void PrintTo(const TraceCount& count, std::ostream* out) {
  *out << count.name;
}

/// Too many interleavings to enumerate.
class LargeGroundTruth : public ::testing::TestWithParam<TraceCount> {};

TEST_P(LargeGroundTruth, OptimalReductionExploresEachTraceOnce) {
  Dpor dpor;
  const Census census = take_census(GetParam().program, dpor);
  EXPECT_EQ(census.executions(), GetParam().traces);
  EXPECT_EQ(census.traces.size() + census.deadlock_traces.size(), GetParam().traces);
  EXPECT_EQ(dpor.redundant(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Benchmarks, LargeGroundTruth,
    ::testing::Values(TraceCount{"readers(10)", readers(10), 1024}, TraceCount{"writers(6)", writers(6), 5040},
                      TraceCount{"lastzero(10)", lastzero(10), 3328}, TraceCount{"lastzero(15)", lastzero(15), 147'456},
                      TraceCount{"indexer(11)", indexer(11), 1}, TraceCount{"indexer(12)", indexer(12), 8},
                      TraceCount{"indexer(14)", indexer(14), 512}, TraceCount{"filesystem(13)", filesystem(13), 1},
                      TraceCount{"filesystem(14)", filesystem(14), 2}, TraceCount{"filesystem(18)", filesystem(18), 32},
                      TraceCount{"filesystem(20)", filesystem(20), 128}, TraceCount{"casrot(8)", casrot(8), 2'048},
                      TraceCount{"casrot(9)", casrot(9), 8'597}, TraceCount{"cas(6)", cas(6), 6},
                      TraceCount{"lockinc(5)", lockinc(5), 120}, TraceCount{"account(4)", account(4), 14'400},
                      TraceCount{"philosophers(6)", philosophers(6, Forks::left_first), 63},
                      TraceCount{"philosophers(6, ordered)", philosophers(6, Forks::ordered), 62}));

TEST(GroundTruthOfOrderedForks, NothingDeadlocks) {
  for (const int n : {2, 3, 4}) {
    const Census census = take_census(philosophers(n, Forks::ordered));
    EXPECT_EQ(census.deadlocked, 0U);
    EXPECT_EQ(census.traces.size(), (1U << static_cast<unsigned>(n)) - 2);
  }
}

std::vector<std::size_t> traces_by_preemptions(const Program& program, std::uint32_t most) {
  std::vector<std::size_t> traces;
  for (std::uint32_t bound = 0; bound <= most; ++bound)
    traces.push_back(take_census(program, Dfs::preemption_bounded(bound)).traces.size());
  return traces;
}

TEST(PreemptionBound, FindsExactlyTheTracesThatNeedNoMorePreemptions) {
  using Counts = std::vector<std::size_t>;
  EXPECT_EQ(traces_by_preemptions(store_buffering(), 2), (Counts{2, 3, 3}));
  EXPECT_EQ(traces_by_preemptions(message_passing(), 1), (Counts{2, 3}));
  EXPECT_EQ(traces_by_preemptions(load_buffering(), 1), (Counts{2, 3}));
  EXPECT_EQ(traces_by_preemptions(two_plus_two_writes(), 1), (Counts{2, 3}));
  EXPECT_EQ(traces_by_preemptions(iriw(), 1), (Counts{14, 15}));
  EXPECT_EQ(traces_by_preemptions(corr(), 2), (Counts{2, 4, 6}));
  EXPECT_EQ(traces_by_preemptions(readers(4), 0), (Counts{16}));
  EXPECT_EQ(traces_by_preemptions(lastzero(4), 0), (Counts{28}));
  EXPECT_EQ(traces_by_preemptions(philosophers(3, Forks::ordered), 0), (Counts{6}));
  EXPECT_EQ(traces_by_preemptions(casrot(6), 0), (Counts{144}));
  EXPECT_EQ(traces_by_preemptions(binc(4), 3), (Counts{24, 168, 432, 576}));
  EXPECT_EQ(traces_by_preemptions(account(3), 3), (Counts{24, 168, 432, 576}));
}

TEST(DepthFirstSearch, EnumeratesTheInterleavingsOfALostUpdate) {
  const Program program = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
    world.run();
    world.sometimes("lost", balance.peek() == 1);
  };
  const Verdict verdict = explore(program, Dfs{});
  EXPECT_TRUE(verdict.exhausted());
  EXPECT_EQ(verdict.evidence.executions, 6U);
  EXPECT_EQ(verdict.evidence.distinct_traces, 4U);
}

}  // namespace
}  // namespace heddle::sim

// Every exhaustive strategy against brute force: the same set of traces, of final states and of deadlocked traces.
#include <gtest/gtest.h>

#include <cstdio>

#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "tests/sim/explore/random_program.hpp"
#include "tests/sim/explore/waiting_program.hpp"

namespace heddle::sim::testing {
namespace {

struct Explored {
  std::set<std::uint64_t> traces;
  std::set<std::uint64_t> deadlocks;
  std::set<FinalState> states;
  std::uint64_t executions = 0;
  bool complete = false;
};

void run_once(const RandomProgram& random, World& world, FinalState& state) {
  RandomProgramRun(random, world, state);
}
void run_once(const WaitingProgram& random, World& world, FinalState& state) {
  WaitingProgramRun(random, world, state);
}

template <class Random>
Explored explore_all(const Random& random, Strategy& strategy, std::uint64_t limit) {
  Explored explored;
  FinalState state;
  const Program program = [&](World& world) { run_once(random, world, state); };
  ExecutionOptions options{.step_limit = 1000, .time = random.time};
  if constexpr (requires { random.memory; }) options.memory = random.memory;
  Execution execution(options);
  while (strategy.begin_execution(explored.executions)) {
    if (explored.executions++ >= limit) return explored;
    const ExecutionResult result = execution.run(program, strategy);
    strategy.end_execution(result);
    explored.traces.insert(result.trace_hash);
    if (result.failure == FailureKind::deadlock) {
      explored.deadlocks.insert(result.trace_hash);
    } else {
      EXPECT_EQ(result.failure, FailureKind::none) << result.property << " in " << random.describe();
      explored.states.insert(state);
    }
  }
  explored.complete = true;
  return explored;
}

template <class Make>
void compare_with_brute_force(std::uint64_t programs, Make make) {
  constexpr std::uint64_t limit = 10'000;
  std::uint64_t compared = 0;
  std::uint64_t interleavings = 0;
  std::uint64_t executions = 0;
  std::uint64_t redundant = 0;
  std::uint64_t ended_early = 0;
  std::uint64_t source_executions = 0;
  for (std::uint64_t seed = 0; seed < programs; ++seed) {
    const auto program = make(seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + program.describe());
    Dfs brute_force;
    const Explored all = explore_all(program, brute_force, limit);
    if (!all.complete) continue;
    ++compared;
    Dfs cached = Dfs{}.cached();
    const Explored with_cache = explore_all(program, cached, limit);
    ASSERT_EQ(with_cache.traces, all.traces);
    ASSERT_EQ(with_cache.states, all.states);
    ASSERT_EQ(with_cache.deadlocks, all.deadlocks);
    Dpor dpor;
    const Explored reduced = explore_all(program, dpor, limit);
    if (dpor.ended_early()) {
      ++ended_early;
      continue;
    }
    ASSERT_EQ(reduced.traces, all.traces);
    ASSERT_EQ(reduced.states, all.states);
    ASSERT_EQ(reduced.deadlocks, all.deadlocks);
    ASSERT_EQ(reduced.executions, all.traces.size() + dpor.redundant());
    Dpor by_source_sets = Dpor{}.with_source_sets();
    const Explored by_sources = explore_all(program, by_source_sets, 10 * limit);
    if (!by_source_sets.was_bounded()) {
      ASSERT_EQ(by_sources.traces, all.traces);
      ASSERT_EQ(by_sources.states, all.states);
      ASSERT_EQ(by_sources.deadlocks, all.deadlocks);
    }
    if (seed % 10 == 0) {
      Dfs bounded = Dfs::preemption_bounded(1'000);
      const Explored within_bound = explore_all(program, bounded, limit);
      ASSERT_EQ(within_bound.traces, all.traces);
    }
    redundant += dpor.redundant();
    source_executions += by_sources.executions;
    executions += with_cache.executions;
    interleavings += all.executions;
  }
  EXPECT_GT(compared - ended_early, programs / 2);
  std::printf(
      "%llu programs compared: %llu interleavings, %llu executions with the cache, %llu redundant ones of DPOR, %llu "
      "with source sets\n",
      static_cast<unsigned long long>(compared), static_cast<unsigned long long>(interleavings),
      static_cast<unsigned long long>(executions), static_cast<unsigned long long>(redundant),
      static_cast<unsigned long long>(source_executions));
}

TEST(ExhaustiveStrategies, ReachWhatBruteForceReaches) {
  compare_with_brute_force(program_count(2000), [](std::uint64_t seed) { return RandomProgram::make(seed); });
}

TEST(ExhaustiveStrategies, ReachWhatBruteForceReachesInWeakMemory) {
  compare_with_brute_force(program_count(2000),
                           [](std::uint64_t seed) { return RandomProgram::make(seed, Memory::weak); });
}

TEST(ExhaustiveStrategies, ReachWhatBruteForceReachesWhereTasksWait) {
  compare_with_brute_force(program_count(2000), [](std::uint64_t seed) { return WaitingProgram::make(seed); });
}

}  // namespace
}  // namespace heddle::sim::testing

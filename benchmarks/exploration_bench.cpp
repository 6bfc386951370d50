// What it takes to explore whole programs with optimal DPOR, beside the same executions without it: the default way on,
// again and again.
//   build/release/benchmarks/exploration_bench
#include <benchmark/benchmark.h>

#include <cstdint>

#include "sim/core/world.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/replay.hpp"
#include "tests/support/ground_truth.hpp"

namespace {

using namespace heddle::sim;
namespace programs = heddle::testing;

struct Work {
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;
  std::size_t memory = 0;  // in bytes, for what is left to explore
};

Work explore_with_dpor(const Program& program, bool hash_traces) {
  Execution execution({.hash_traces = hash_traces});
  Dpor dpor;
  Work work;
  while (dpor.begin_execution(work.executions)) {
    ++work.executions;
    work.steps += execution.run(program, dpor).steps;
    dpor.end_execution(execution.result());
  }
  work.memory = dpor.memory();
  return work;
}

void count(benchmark::State& state, const Work& work) {
  if (work.memory > 0)
    state.counters["memory"] = benchmark::Counter(static_cast<double>(work.memory), benchmark::Counter::kDefaults,
                                                  benchmark::Counter::kIs1024);
  state.counters["executions"] = benchmark::Counter(static_cast<double>(work.executions));
  state.counters["per step"] = benchmark::Counter(
      static_cast<double>(work.steps), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void dpor(benchmark::State& state, const Program& program, bool hash_traces) {
  Work work;
  for (auto _ : state) work = explore_with_dpor(program, hash_traces);
  count(state, work);
}

/// As many executions, one after the other, of one schedule.
void raw(benchmark::State& state, const Program& program) {
  const std::uint64_t executions = explore_with_dpor(program, false).executions;
  Execution execution({.hash_traces = false});
  Work work;
  for (auto _ : state) {
    work = {};
    for (; work.executions < executions; ++work.executions) {
      Replay nothing({});
      nothing.begin_execution(0);
      work.steps += execution.run(program, nothing).steps;
    }
  }
  count(state, work);
}

/// All that `explore` does, by so many threads.
void jobs(benchmark::State& state, const Program& program) {
  Work work;
  for (auto _ : state) {
    const Verdict verdict =
        explore(program, {.check_determinism = false, .jobs = static_cast<unsigned>(state.range(0))});
    work = {verdict.evidence.executions, verdict.evidence.steps};
  }
  count(state, work);
}

BENCHMARK_CAPTURE(jobs, lastzero_15, programs::lastzero(15))
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(dpor, lastzero_15, programs::lastzero(15), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dpor, lastzero_15_with_hashes, programs::lastzero(15), true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(raw, lastzero_15, programs::lastzero(15))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dpor, readers_15, programs::readers(15), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(raw, readers_15, programs::readers(15))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dpor, indexer_15, programs::indexer(15), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(dpor, filesystem_20, programs::filesystem(20), false)->Unit(benchmark::kMillisecond);

}  // namespace

// What a command of the key-value model costs, beside the map look-up that it cannot do without.
//   build/release/benchmarks/kv_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <map>
#include <string>

#include "models/kv/session.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/random.hpp"

namespace {

using namespace heddle;

constexpr int rounds = 10'000;
constexpr int commands_per_round = 4;
constexpr int key_count = 8;

std::string key_of(int i) {
  return "in-use:" + std::to_string(i % key_count);
}

void raw_map(benchmark::State& state) {
  std::map<std::string, std::string, std::less<>> map;
  for (int i = 0; i < key_count; ++i) map[key_of(i)] = "worker-1";
  const std::string key = key_of(5);
  for (auto _ : state) benchmark::DoNotOptimize(map.find(std::string_view(key)));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(raw_map);

/// A lease is taken, looked at twice and released, by one task. Argument: whether traces are hashed.
void lease_round_trips(benchmark::State& state) {
  sim::ExecutionOptions options;
  options.hash_traces = state.range(0) != 0;
  options.step_limit = std::uint64_t{1} << 40U;
  sim::Execution execution(options);
  sim::Random random;
  random.begin_execution(0);
  const sim::Program program = [](sim::World& world) {
    kv::Store store;
    kv::StoreClient client(store);
    world.task("worker", [&] {
      for (int i = 0; i < rounds; ++i) {
        const std::string key = key_of(i);
        client.set(key, "worker-1", {.condition = kv::SetIf::absent, .ttl = std::chrono::milliseconds(100)});
        benchmark::DoNotOptimize(client.get(key));
        benchmark::DoNotOptimize(client.exists(key));
        client.compare_and_delete(key, "worker-1");
      }
    });
    world.run();
  };
  for (auto _ : state) execution.run(program, random);
  state.SetItemsProcessed(state.iterations() * rounds * commands_per_round);
}
BENCHMARK(lease_round_trips)->ArgName("hashed")->Arg(0)->Arg(1);

}  // namespace

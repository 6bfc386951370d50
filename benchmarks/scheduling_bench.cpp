// What a scheduling point costs, beside the raw cost of what it is made of: a fiber switch, and a random step over raw
// switches.
//   build/release/benchmarks/scheduling_bench --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstdint>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/pct.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/rng.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace {

using namespace heddle::sim;
namespace context = boost::context::detail;

constexpr std::size_t stack_size = 64 * 1024;

void raw_switch(benchmark::State& state) {
  std::vector<char> stack(stack_size);
  context::fcontext_t other = context::make_fcontext(stack.data() + stack_size, stack_size, [](context::transfer_t t) {
    for (;;) t = context::jump_fcontext(t.fctx, nullptr);
  });
  for (auto _ : state) other = context::jump_fcontext(other, nullptr).fctx;
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(raw_switch);

// Three contexts that hand over to a random one of three, without a scheduler.
struct Ring {
  context::fcontext_t contexts[3] = {};
  context::fcontext_t home = nullptr;
  std::int64_t left = 0;
  Rng rng{1, 1};
};

void ring_member(context::transfer_t transfer) {
  Ring& ring = *static_cast<Ring*>(transfer.data);
  std::uintptr_t self = 0;
  transfer = context::jump_fcontext(transfer.fctx, nullptr);
  ring.home = transfer.fctx;
  self = reinterpret_cast<std::uintptr_t>(transfer.data);
  transfer = context::jump_fcontext(transfer.fctx, nullptr);
  for (;;) {
    const auto from = reinterpret_cast<std::uintptr_t>(transfer.data);
    if (from < 3) {
      ring.contexts[from] = transfer.fctx;
    } else {
      ring.home = transfer.fctx;
    }
    for (;;) {
      if (ring.left-- <= 0) {
        transfer = context::jump_fcontext(ring.home, reinterpret_cast<void*>(self));
        break;
      }
      const std::uintptr_t next = ring.rng.below(3);
      if (next == self) continue;
      transfer = context::jump_fcontext(ring.contexts[next], reinterpret_cast<void*>(self));
      break;
    }
  }
}

void raw_random_step(benchmark::State& state) {
  constexpr std::int64_t steps = 100'000;
  std::vector<std::vector<char>> stacks(3, std::vector<char>(stack_size));
  Ring ring;
  for (std::uintptr_t i = 0; i < 3; ++i) {
    ring.contexts[i] = context::make_fcontext(stacks[i].data() + stack_size, stack_size, &ring_member);
    ring.contexts[i] = context::jump_fcontext(ring.contexts[i], &ring).fctx;
    ring.contexts[i] = context::jump_fcontext(ring.contexts[i], reinterpret_cast<void*>(i)).fctx;
  }
  std::uintptr_t next = 0;
  for (auto _ : state) {
    ring.left = steps;
    const auto back = context::jump_fcontext(ring.contexts[next], reinterpret_cast<void*>(std::uintptr_t{3}));
    next = reinterpret_cast<std::uintptr_t>(back.data);
    ring.contexts[next] = back.fctx;
  }
  state.SetItemsProcessed(steps * state.iterations());
}
BENCHMARK(raw_random_step);

void lock_increment_unlock(World& world) {
  Mutex mutex("mutex");
  int counter = 0;
  for (int t = 0; t < 3; ++t)
    world.task({"task", t}, [&] {
      for (int i = 0; i < 10; ++i) {
        mutex.lock();
        ++counter;
        mutex.unlock();
      }
    });
  world.run();
  world.check("all_counted", counter == 30);
}

template <class S>
void run_executions(benchmark::State& state, const Program& program, S strategy, bool hash_traces) {
  Execution execution({.hash_traces = hash_traces});
  std::uint64_t steps = 0;
  std::uint64_t index = 0;
  for (auto _ : state) {
    strategy.begin_execution(index++);
    steps += execution.run(program, strategy).steps;
  }
  state.counters["executions"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  state.counters["per_step"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// W1: 3 tasks x 10 {lock; counter++; unlock}.
void w1_random(benchmark::State& state) {
  run_executions(state, lock_increment_unlock, Random{1}, false);
}
void w1_random_with_trace_hash(benchmark::State& state) {
  run_executions(state, lock_increment_unlock, Random{1}, true);
}
void w1_pct(benchmark::State& state) {
  run_executions(state, lock_increment_unlock, Pct{3, 1}, false);
}
BENCHMARK(w1_random);
BENCHMARK(w1_random_with_trace_hash);
BENCHMARK(w1_pct);

// W2: 2 tasks, a lost update by load and store. Of the six interleavings a random walk takes one with both loads first
// with probability exactly 1/2, so the mean number of executions to the bug is 2.
void w2_lost_update_found(benchmark::State& state) {
  const Program program = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int t = 0; t < 2; ++t) world.task({"deposit", t}, [&] { balance.store(balance.load() + 1); });
    world.run();
    world.check("no_lost_update", balance.peek() == 2);
  };
  Execution execution({.hash_traces = false});
  std::uint64_t executions = 0;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Random strategy(seed++);
    for (std::uint64_t index = 0;; ++index) {
      strategy.begin_execution(index);
      ++executions;
      if (execution.run(program, strategy).failure != FailureKind::none) break;
    }
  }
  state.counters["executions_to_the_bug"] = static_cast<double>(executions) / static_cast<double>(state.iterations());
}
BENCHMARK(w2_lost_update_found);

// An execution that ends early, beside one that ends well.
void deadlock_or_not(benchmark::State& state) {
  run_executions(
      state,
      [](World& world) {
        Mutex a("a");
        Mutex b("b");
        world.task("ab", [&] {
          const LockGuard first(a);
          const LockGuard second(b);
        });
        world.task("ba", [&] {
          const LockGuard first(b);
          const LockGuard second(a);
        });
        world.run();
      },
      Random{1}, false);
}
BENCHMARK(deadlock_or_not);

}  // namespace

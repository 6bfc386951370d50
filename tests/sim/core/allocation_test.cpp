// In steady state an execution allocates nothing, and a million of them take no more memory than a thousand.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "sim/core/fiber.hpp"
#include "sim/explore/pct.hpp"
#include "sim/explore/random.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/channel.hpp"
#include "sim/sync/condition_variable.hpp"

namespace {

std::uint64_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;

void threads(World& world) {
  Atomic<int> balance(0, "balance");
  Mutex mutex("mutex");
  ConditionVariable changed("changed");
  for (int i = 0; i < 3; ++i)
    world.task({"deposit", i}, [&] {
      std::unique_lock lock(mutex);
      balance.store(balance.load() + 1);
      changed.notify_all();
      while (balance.load() < 3) static_cast<void>(changed.wait_for(lock, 1s));
      sleep(1ms);
    });
  world.run();
}

void async_tasks(World& world) {
  Runtime runtime(2, "pool");
  AsyncMutex mutex("mutex");
  auto jobs = channel<int>(1, "jobs");
  for (int i = 0; i < 3; ++i)
    runtime
        .spawn({"producer", i},
               [&, i] {
                 const auto held = timeout(1s, [&] { return mutex.lock(); });
                 jobs.sender.send(i);
               })
        .detach();
  auto consumer = runtime.spawn("consumer", [&] {
    for (int i = 0; i < 3; ++i) jobs.receiver.recv();
  });
  world.task("main", [&] { consumer.join(); });
  world.run();
}

/// Allocations of the second half of so many executions: whatever grows to the size of the largest has grown by then.
std::uint64_t allocations_in_steady_state(const Program& program, Strategy& strategy, bool hash_traces) {
  constexpr std::uint64_t executions = 2000;
  Execution execution({.hash_traces = hash_traces});
  std::uint64_t before = 0;
  for (std::uint64_t i = 0; i < executions; ++i) {
    if (i == executions / 2) before = allocations;
    strategy.begin_execution(i % (executions / 2));  // the second half repeats the first
    const ExecutionResult& result = execution.run(program, strategy);
    strategy.end_execution(result);
  }
  return allocations - before;
}

TEST(SteadyState, ARandomWalkAllocatesNothing) {
  for (const bool hash_traces : {false, true}) {
    for (const Program& program : {Program(threads), Program(async_tasks)}) {
      Random random(5);
      EXPECT_EQ(allocations_in_steady_state(program, random, hash_traces), 0U) << "hashing: " << hash_traces;
    }
  }
}

TEST(SteadyState, PctAllocatesNothing) {
  Pct pct(3, 5);
  EXPECT_EQ(allocations_in_steady_state(threads, pct, false), 0U);
}

/// Resident memory in pages.
long resident_pages() {
  long total = 0;
  long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return resident;
}

TEST(SteadyState, AMillionExecutionsTakeNoMoreMemoryThanAThousand) {
#ifdef HEDDLE_ASAN
  constexpr std::uint64_t executions = 20'000;  // a tenth of the speed
#else
  constexpr std::uint64_t executions = 1'000'000;
#endif
  Execution execution;
  Random random(1);
  const Program program = [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
    world.run();
    world.check("no_lost_update", balance.peek() == 2);
  };
  long before = 0;
  for (std::uint64_t i = 0; i < executions; ++i) {
    if (i == 1000) before = resident_pages();
    random.begin_execution(i);
    execution.run(program, random);
  }
  EXPECT_LE(resident_pages(), before + 64);
}

}  // namespace
}  // namespace heddle::sim

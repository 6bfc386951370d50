// In steady state an execution on the store allocates nothing, as long as replies are short: keys and values live in
// the execution's arena.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "models/kv/session.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/random.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}

#if !defined(__SANITIZE_ADDRESS__)
// Inlined, they would look to the compiler like a free() of what new gave.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace heddle::kv {
namespace {

TEST(Allocation, ExecutionsOnAWarmStoreAllocateNothing) {
  const sim::Program program = [](sim::World& world) {
    Store store;
    StoreClient client(store);
    for (int i = 0; i < 2; ++i)
      world.task({"worker", i}, [&] {
        for (int round = 0; round < 100; ++round) {
          client.set("NET:channel:in-use:17", "worker-1", {.condition = SetIf::absent, .ttl = Milliseconds(100)});
          static_cast<void>(client.get("NET:channel:in-use:17"));
          client.increment("NET:channel:fencing:17");
          client.compare_and_expire("NET:channel:in-use:17", "worker-1", Milliseconds(200));
          static_cast<void>(client.pttl("NET:channel:in-use:17"));
          client.compare_and_delete("NET:channel:in-use:17", "worker-1");
        }
      });
    world.run();
  };
  sim::Execution execution;
  sim::Random random;
  std::uint64_t index = 0;
  const auto run = [&] {
    random.begin_execution(index++);
    execution.run(program, random);
  };
  for (int i = 0; i < 50; ++i) run();
  const std::size_t before = allocations.load();
  for (int i = 0; i < 50; ++i) run();
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_GT(before, 0U);  // it counts
#endif
  EXPECT_EQ(allocations.load() - before, 0U);
}

}  // namespace
}  // namespace heddle::kv

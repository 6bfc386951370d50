// In steady state an execution on the model allocates nothing: plans are cached by their text, and everything else is
// re-used.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "models/postgres/database.hpp"
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

namespace heddle::pg {
namespace {

TEST(Allocation, ExecutionsOnAWarmModelAllocateNothing) {
  const Blueprint blueprint(
      "CREATE TABLE t (id int PRIMARY KEY, name text, x numeric); INSERT INTO t VALUES (1, 'one', 10), (2, 'two', 20)");
  const sim::Program program = [&](sim::World& world) {
    Database db(blueprint);
    ModelConnection first = db.connect();
    ModelConnection second = db.connect();
    const auto transfer = [](Connection& connection, int id) {
      auto tx = connection.begin();
      tx.exec("SELECT name FROM t WHERE id = $1 FOR UPDATE", 1);
      tx.exec("UPDATE t SET x = x + 1, name = $2 WHERE id = $1", 1, "changed");
      tx.exec("INSERT INTO t VALUES ($1, $2, 1)", id, "new");
      tx.commit();
    };
    world.task("first", [&] { transfer(first, 3); });
    world.task("second", [&] { transfer(second, 4); });
    world.run();
  };
  sim::Execution execution;
  sim::Random strategy{7};
  const auto run = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      strategy.begin_execution(i);
      execution.run(program, strategy);
    }
  };
  run(0, 200);
  const std::size_t before = allocations;
  run(200, 400);
  EXPECT_EQ(allocations - before, 0U);
}

}  // namespace
}  // namespace heddle::pg

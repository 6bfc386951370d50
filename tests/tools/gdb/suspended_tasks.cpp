// Two tasks that are suspended in functions of their own, for gdb to find, while a third one runs.
#include "sim/core/world.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/sync/mutex.hpp"

namespace sim = heddle::sim;

[[gnu::noinline]] static void stop_here() {
  asm volatile("");
}

[[gnu::noinline]] static void wait_for_lock(sim::Mutex& mutex) {
  const sim::LockGuard held(mutex);
}

[[gnu::noinline]] static void rest() {
  sim::sleep(std::chrono::seconds(1));
  asm volatile("");  // no tail call, so that this function is in the backtrace
}

int main() {
  const sim::Verdict verdict = sim::explore([](sim::World& world) {
    sim::Mutex mutex("mutex");
    world.task("holder", [&] {
      const sim::LockGuard held(mutex);
      sim::sleep(std::chrono::seconds(2));
      stop_here();
    });
    world.task({"waiter", 1}, [&] {
      sim::sleep(std::chrono::seconds(1));
      wait_for_lock(mutex);
    });
    world.task("sleeper", [&] {
      for (int i = 0; i < 3; ++i) rest();
    });
    world.run();
  });
  return verdict.holds() ? 0 : 1;
}

// Small programs whose failures, and what is needed for them, are known.
#pragma once

#include <string>

#include "sim/core/world.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::sim::test_programs {

/// Fails with exactly 1 preemption and 4 steps.
inline Program lost_update() {
  return [](World& world) {
    Atomic<int> balance(0, "balance");
    for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
    world.run();
    world.check("no_lost_update", balance.peek() == 2,
                [&] { return "the balance is " + std::to_string(balance.peek()) + " after two deposits of 1"; });
  };
}

/// Fails with exactly 2 preemptions: the reader must see the value between the stores, and then the last one.
inline Program torn_read() {
  return [](World& world) {
    Atomic<int> value(0, "value");
    world.task("writer", [&] {
      value.store(1);
      value.store(2);
    });
    world.task("reader", [&] {
      const int first = value.load();
      const int second = value.load();
      check("reads_one_value", first != 1 || second != 2);
    });
    world.run();
  };
}

/// Fails without any preemption.
inline Program order_violation() {
  return [](World& world) {
    Atomic<bool> ready(false, "ready");
    world.task("producer", [&] {
      world.yield("preparing");
      ready.store(true);
    });
    world.task("consumer", [&] { check("ready_when_consumed", ready.load()); });
    world.task("bystander", [&] {
      for (int i = 0; i < 3; ++i) world.yield("looking on");
    });
    world.run();
  };
}

/// Deadlocks with exactly 1 preemption.
inline Program abba() {
  return [](World& world) {
    Mutex a("a");
    Mutex b("b");
    world.task("transfer-1", [&] {
      const LockGuard first(a);
      const LockGuard second(b);
    });
    world.task("transfer-2", [&] {
      const LockGuard first(b);
      const LockGuard second(a);
    });
    world.run();
  };
}

/// Fails when the body chooses 5 or more, one task 7 or more, and the other exactly 3.
inline Program data_choices() {
  return [](World& world) {
    const std::uint32_t size = world.choose(8, "size");
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    world.task("a", [&] { first = world.choose(10, "first"); });
    world.task("b", [&] { second = world.choose(5, "second"); });
    world.run();
    const std::uint32_t third = world.choose(4, "third");
    world.check("data_is_fine", size < 5 || first < 7 || second != 3 || third < 1);
  };
}

/// A lease that may run out under its holder, when tasks can be slow (`TimeMode::any_time`).
inline Program lease() {
  return [](World& world) {
    Atomic<int> holder(0, "holder");
    world.task("client", [&] {
      holder.store(1);
      work(std::chrono::milliseconds(3));
      world.yield("writing");
      check("writes_with_lease", holder.load() == 1, [] { return std::string("the lease ran out under its holder"); });
    });
    world.task("expiry", [&] {
      sleep(std::chrono::milliseconds(10));
      holder.store(0);
    });
    world.run();
  };
}

}  // namespace heddle::sim::test_programs

// Small programs with known numbers of interleavings and traces; most are benchmarks of stateless model checkers
// (Abdulla et al., POPL 2014; Kokologiannakis et al., POPL 2022). Each operation is one step, and all tasks exist at
// the start.
#pragma once

#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::testing {

/// Objects that can be made in a loop: they have names and never move.
using Cells = std::deque<sim::Atomic<int>>;

inline void add_cells(Cells& cells, int n) {
  for (int i = 0; i < n; ++i) cells.emplace_back(0, sim::Name{"cell", i});
}

/// One step of a litmus test.
struct Access {
  char kind;  ///< 'R' or 'W'
  int cell;
  int value = 1;  ///< to write
};

/// A task per row, each performing its accesses in order.
inline sim::Program litmus(std::vector<std::vector<Access>> rows) {
  return [rows = std::move(rows)](sim::World& world) {
    Cells cells;
    add_cells(cells, 2);
    for (int i = 0; i < static_cast<int>(rows.size()); ++i)
      world.task({"row", i}, [&, i] {
        for (const Access& access : rows[static_cast<std::size_t>(i)]) {
          sim::Atomic<int>& cell = cells[static_cast<std::size_t>(access.cell)];
          if (access.kind == 'W') {
            cell.store(access.value);
          } else {
            static_cast<void>(cell.load());
          }
        }
      });
    world.run();
  };
}

inline sim::Program store_buffering() {
  return litmus({{{'W', 0}, {'R', 1}}, {{'W', 1}, {'R', 0}}});
}
inline sim::Program message_passing() {
  return litmus({{{'W', 0}, {'W', 1}}, {{'R', 1}, {'R', 0}}});
}
inline sim::Program load_buffering() {
  return litmus({{{'R', 0}, {'W', 1}}, {{'R', 1}, {'W', 0}}});
}
inline sim::Program two_plus_two_writes() {
  return litmus({{{'W', 0}, {'W', 1, 2}}, {{'W', 1}, {'W', 0, 2}}});
}
inline sim::Program iriw() {
  return litmus({{{'W', 0}}, {{'W', 1}}, {{'R', 0}, {'R', 1}}, {{'R', 1}, {'R', 0}}});
}
inline sim::Program corr() {
  return litmus({{{'W', 0, 1}, {'W', 0, 2}}, {{'R', 0}, {'R', 0}}});
}

/// One writer and n readers of one location.
inline sim::Program readers(int n) {
  std::vector<std::vector<Access>> rows{{{'W', 0}}};
  rows.resize(static_cast<std::size_t>(n) + 1, {{'R', 0}});
  return litmus(std::move(rows));
}
/// n writers and one reader of one location.
inline sim::Program writers(int n) {
  std::vector<std::vector<Access>> rows{{{'R', 0}}};
  for (int i = 1; i <= n; ++i) rows.push_back({{'W', 0, i}});
  return litmus(std::move(rows));
}

/// n writers a[j] = a[j-1] + 1, and a reader that scans down to the first zero.
inline sim::Program lastzero(int n) {
  return [n](sim::World& world) {
    Cells a;
    add_cells(a, n + 1);
    const auto at = [&a](int i) -> sim::Atomic<int>& { return a[static_cast<std::size_t>(i)]; };
    world.task("reader", [&] {
      for (int i = n; at(i).load() != 0;) --i;
    });
    for (int j = 1; j <= n; ++j) world.task({"writer", j}, [&, j] { at(j).store(at(j - 1).load() + 1); });
    world.run();
  };
}

enum class Forks : std::uint8_t { left_first, ordered };

inline sim::Program philosophers(int n, Forks forks) {
  return [n, forks](sim::World& world) {
    std::deque<sim::Mutex> fork;
    for (int i = 0; i < n; ++i) fork.emplace_back(sim::Name{"fork", i});
    for (int i = 0; i < n; ++i)
      world.task({"philosopher", i}, [&, i] {
        int first = i;
        int second = (i + 1) % n;
        if (forks == Forks::ordered && first > second) std::swap(first, second);
        const sim::LockGuard one(fork[static_cast<std::size_t>(first)]);
        const sim::LockGuard other(fork[static_cast<std::size_t>(second)]);
      });
    world.run();
  };
}

/// n atomic adds on one counter.
inline sim::Program ainc(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> counter(0, "counter");
    for (int i = 0; i < n; ++i) world.task({"task", i}, [&] { counter.fetch_add(1); });
    world.run();
    world.check("counted", counter.peek() == n);
  };
}

/// n tasks, each `rounds` times {lock; shared++; unlock}; the increment is no step.
inline sim::Program lockinc(int n, int rounds = 1) {
  return [n, rounds](sim::World& world) {
    sim::Mutex mutex("mutex");
    int shared = 0;
    for (int i = 0; i < n; ++i)
      world.task({"task", i}, [&] {
        for (int round = 0; round < rounds; ++round) {
          const sim::LockGuard held(mutex);
          ++shared;
        }
      });
    world.run();
    world.check("counted", shared == n * rounds);
  };
}

/// n tasks, each an atomic add on x and then one on y.
inline sim::Program binc(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> x(0, "x");
    sim::Atomic<int> y(0, "y");
    for (int i = 0; i < n; ++i)
      world.task({"task", i}, [&] {
        x.fetch_add(1);
        y.fetch_add(1);
      });
    world.run();
  };
}

/// n+1 tasks, each a read and then a write of one balance. Joining them all is an edge, not a step: it is the end of
/// the run.
inline sim::Program account(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> balance(0, "balance");
    for (int i = 0; i <= n; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
    world.run();
  };
}

/// The same, where a further task starts them, each in a step of its own.
inline sim::Program account_with_starts(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> balance(0, "balance");
    world.task("main", [&] {
      for (int i = 0; i <= n; ++i) {
        sim::yield("start one");
        sim::spawn({"deposit", i}, [&] { balance.store(balance.load() + 1); });
      }
    });
    world.run();
  };
}

/// n tasks, task i a compare-and-exchange from 0 to i.
inline sim::Program cas(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> x(0, "x");
    for (int i = 1; i <= n; ++i)
      world.task({"task", i}, [&, i] {
        int expected = 0;
        static_cast<void>(x.compare_exchange(expected, i));
      });
    world.run();
  };
}

/// n tasks, task i a compare-and-exchange from i-1 to i.
inline sim::Program casrot(int n) {
  return [n](sim::World& world) {
    sim::Atomic<int> x(0, "x");
    for (int i = 1; i <= n; ++i)
      world.task({"task", i}, [&, i] {
        int expected = i - 1;
        static_cast<void>(x.compare_exchange(expected, i));
      });
    world.run();
  };
}

/// n tasks put four values each into a hash table of 128 slots, with linear probing (Flanagan and Godefroid, POPL
/// 2005).
inline sim::Program indexer(int n) {
  return [n](sim::World& world) {
    constexpr int slots = 128;
    constexpr int values = 4;
    Cells table;
    add_cells(table, slots);
    for (int t = 0; t < n; ++t)
      world.task({"task", t}, [&, t] {
        for (int i = 1; i <= values; ++i) {
          const int value = i * 11 + t;
          int slot = value * 7 % slots;
          for (int expected = 0; !table[static_cast<std::size_t>(slot)].compare_exchange(expected, value); expected = 0)
            slot = (slot + 1) % slots;
        }
      });
    world.run();
  };
}

/// n tasks find a free block for an inode each: 32 inodes, 26 blocks, a lock for each of them (Flanagan and Godefroid,
/// POPL 2005).
inline sim::Program filesystem(int n) {
  return [n](sim::World& world) {
    constexpr int inodes = 32;
    constexpr int blocks = 26;
    std::deque<sim::Mutex> inode_lock;
    std::deque<sim::Mutex> block_lock;
    for (int i = 0; i < inodes; ++i) inode_lock.emplace_back(sim::Name{"inode", i});
    for (int b = 0; b < blocks; ++b) block_lock.emplace_back(sim::Name{"block", b});
    std::array<int, inodes> inode{};
    std::array<bool, blocks> busy{};
    for (int t = 0; t < n; ++t)
      world.task({"task", t}, [&, t] {
        const auto i = static_cast<std::size_t>(t % inodes);
        const sim::LockGuard own(inode_lock[i]);
        if (inode[i] != 0) return;
        for (std::size_t b = i * 2 % blocks;; b = (b + 1) % blocks) {
          const sim::LockGuard block(block_lock[b]);
          if (std::exchange(busy[b], true)) continue;
          inode[i] = static_cast<int>(b) + 1;
          return;
        }
      });
    world.run();
  };
}

}  // namespace heddle::testing

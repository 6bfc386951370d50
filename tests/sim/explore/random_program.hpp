// Random small programs for differential tests: every strategy must reach the same traces, final states and deadlocks.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/rng.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::sim::testing {

/// How many programs a test tries: as many as the environment variable `HEDDLE_PROGRAMS` says, or else `usual`.
inline std::uint64_t program_count(std::uint64_t usual) {
  const char* text = std::getenv("HEDDLE_PROGRAMS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : usual;
}

enum class Kind : std::uint8_t {
  load,
  store,
  add,
  cas,
  copy,
  lock_add,
  try_lock,
  nested_locks,
  choose,
  perhaps_store,
  yield,
  sleep,
  join_previous,
  spawn,
  fence,  // only in programs of weak memory
  count
};

struct Instruction {
  Kind kind = Kind::load;
  int a = 0;
  int b = 0;
  int order = 2;  ///< 0: relaxed, 1: as much as acquires and releases, 2: sequentially consistent
};

/// Programs over three atomics and two mutexes; a task is a list of instructions.
struct RandomProgram {
  std::vector<std::vector<Instruction>> tasks;
  TimeMode time = TimeMode::as_soon_as_idle;
  Memory memory = Memory::sequential;

  static RandomProgram make(std::uint64_t seed, Memory memory = Memory::sequential) {
    Rng rng(0x9d1f, seed);
    RandomProgram program;
    program.memory = memory;
    const bool is_weak = memory == Memory::weak;
    program.time = rng.below(4) == 0 ? TimeMode::any_time : TimeMode::as_soon_as_idle;
    program.tasks.resize(2 + rng.below(2));
    for (auto& task : program.tasks) {
      const std::uint32_t length = 1 + rng.below(4);
      for (std::uint32_t i = 0; i < length; ++i) {
        const auto kinds = static_cast<std::uint32_t>(is_weak ? Kind::count : Kind::fence);
        task.push_back({static_cast<Kind>(rng.below(kinds)), static_cast<int>(rng.below(is_weak ? 2 : 3)),
                        static_cast<int>(rng.below(is_weak ? 2 : 3)), is_weak ? static_cast<int>(rng.below(3)) : 2});
      }
    }
    return program;
  }

  [[nodiscard]] std::string describe() const {
    static constexpr const char* names[] = {"load",     "store",    "add",           "cas",    "copy",
                                            "lock_add", "try_lock", "nested_locks",  "choose", "perhaps_store",
                                            "yield",    "sleep",    "join_previous", "spawn",  "fence"};
    std::string text = time == TimeMode::any_time ? "any_time" : "as_soon_as_idle";
    if (memory == Memory::weak) text += " weak";
    for (const auto& task : tasks) {
      text += " | ";
      for (const Instruction& i : task)
        text += std::string(names[static_cast<int>(i.kind)]) + "(" + std::to_string(i.a) + "," + std::to_string(i.b) +
                "," + std::to_string(i.order) + ") ";
    }
    return text;
  }
};

/// What one execution ended with, as seen by its tasks.
using FinalState = std::vector<int>;

class RandomProgramRun {
 public:
  /// `seen`, if any: what an invariant that looks at two atomics sees.
  RandomProgramRun(const RandomProgram& program, World& world, FinalState& out, std::set<FinalState>* seen = nullptr,
                   bool says_what_it_reads = true)
      : program_(program), out_(out) {
    for (int i = 0; i < 3; ++i) atomics_.emplace_back(0, Name{"x", i});
    for (int i = 0; i < 3; ++i) cells_.push_back({Execution::current().add_object("cell", Name{"cell", i}), 0});
    for (int i = 0; i < 2; ++i) mutexes_.emplace_back(Name{"m", i});
    results_.resize(program.tasks.size() * 5, 0);
    children_.resize(program.tasks.size(), 0);
    for (std::size_t t = 0; t < program.tasks.size(); ++t)
      handles_.push_back(world.task({"task", static_cast<int>(t)}, [this, t] { run(t); }));
    out_.clear();
    if (seen != nullptr) {
      const auto look = [this, seen] {
        seen->insert({atomics_[0].peek(), atomics_[1].peek()});
        return true;
      };
      if (says_what_it_reads) {
        world.always("looked_at", reads(atomics_[0], atomics_[1]), look);
      } else {
        world.always("looked_at", look);
      }
    }
    world.run();
    for (const auto& atomic : atomics_) out_.push_back(atomic.peek());
    for (const Cell& cell : cells_) out_.push_back(cell.value);
    for (const int result : results_) out_.push_back(result);
  }

 private:
  void run(std::size_t t) {
    for (const Instruction& i : program_.tasks[t]) step(t, i);
  }
  void observe(std::size_t t, int value) { results_[t] = results_[t] * 7 + value + 1; }
  void step(std::size_t t, const Instruction& i) {
    const auto a = static_cast<std::size_t>(i.a);
    const auto b = static_cast<std::size_t>(i.b);
    const int own = static_cast<int>(t) + 1;
    switch (i.kind) {
      case Kind::load:
        return observe(t, atomics_[a].load(read_order(i)));
      case Kind::store:
        return atomics_[a].store(own, write_order(i));
      case Kind::add:
        return observe(t, atomics_[a].fetch_add(1, update_order(i)));
      case Kind::cas: {
        int expected = i.b;
        return observe(t, atomics_[a].compare_exchange(expected, own, update_order(i)) ? 1 : 0);
      }
      case Kind::copy:
        return atomics_[a].store(atomics_[b].load(read_order(i)) + 1, write_order(i));
      case Kind::lock_add: {
        const LockGuard guard(mutexes_[a % 2]);
        return observe(t, atomics_[b].fetch_add(1));
      }
      case Kind::try_lock:
        if (mutexes_[a % 2].try_lock()) {
          atomics_[b].store(own);
          mutexes_[a % 2].unlock();
        } else {
          observe(t, 5);
        }
        return;
      case Kind::nested_locks: {
        const LockGuard first(mutexes_[a % 2]);
        const LockGuard second(mutexes_[(a + 1) % 2]);
        return atomics_[b].store(own);
      }
      case Kind::choose:
        return observe(t, static_cast<int>(choose(2)));
      case Kind::perhaps_store:
        return perhaps_store(a, own);
      case Kind::yield:
        return yield();
      case Kind::sleep:
        return sleep(std::chrono::milliseconds(1 + i.a));
      case Kind::join_previous:
        if (t > 0) handles_[t - 1].join();
        return;
      case Kind::spawn: {
        const std::size_t slot =
            program_.tasks.size() + 4 * t + children_[t]++;  // state that tasks share must be simulated: one each
        const TaskHandle child = spawn("child", [this, a, slot] { results_[slot] = atomics_[a].fetch_add(2); });
        if (i.b == 0) child.join();
        return;
      }
      case Kind::fence:
        return sim::fence(update_order(i));
      case Kind::count:
        return;
    }
  }
  static std::memory_order read_order(const Instruction& i) {
    return i.order == 0   ? std::memory_order_relaxed
           : i.order == 1 ? std::memory_order_acquire
                          : std::memory_order_seq_cst;
  }
  static std::memory_order write_order(const Instruction& i) {
    return i.order == 0   ? std::memory_order_relaxed
           : i.order == 1 ? std::memory_order_release
                          : std::memory_order_seq_cst;
  }
  static std::memory_order update_order(const Instruction& i) {
    return i.order == 0   ? std::memory_order_relaxed
           : i.order == 1 ? std::memory_order_acq_rel
                          : std::memory_order_seq_cst;
  }

  /// A call that may fail: what it touches depends on the alternative, and what it does on what it finds.
  void perhaps_store(std::size_t cell, int value) {
    static constexpr Op perhaps{"perhaps store", Unwinds::if_endless};
    Execution& execution = Execution::current();
    execution.step(perhaps, cells_[cell].object, Access::write, std::source_location::current());
    if (execution.alternative(2) == 1) return;  // refused: nothing is touched
    execution.touch(cells_[cell].object, Access::write);
    cells_[cell].value = cells_[cell].value * 3 + value;
    if (cells_[cell].value < 4) return;
    const std::size_t next = (cell + 1) % cells_.size();
    execution.touch(cells_[next].object, Access::write);
    cells_[next].value += 1;
  }

  struct Cell {
    ObjectId object;
    int value = 0;
  };

  const RandomProgram& program_;
  FinalState& out_;
  std::deque<Atomic<int>> atomics_;
  std::deque<Mutex> mutexes_;
  std::vector<Cell> cells_;
  std::vector<int> results_;  // of each task, then of up to four children of each
  std::vector<std::size_t> children_;
  std::vector<TaskHandle> handles_;
};

}  // namespace heddle::sim::testing

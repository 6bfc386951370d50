// What a program under test is given: a world to populate with tasks and properties, and free functions for code that
// runs in it.
//
//     auto program = [](sim::World& world) {
//       sim::Atomic<int> balance{0, "balance"};
//       world.task("deposit-1", [&] { balance.store(balance.load() + 1); });
//       world.task("deposit-2", [&] { balance.store(balance.load() + 1); });
//       world.run();                                            // all tasks, to their ends, under the strategy's
//       schedule world.check("no_lost_update", balance.load() == 2);     // afterwards nothing runs: look at the final
//       state
//     };
//
// Before and after `run()` operations are performed at once and decide nothing (except `choose`, which may generate
// inputs).
#pragma once

#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/core/execution.hpp"

namespace heddle::sim {

/// A task that others may wait for.
class TaskHandle {
 public:
  TaskHandle() = default;
  explicit TaskHandle(TaskId id) : id_(id) {}
  [[nodiscard]] TaskId id() const noexcept { return id_; }
  /// Waits, as a thread does, until the task has ended.
  void join(std::source_location where = std::source_location::current()) const;
  [[nodiscard]] bool finished() const;

 private:
  TaskId id_ = 0;
};

/// Creates a task (a thread, not an async task: see sim/runtime). Within a task it runs to its first scheduling point
/// at once.
template <class F>
TaskHandle spawn(Name name, F&& body) {
  return TaskHandle(Execution::current().add_task(name, std::forward<F>(body)));
}
/// The same, for one of a group of tasks that differ in nothing (see `Alike`).
template <class F>
TaskHandle spawn(Name name, F&& body, Alike& group) {
  return TaskHandle(Execution::current().add_task(name, std::forward<F>(body), {.alike = &group}));
}

/// A scheduling point that touches nothing; `label` tells people what the task is about to do.
void yield(std::string_view label = {}, std::source_location where = std::source_location::current());

/// Data nondeterminism: one of 0 .. n-1, as a step of its own. `n` of 0 counts as 1.
[[nodiscard]] std::uint32_t choose(std::uint32_t n, std::string_view what = {},
                                   std::source_location where = std::source_location::current());

/// The virtual time since the execution began.
[[nodiscard]] Duration now();
/// Waits for `duration` of virtual time; an await: an async task gives its worker back and may be cancelled here.
void sleep(Duration duration, std::source_location where = std::source_location::current());
/// Burns `duration` of CPU time on the task's thread: virtual time passes, the worker is kept, cancellation waits.
void work(Duration duration, std::source_location where = std::source_location::current());

/// Fails the execution with `property` unless `holds`.
inline void check(std::string_view property, bool holds) {
  if (!holds) [[unlikely]]
    Execution::current().fail(FailureKind::property, property);
}
/// The same, with a sentence (`std::string()`) that is made only when the failure is explained to people.
template <class F>
void check(std::string_view property, bool holds, F&& message) {
  if (!holds) [[unlikely]]
    Execution::current().fail(FailureKind::property, property, std::forward<F>(message));
}
/// A reachability property: some explored execution must pass here with `reached`.
inline void sometimes(std::string_view name, bool reached = true) {
  Execution::current().mark_sometimes(name, reached);
}
/// Adds a value for people to the running step; `text` returns a std::string and is called only when a schedule is
/// explained.
template <class F>
void note(F&& text) {
  Execution::current().note(std::forward<F>(text));
}

class World {
 public:
  explicit World(Execution& execution) : execution_(execution) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Adds a task. It starts when `run` is called, or at once when called within a task.
  template <class F>
  TaskHandle task(Name name, F&& body) {
    return TaskHandle(execution_.add_task(name, std::forward<F>(body)));
  }
  /// Adds one of a group of tasks that differ in nothing (see `Alike`).
  template <class F>
  TaskHandle task(Name name, F&& body, Alike& group) {
    return TaskHandle(execution_.add_task(name, std::forward<F>(body), {.alike = &group}));
  }
  /// Adds a task that the execution does not wait for: it is unwound when all others have ended.
  template <class F>
  TaskHandle background(Name name, F&& body) {
    return TaskHandle(execution_.add_task(name, std::forward<F>(body), {.pool = nullptr, .background = true}));
  }
  /// Runs all tasks to their ends. Call it at the end of the body; when the execution ends early, it does not return
  /// normally.
  void run() { execution_.run_tasks(); }

  void check(std::string_view property, bool holds) { sim::check(property, holds); }
  template <class F>
  void check(std::string_view property, bool holds, F&& message) {
    sim::check(property, holds, std::forward<F>(message));
  }
  /// An invariant: evaluated after every step, on the state of the world as it then is.
  template <class F>
  void always(std::string_view property, F predicate) {
    add_check(property, false, {}, std::move(predicate));
  }
  /// The same, with what it looks at (see `reads`): then DPOR explores far fewer executions, as it need not tell apart
  /// the orders of steps that the property cannot see.
  template <class F>
  void always(std::string_view property, std::span<const ObjectId> support, F predicate) {
    add_check(property, false, support, std::move(predicate));
  }
  /// A liveness property: in each execution it must hold after some step, or before the first. An execution that is
  /// cut at the step limit before that violates it, if its strategy is fair (a random one, or `Dfs{}.fair()`); others
  /// may have starved the task that would have made it true, and count such executions as cut.
  template <class F>
  void eventually(std::string_view property, F predicate) {
    add_check(property, true, {}, std::move(predicate));
  }
  template <class F>
  void eventually(std::string_view property, std::span<const ObjectId> support, F predicate) {
    add_check(property, true, support, std::move(predicate));
  }
  void sometimes(std::string_view name, bool reached = true) { execution_.mark_sometimes(name, reached); }
  void yield(std::string_view label = {}, std::source_location where = std::source_location::current()) {
    sim::yield(label, where);
  }
  [[nodiscard]] std::uint32_t choose(std::uint32_t n, std::string_view what = {},
                                     std::source_location where = std::source_location::current()) {
    return sim::choose(n, what, where);
  }
  [[nodiscard]] Duration now() const { return sim::now(); }
  [[nodiscard]] Execution& execution() noexcept { return execution_; }

 private:
  template <class F>
  void add_check(std::string_view property, bool is_once, std::span<const ObjectId> support, F predicate) {
    execution_.add_step_check(make_step_check(execution_.arena(), property, is_once, std::move(predicate)), support);
  }

  Execution& execution_;
};

}  // namespace heddle::sim

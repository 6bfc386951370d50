// Optimal dynamic partial order reduction with wakeup trees and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014): explores each
// happens-before trace, that is each equivalence class of schedules under reordering of independent steps, exactly once.
//
// Ours differs in three ways. Blocking operations: a race is reversed at the latest point at which the later operation could have been
// performed, judged by the levels that steps declare (see `Needs`); for waits that are not levels every earlier conflicting step is
// tried, which may explore some traces twice but misses none. Data alternatives are part of a step's letter. And a letter of a wakeup
// tree that turns out not to be enabled is taken out of the tree.
//
// Needs complete footprints. Properties that are looked at after every step (`always`) make all steps dependent: use `Dfs{}.cached()`.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/core/task.hpp"
#include "sim/explore/wakeup_tree.hpp"

namespace heddle::sim {

class Dpor final : public Strategy {
 public:
  Dpor() = default;

  [[nodiscard]] std::string name() const override { return "dpor"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;
  void on_step(const Execution& execution, const Step& step) override;
  void on_tasks_ended(const Execution& execution) override;
  void end_execution(const ExecutionResult& result) override;
  [[nodiscard]] bool observes_steps() const override { return true; }
  [[nodiscard]] bool is_exhaustive() const override { return true; }

  /// Executions in which all that could go on had been explored before; 0 where all waits are levels.
  [[nodiscard]] std::uint64_t redundant() const noexcept { return redundant_; }
  /// The most nodes that wakeup trees held at once.
  [[nodiscard]] std::size_t wakeup_nodes() const noexcept { return forest_.high_water(); }

 private:
  /// One step of the current prefix, and what is left to explore instead of it.
  struct Event {
    Letter letter;
    std::vector<Letter> sleep;
    WakeupForest::Tree wakeup;
    TaskId task = 0;
    std::uint32_t ordinal = 0;   // 1, 2, ... within its task
    std::uint32_t previous = 0;  // index + 1 of its task's step before; 0: none
    TaskId tasks_before = 0;
    Needs needs;
    ObjectId announced;
    Access announced_access = Access::read;
    std::uint64_t was_enabled = 0;  // before this step, the first 64 tasks
    std::size_t opened_from = 0;    // alternatives from this position on are explored here, too
    std::vector<AccessRecord> accesses;
    std::vector<std::uint32_t> clock;  // by task
    std::vector<std::uint32_t> races;  // the steps that could as well come after it
    bool is_executed = false;
    bool is_forced = false;  // time passed because nothing else could happen
  };
  struct PastAccess {
    std::uint32_t step = 0;
    Access access = Access::read;
    std::int32_t change = 0;
  };
  struct ObjectHistory {
    std::vector<PastAccess> accesses;
    std::int32_t initial_level = 0;
  };
  struct TaskHistory {
    std::uint64_t key = 0;
    std::vector<std::uint32_t> initial_clock;
    std::uint32_t last = 0;  // index + 1 of its last step
    std::uint32_t steps = 0;
    std::uint32_t born = 0;  // how many steps came before it
  };
  /// An operation that was performed, or is pending, after the first `upto` steps.
  struct Operation {
    TaskId task = 0;
    Needs needs;
    ObjectId waits_for;
    std::span<const AccessRecord> accesses;
    std::uint32_t upto = 0;
    std::uint32_t announced = 0;  // how many steps came before it was pending
  };
  struct PendingOperation {
    Letter letter;
    Operation operation;
    AccessRecord access;
  };

  Event& new_event(const Execution& execution);
  bool choose_letter(const Execution& execution, Event& event);
  bool pick_freely(const Execution& execution, Event& event) const;
  static bool may_pick(const Event& event, const Task& task, std::vector<Alternative>& alternatives);
  void begin_forced_step(const Execution& execution);
  void inherit_sleep(Event& event) const;
  void open_siblings(Event& event);
  void pop_event();
  [[nodiscard]] bool is_dead(const Event& event, const Letter& letter) const;
  void backtrack();
  bool advance_setup();
  void register_tasks(const Execution& execution, const std::vector<std::uint32_t>& clock);
  [[nodiscard]] const std::vector<std::uint32_t>& clock_of(TaskId task) const;
  [[nodiscard]] static bool happens_before(const Event& earlier, const std::vector<std::uint32_t>& clock) noexcept;
  void execute(const Execution& execution, const Step& step, Event& event, std::uint32_t index);
  void join_conflicting(Event& event) const;
  void find_races(const Operation& operation, const std::vector<std::uint32_t>& before, std::vector<std::uint32_t>& races) const;
  [[nodiscard]] bool could_come_before(const Operation& operation, std::uint32_t step) const;
  void collect_pending(const Execution& execution);
  void reverse_races();
  static void widen(Letter& letter, const Event& event);
  void reverse(std::uint32_t earlier, const Letter& later, TaskId later_task, std::uint32_t upto);

  std::vector<Event> events_;  // the first `live_` are the prefix; the rest is kept for its capacity
  std::uint32_t live_ = 0;
  std::uint32_t scheduled_ = 0;  // steps begun in this execution
  std::uint32_t executed_ = 0;   // steps over in this execution
  bool resumes_ = false;         // the next new step takes another branch at a known prefix
  std::vector<ObjectHistory> objects_;
  std::vector<TaskHistory> tasks_;
  std::vector<std::uint32_t> phase_clock_;  // tasks that the body creates later come after all of this
  std::vector<PendingOperation> pending_;
  WakeupForest forest_;
  WakeupForest::Tree inherited_;  // what a wakeup tree prescribes after the last step
  std::size_t choice_position_ = 0;
  bool blocked_ = false;  // the rest of this execution is redundant
  std::uint64_t redundant_ = 0;
  std::vector<Alternative> setup_;  // choices made before the first step: explored outermost, depth first
  std::size_t setup_position_ = 0;
  bool done_ = false;
  Sequence scratch_;
  Letter reversed_;
};

}  // namespace heddle::sim

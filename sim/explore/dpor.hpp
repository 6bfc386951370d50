// Optimal dynamic partial order reduction with wakeup trees and sleep sets (Abdulla, Aronis, Jonsson, Sagonas, POPL
// 2014): explores each happens-before trace, that is each equivalence class of schedules under reordering of
// independent steps, exactly once.
//
// Ours differs in this. Blocking operations: a race is reversed at the latest point at which the later operation could
// have been performed, judged by the levels that steps declare (see `Needs`); for waits that are not levels every
// earlier conflicting step is tried. Data alternatives are part of a step's letter. A letter of a wakeup tree that
// turns out not to be enabled is taken out of the tree. And footprints need not be the same in another order. As long
// as all steps touch just what they announced, a race is reversed once, together with what came before it. From the
// first step on that touches anything else, or takes alternatives, races are reversed again in every execution,
// together with all that is independent of the earlier step; if that is not seen in the first execution already, the
// exploration begins again. Once a step is seen that touches more than what it announced, a reversal is left out no
// longer because something that sleeps could come before it: some executions are then explored in vain.
//
// Needs complete footprints, and executions that go on until nothing is left to do: it learns what tasks do from seeing
// them do it. Properties that are looked at after every step (`always`, `eventually`) make all steps dependent, unless
// they say what they look at (`reads`).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/core/task.hpp"
#include "sim/explore/wakeup_tree.hpp"

namespace heddle::sim {

class Dpor final : public Strategy {
 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  Dpor() = default;
  /// Keeps at most so many letters in wakeup trees; what would need more is left out, and the verdict is `bounded`
  /// then.
  explicit Dpor(std::size_t most_nodes) : most_nodes_(most_nodes) {}
  /// Source-DPOR of the same paper (section 4): keeps, in place of wakeup trees, only the first letters of what is to
  /// be explored. It needs less memory and finds the same traces, but runs into executions that turn out to be
  /// explored already (see `redundant`). Meant as a second opinion. `was_bounded` where a step waits for something that
  /// is not a level (see `Needs`): of programs with async tasks or condition variables it misses a trace now and then.
  [[nodiscard]] Dpor with_source_sets() const {
    Dpor other(most_nodes_);
    other.source_sets_ = true;
    return other;
  }

  [[nodiscard]] std::string name() const override;
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;
  void on_step(const Execution& execution, const Step& step) override;
  void on_tasks_ended(const Execution& execution) override;
  void end_execution(const ExecutionResult& result) override;
  [[nodiscard]] bool observes_steps() const override { return true; }
  [[nodiscard]] bool is_exhaustive() const override { return true; }
  [[nodiscard]] bool was_bounded() const override { return left_out_ > 0 || ended_early_ || may_miss_; }
  /// Of the tree as it is known: races that are still to be found add to it.
  [[nodiscard]] double explored_share() const override;
  /// Some execution ended while a background task or a timer could have gone on: what those would have done, and what
  /// depends on it, was not seen, so that not every trace need have been explored.
  [[nodiscard]] bool ended_early() const noexcept { return ended_early_; }

  /// Pairs of steps of the execution that has just run, each of which could as well come after the other. Before
  /// `end_execution`.
  [[nodiscard]] std::vector<Precedence> races(const Execution& execution) const;

  /// Executions in which all that could go on had been explored before: few, and 0 where all waits
  /// are levels and no data alternative changes what a step touches. More with source sets.
  [[nodiscard]] std::uint64_t redundant() const noexcept { return redundant_; }
  [[nodiscard]] std::size_t memory() const override { return forest_.bytes(); }
  /// The most letters that wakeup trees held at once.
  [[nodiscard]] std::size_t wakeup_nodes() const noexcept { return forest_.high_water(); }

 private:
  /// One step of the current prefix, and what is left to explore instead of it.
  struct Event {
    LetterId letter = 0;          // known once the step is over; before that, a guess
    Letter written;               // the same letter, as far as it is known
    std::vector<LetterId> sleep;  // of these, the first `inherited` belong to steps before
    std::size_t inherited = 0;
    WakeupForest::Tree wakeup;
    TaskId task = 0;
    std::uint32_t ordinal = 0;   // 1, 2, ... within its task
    std::uint32_t previous = 0;  // index + 1 of its task's step before; 0: none
    TaskId tasks_before = 0;
    Needs needs;
    ObjectId announced;
    std::uint32_t announced_rank = 0;
    Access announced_access = Access::read;
    std::uint64_t was_enabled = 0;  // before this step, the first 64 tasks
    std::size_t opened_from = 0;    // alternatives from this position on are explored here, too
    std::vector<AccessRecord> accesses;
    std::vector<std::uint32_t> clock;  // by task
    std::vector<std::uint32_t> races;  // the steps that could as well come after it
    bool is_executed = false;
    bool is_forced = false;  // time passed because nothing else could happen
  };
  /// What all steps have in common.
  struct Footprints {
    bool are_fixed = true;   // they touch the same wherever they stand
    bool are_narrow = true;  // they touch just what they announced, even if another access may do
    friend bool operator==(const Footprints&, const Footprints&) = default;
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
    std::uint32_t rank = 0;
    std::uint32_t last = 0;  // index + 1 of its last step
    std::uint32_t steps = 0;
    std::uint32_t born = 0;                    // how many steps came before it
    std::vector<std::uint32_t> initial_clock;  // empty: the clock of the step that made it, if any
    bool was_made_by_step = false;
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
    Sign letter;
    Operation operation;
    AccessRecord access;
  };

  // dpor.cpp: where to go.
  void forget_all();
  void begin_again();
  Event& new_event(const Execution& execution);
  bool choose_letter(const Execution& execution, Event& event);
  bool pick_freely(const Execution& execution, Event& event);
  bool may_pick(const Event& event, Letter& letter) const;
  void begin_forced_step(const Execution& execution) {
    if (!blocked_ && scheduled_ == executed_) force_step(execution);
  }
  void force_step(const Execution& execution);
  void inherit_sleep(Event& event) const;
  void open_siblings(Event& event);
  void take_front(Event& event);
  bool drop_redundant_front(Event& event);
  [[nodiscard]] bool is_asleep(const Event& event, LetterId letter) const;
  /// Whether a sequence is explored if something that sleeps could be put before it. Not so if steps in it may touch
  /// what nobody knows of, nor if only the first letter of what was to be explored is known: then sleep sets cut short
  /// what was explored already.
  [[nodiscard]] bool trusts_sleep() const noexcept { return assumed_.are_narrow && !source_sets_; }
  [[nodiscard]] TaskId find_task(std::uint32_t rank) const;
  [[nodiscard]] bool is_dead(const Event& event, LetterId letter) const;
  void backtrack();
  bool advance_setup();

  // dpor_races.cpp: what happened, and what could have.
  void register_tasks(const Execution& execution, const Event* maker);
  [[nodiscard]] std::span<const std::uint32_t> clock_of(TaskId task) const;
  [[nodiscard]] static bool happens_before(const Event& earlier, std::span<const std::uint32_t> clock) noexcept {
    return earlier.task < clock.size() && clock[earlier.task] >= earlier.ordinal;
  }
  void execute(const Execution& execution, const Step& step, Event& event, std::uint32_t index);
  void look_at_footprint(const Execution& execution, const Event& event);
  void meet_object(const Execution& execution, ObjectId object);
  void update_letter(const Execution& execution, Event& event);
  void join_conflicting(Event& event) const;
  void forget(const Event& event);
  void find_races(const Operation& operation, std::span<const std::uint32_t> before,
                  std::vector<std::uint32_t>& races) const;
  void keep_latest(std::vector<std::uint32_t>& races) const;
  [[nodiscard]] bool could_come_before(const Operation& operation, std::uint32_t step) const;
  [[nodiscard]] bool was_enabled_without(const Operation& operation, std::uint32_t step) const;
  [[nodiscard]] LetterId letter_when_earlier(const Event& event);
  void collect_pending(const Execution& execution);
  void reverse_races();
  void reverse(std::uint32_t earlier, Sign later, TaskId later_task, std::uint32_t upto);

  std::vector<Event> events_;  // the first `live_` are the prefix; the rest is kept for its capacity
  std::uint32_t live_ = 0;
  std::uint32_t first_new_ = 0;  // the steps from here on were not in the execution before
  std::uint32_t scheduled_ = 0;  // steps begun in this execution
  std::uint32_t executed_ = 0;   // steps over in this execution
  bool resumes_ = false;         // the next new step takes another branch at a known prefix
  std::vector<ObjectHistory> objects_;
  std::vector<TaskHistory> tasks_;
  Ranks task_ranks_;
  Ranks object_ranks_;
  std::vector<TaskId> id_of_rank_;
  std::vector<PendingOperation> pending_;
  WakeupForest forest_;
  WakeupForest::Tree inherited_;  // what a wakeup tree prescribes after the last step
  std::size_t choice_position_ = 0;
  bool blocked_ = false;  // the rest of this execution is redundant
  std::size_t most_nodes_ = unbounded;
  bool source_sets_ = false;
  bool may_miss_ = false;
  std::uint64_t left_out_ = 0;
  std::uint64_t executions_ = 0;  // since the exploration began (again)
  std::uint64_t redundant_ = 0;
  Footprints assumed_;
  Footprints seen_;
  bool must_begin_again_ = false;
  std::vector<Alternative> setup_;  // choices made before the first step: explored outermost, depth first
  std::size_t setup_position_ = 0;
  bool ended_early_ = false;
  bool done_ = false;
  Sequence scratch_;
  std::vector<std::uint32_t> race_scratch_;
  Letter letter_scratch_;
};

}  // namespace heddle::sim

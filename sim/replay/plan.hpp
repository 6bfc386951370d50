// A schedule as a sequence of steps that can be edited: whose step, and with which data choices. Decisions cannot be
// edited well, since removing one changes what all later ones mean; steps can, because `Guided` follows them as far as
// they fit.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/core/execution.hpp"
#include "sim/core/strategy.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {

struct PlannedStep {
  std::uint64_t task_key = 0;
  std::vector<std::uint32_t> choices;
  friend bool operator==(const PlannedStep&, const PlannedStep&) = default;
};

struct Plan {
  std::vector<std::uint32_t> body_choices;  ///< decisions of the body itself, before and after its tasks run
  std::vector<PlannedStep> steps;
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// What makes one schedule better for people than another, the most important first.
struct Cost {
  std::uint64_t preemptions = 0;
  std::uint64_t steps = 0;
  std::uint64_t choices = 0;   ///< their sum
  std::uint64_t switches = 0;  ///< context switches of any kind
  friend auto operator<=>(const Cost&, const Cost&) = default;
};

/// The steps and the cost of the execution that has just been run with its events recorded.
[[nodiscard]] std::vector<PlannedStep> steps_of(const Execution& execution);
[[nodiscard]] Cost cost_of(const Execution& execution, const std::vector<std::uint32_t>& body_choices);

/// Strict replay that also notes which choices were the body's own, for a plan.
class NotingReplay final : public Strategy {
 public:
  explicit NotingReplay(const std::vector<Decision>& schedule) : replay_(schedule) { replay_.begin_execution(0); }

  [[nodiscard]] std::string name() const override { return replay_.name(); }
  bool begin_execution(std::uint64_t) override { return true; }
  TaskId next_task(const Execution& execution) override { return replay_.next_task(execution); }
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;

  [[nodiscard]] const std::optional<Replay::Divergence>& divergence() const noexcept { return replay_.divergence(); }
  [[nodiscard]] const std::vector<std::uint32_t>& body_choices() const noexcept { return body_choices_; }

 private:
  Replay replay_;
  std::vector<std::uint32_t> body_choices_;
};

/// Follows a plan leniently: among the planned steps not made yet, the earliest whose task can run now is made; where
/// there is none, the running task goes on. Steps that were forced, or not planned, use up the next planned step of
/// their task. Wants executions with recorded events: that is how it sees the steps it is not asked about.
class Guided : public Strategy {
 public:
  explicit Guided(Plan plan);

  [[nodiscard]] std::string name() const override { return "guided"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;

  /// Those that the body itself made in the latest execution.
  [[nodiscard]] const std::vector<std::uint32_t>& body_choices() const noexcept { return body_choices_; }

 protected:
  /// Whether a planned step of `task` may be made now.
  [[nodiscard]] virtual bool may_run(const Execution& execution, TaskId task) {
    static_cast<void>(execution);
    static_cast<void>(task);
    return true;
  }
  /// How many planned steps of its task `event` uses up: 1, or 0 when it is a step that was not planned, or more when
  /// the planned steps before the one it matches will not come any more. `remaining` are indexes into the plan, of the
  /// task's steps not used up.
  [[nodiscard]] virtual std::size_t used_up_by(const Execution& execution, const Event& event,
                                               std::span<const std::uint32_t> remaining) {
    static_cast<void>(execution);
    static_cast<void>(event);
    static_cast<void>(remaining);
    return 1;
  }
  /// By which key the plan knows `task`.
  [[nodiscard]] virtual std::uint64_t planned_key(const Execution& execution, TaskId task) {
    return execution.task(task).key;
  }
  /// The earliest planned step that has not been made, or the number of steps.
  [[nodiscard]] std::size_t cursor() const noexcept { return cursor_; }
  /// How many steps `task` has made.
  [[nodiscard]] std::uint32_t steps_made(TaskId task) const { return task < made_.size() ? made_[task] : 0; }
  void catch_up(const Execution& execution);

 private:
  struct Lane {
    std::uint64_t key = 0;
    std::vector<std::uint32_t> steps;  ///< indexes into the plan
    std::size_t next = 0;
    TaskId task = 0;
    bool exists = false;
  };
  Lane* lane_of(const Execution& execution, TaskId task);
  void find_new_tasks(const Execution& execution);

  Plan plan_;
  std::vector<Lane> lanes_;
  std::vector<std::uint32_t> lane_of_step_;
  std::vector<bool> made_step_;
  std::vector<std::int32_t> lane_of_task_;
  std::vector<std::uint32_t> made_;
  std::vector<std::uint32_t> body_choices_;
  std::size_t cursor_ = 0;
  std::size_t events_seen_ = 0;
  std::size_t choice_event_ = 0;
  std::size_t choice_in_step_ = 0;
};

}  // namespace heddle::sim

#include "sim/replay/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/replay/happens_before.hpp"
#include "sim/replay/plan.hpp"
#include "sim/replay/timeline.hpp"

namespace heddle::sim {
namespace {

using WallClock = std::chrono::steady_clock;

/// A step by its task and the how many-th of that task it is (0-based).
struct StepName {
  std::uint64_t task_key = 0;
  std::uint32_t ordinal = 0;
};

/// Follows the original schedule, but holds back one task before a certain step until another task has made a certain
/// step.
class HoldBack final : public Guided {
 public:
  HoldBack(Plan plan, StepName held, StepName until) : Guided(std::move(plan)), held_(held), until_(until) {}

  /// After the execution: whether the second step was made, and the first was not made before it.
  [[nodiscard]] bool is_flipped(const Execution& execution) const {
    std::uint32_t held_made = 0;
    std::uint32_t until_made = 0;
    for (const Event& event : execution.recording().events) {
      const std::uint64_t key = execution.task(event.task).key;
      if (key == until_.task_key && until_made++ == until_.ordinal) return held_made <= held_.ordinal;
      if (key == held_.task_key) ++held_made;
    }
    return false;
  }

 protected:
  bool may_run(const Execution& execution, TaskId task) override {
    if (execution.task(task).key != held_.task_key || steps_made(task) != held_.ordinal) return true;
    for (TaskId id = 0; id < execution.task_count(); ++id)
      if (execution.task(id).key == until_.task_key) return steps_made(id) > until_.ordinal;
    return false;
  }

 private:
  StepName held_;
  StepName until_;
};

class Explainer {
 public:
  Explainer(const Program& program, const Failure& failure, const ExplainOptions& options)
      : program_(program),
        failure_(failure),
        options_(options),
        start_(WallClock::now()),
        execution_(options.execution) {}

  Explanation run() {
    light_up();
    const HappensBefore order(original_, tasks_, objects_);
    for (std::size_t second = 0; second < original_.events.size(); ++second) {
      const Event& event = original_.events[second];
      flip_against(order, event.task, original_.footprint(event), second, second + 1);
    }
    for (const StuckRecord& stuck : stuck_) {
      if (stuck.pending.object == Execution::no_object) continue;
      const AccessRecord wanted{stuck.pending.object, stuck.pending.access};
      flip_against(order, stuck.task, std::span(&wanted, 1), original_.events.size(), 0);
    }
    std::sort(result_.races.begin(), result_.races.end(), [](const Race& a, const Race& b) {
      const auto last = ~std::uint64_t{0};
      return std::pair(a.first, a.second == 0 ? last : a.second) < std::pair(b.first, b.second == 0 ? last : b.second);
    });
    return std::move(result_);
  }

 private:
  void light_up() {
    NotingReplay replay(failure_.schedule);
    const ExecutionResult& result = execution_.run(program_, replay, Execution::Detail::explain);
    if (replay.divergence() || result.failure != failure_.kind || result.property != failure_.property)
      throw Error(ErrorCode::diverged,
                  fmt::format("the failure '{}' does not reproduce from its schedule; the program has changed, or its "
                              "body is not deterministic",
                              failure_.signature()));
    original_ = execution_.recording();
    tasks_ = execution_.task_infos();
    objects_ = execution_.object_infos().size();
    stuck_ = execution_.stuck();
    timeline_ = timeline_of(execution_);
    plan_.steps = steps_of(execution_);
    plan_.body_choices = replay.body_choices();
  }

  bool is_out_of_budget() {
    return (options_.budget.executions != 0 && result_.executions >= options_.budget.executions) ||
           (options_.budget.time.count() != 0 && WallClock::now() - start_ >= options_.budget.time);
  }

  /// Flips the races of one step with the steps before it. When the latest cannot come after (it is, say, the unlock
  /// that let this step's lock go on), the one before it is looked at.
  void flip_against(const HappensBefore& order, TaskId task, std::span<const AccessRecord> footprint,
                    std::size_t position, std::uint64_t second) {
    std::vector<std::size_t> flipped;
    const StepName until{tasks_[task].key, second == 0 ? steps_of_task(task) : order.ordinal(position)};
    for (const std::size_t first : order.unordered_conflicts(task, footprint, position)) {
      if (std::any_of(flipped.begin(), flipped.end(), [&](std::size_t later) { return order.ordered(first, later); }))
        continue;
      Race race{first + 1, second, Flip::not_tried, {}, {}};
      if (is_out_of_budget()) {
        result_.complete = false;
      } else {
        flip(race, {tasks_[original_.events[first].task].key, order.ordinal(first)}, until);
        if (race.flip == Flip::impossible) continue;
      }
      flipped.push_back(first);
      race.sentence = sentence(race, task);
      result_.races.push_back(std::move(race));
    }
  }

  void flip(Race& race, StepName held, StepName until) {
    HoldBack strategy(plan_, held, until);
    strategy.begin_execution(0);
    const ExecutionResult& result = execution_.run(program_, strategy, Execution::Detail::events);
    ++result_.executions;
    if (!strategy.is_flipped(execution_)) {
      race.flip = Flip::impossible;
    } else if (result.failure == FailureKind::none) {
      race.flip = Flip::passes;
    } else if (result.failure == failure_.kind && result.property == failure_.property) {
      race.flip = Flip::fails_the_same;
    } else {
      race.flip = Flip::fails_otherwise;
      race.other_failure = fmt::format("{}:{}", to_string(result.failure), result.property);
    }
  }

  std::uint32_t steps_of_task(TaskId task) const {
    return static_cast<std::uint32_t>(std::count_if(original_.events.begin(), original_.events.end(),
                                                    [&](const Event& e) { return e.task == task; }));
  }

  std::string name_of(TaskId task) const { return fmt::format("`{}`", timeline_.tasks[task].name); }

  static std::string operation(const std::string& op, const std::string& object) {
    return object.empty() ? op : op + " " + object;
  }

  std::string name_of_step(std::uint64_t step) const {
    const TimelineRow& row = timeline_.rows[step - 1];
    if (row.task == clock_task) return fmt::format("the timer at {} (step {})", format_duration(row.time_ns), step);
    return fmt::format("{}'s {} (step {})", name_of(row.task), operation(row.op, row.object), step);
  }

  std::string name_of_stuck(TaskId task) const {
    const auto stuck = std::find_if(timeline_.stuck.begin(), timeline_.stuck.end(),
                                    [&](const StuckTask& s) { return s.task == task; });
    return fmt::format("{}'s {} (which now waits for ever)", name_of(task), operation(stuck->op, stuck->object));
  }

  std::string sentence(const Race& race, TaskId second_task) const {
    std::string outcome;
    switch (race.flip) {
      case Flip::passes:
        outcome = "the run passes";
        break;
      case Flip::fails_the_same:
        outcome = "it would fail all the same";
        break;
      case Flip::fails_otherwise:
        outcome = "it would fail otherwise: " + race.other_failure.substr(race.other_failure.find(':') + 1);
        break;
      case Flip::impossible:
      case Flip::not_tried:
        outcome = "what happens was not tried";
        break;
    }
    return fmt::format("If {} came after {}, {}.", name_of_step(race.first),
                       race.second != 0 ? name_of_step(race.second) : name_of_stuck(second_task), outcome);
  }

  const Program& program_;
  const Failure& failure_;
  const ExplainOptions& options_;
  WallClock::time_point start_;
  Execution execution_;
  Recording original_;
  std::vector<TaskInfo> tasks_;
  std::vector<StuckRecord> stuck_;
  std::size_t objects_ = 0;
  Timeline timeline_;
  Plan plan_;
  Explanation result_;
};

}  // namespace

Explanation explain(const Program& program, const Failure& failure, const ExplainOptions& options) {
  if (failure.kind == FailureKind::none || failure.steps == 0) return {};
  return Explainer(program, failure, options).run();
}

std::vector<std::string> Explanation::sentences() const {
  std::vector<std::string> result;
  for (const Race& race : races)
    if (race.flip == Flip::passes) result.push_back(race.sentence);
  for (const Race& race : races)
    if (race.flip == Flip::fails_otherwise) result.push_back(race.sentence);
  const auto count = [this](Flip flip) {
    return std::count_if(races.begin(), races.end(), [&](const Race& r) { return r.flip == flip; });
  };
  const auto the_same = count(Flip::fails_the_same);
  if (the_same > 0)
    result.push_back(
        fmt::format("The order of {} other pair{} of steps does not matter: flipped, it fails all the same.", the_same,
                    the_same == 1 ? "" : "s"));
  if (const auto untried = count(Flip::not_tried); untried > 0)
    result.push_back(
        fmt::format("{} pair{} of steps were not flipped: the budget was used up.", untried, untried == 1 ? "" : "s"));
  return result;
}

}  // namespace heddle::sim

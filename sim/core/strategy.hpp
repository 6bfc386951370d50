// Who decides. Everything nondeterministic in an execution asks its strategy: which task goes on, and which alternative
// a `choose` takes. A strategy is one small class behind this interface; it knows nothing of the models it drives, and
// none of its calls may allocate in steady state.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "sim/core/op.hpp"
#include "sim/core/step_order.hpp"
#include "sim/core/task_set.hpp"
#include "sim/core/trace.hpp"

namespace heddle::sim {

class Execution;
struct ExecutionResult;

class Strategy {
 public:
  struct Step {
    TaskId task = 0;
    std::span<const AccessRecord> footprint;
    std::span<const std::uint32_t> choices;
    TaskId joined = 0;
    std::span<const StepOfTask> follows;
  };

  Strategy() = default;
  Strategy(const Strategy&) = default;
  Strategy& operator=(const Strategy&) = default;
  virtual ~Strategy() = default;

  /// The name and parameters by which a person selects it, such as "pct:3".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Prepares execution number `index` (0, 1, 2, ...). False when there is nothing left to explore.
  virtual bool begin_execution(std::uint64_t index) = 0;
  /// The task to run next, one of `execution.enabled()`. Asked only when at least two are enabled.
  virtual TaskId next_task(const Execution& execution) = 0;
  /// The alternative to take, in [0, alternatives). Asked only when `alternatives` >= 2.
  virtual std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) = 0;
  /// Told how the execution ended.
  virtual void end_execution(const ExecutionResult& result) { static_cast<void>(result); }

  /// Told of each step when it is over, if `observes_steps`: its task, its footprint, the alternatives it took, the
  /// task whose end it saw (0: none), and the steps that it had to follow (see `Precedence` and `Alike`).
  virtual void on_step(const Execution& execution, const Step& step) {
    static_cast<void>(execution);
    static_cast<void>(step);
  }

  /// Told, if `observes_steps`, when the tasks have run and before what is left of them is unwound.
  virtual void on_tasks_ended(const Execution& execution) { static_cast<void>(execution); }

  /// Whether to be told of each step, and to be asked for the next task even where only one is enabled.
  [[nodiscard]] virtual bool observes_steps() const { return false; }
  /// Whether "nothing left" means that every schedule has been explored.
  [[nodiscard]] virtual bool is_exhaustive() const { return false; }
  /// Whether schedules beyond a stated bound were left out.
  [[nodiscard]] virtual bool was_bounded() const { return false; }
  /// Which share of what there is to explore is explored, as far as it can be told from what is known of the tree: a
  /// leaf counts as the product of one over the branches at each node above it (Knuth, Math. Comp. 1975). Negative: the
  /// strategy cannot tell.
  [[nodiscard]] virtual double explored_share() const { return -1; }
  /// How many bytes it has needed, at most, to remember what is left to explore. 0: no more than a schedule.
  [[nodiscard]] virtual std::size_t memory() const { return 0; }
  /// A copy that goes on from what this one has learned, for another thread; null: there is none.
  [[nodiscard]] virtual std::unique_ptr<Strategy> clone() const { return nullptr; }
  /// After how many executions it has learned all that it will: then an execution depends on its number only.
  [[nodiscard]] virtual std::uint64_t warm_up() const { return 0; }
  /// Whether every task that stays enabled is run again eventually (with probability 1), so that reaching the step
  /// limit accuses the program and not the strategy.
  [[nodiscard]] virtual bool is_fair() const { return false; }
};

}  // namespace heddle::sim

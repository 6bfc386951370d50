// Other orders of the same trace: a check of the footprints that reduction relies on.
//
// An exhaustive search runs one schedule of each happens-before trace, because steps that touch nothing in common can
// be swapped without anybody's noticing. That is so only as long as tasks share nothing that is in no footprint, such
// as a captured variable. To find out, random schedules of the same trace are run: they must give the same trace, and
// pass as it did.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/execution.hpp"
#include "sim/explore/replay.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::sim {

/// What a recorded execution did, as a partial order. Empty when other schedules of it need not do the same: timers or
/// background tasks were left that could have gone on, or a property was looked at after every step.
class PartialOrder {
 public:
  /// Runs `schedule` once more to see it.
  PartialOrder(const Program& program, const std::vector<Decision>& schedule, const ExecutionOptions& options);

  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }

 private:
  friend class Linearisation;
  struct Step {
    std::vector<std::uint32_t> after;  // the steps that it directly depends on
    std::vector<std::uint32_t> choices;
  };
  struct Thread {
    std::uint64_t key = 0;
    std::vector<std::uint32_t> steps;
  };

  void read(const Execution& execution);

  std::vector<Step> steps_;
  std::vector<Thread> threads_;               // sorted by key
  std::vector<std::uint32_t> setup_choices_;  // made before the first step
};

/// Runs a random schedule of the order.
class Linearisation final : public Strategy {
 public:
  Linearisation(const PartialOrder& order, std::uint64_t seed) : order_(order), rng_(seed, 0) {}

  [[nodiscard]] std::string name() const override { return "linearisation"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;
  void on_step(const Execution& execution, const Step& step) override;
  [[nodiscard]] bool observes_steps() const override { return true; }

 private:
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};

  /// The next step of the task, or `nothing`.
  [[nodiscard]] std::uint32_t next_step(const Execution& execution, TaskId task) const;
  [[nodiscard]] bool is_ready(std::uint32_t step) const;

  const PartialOrder& order_;
  Rng rng_;
  std::vector<std::uint32_t> position_;  // by thread: how many of its steps are done
  std::vector<bool> done_;               // by step
  std::uint32_t current_ = nothing;
  std::size_t choices_taken_ = 0;
  std::size_t setup_choices_taken_ = 0;
};

}  // namespace heddle::sim

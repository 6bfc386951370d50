// PCT, probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010): tasks have random
// priorities, the highest enabled one runs, and at d-1 random steps the running task is demoted. Finds any bug of depth
// d with probability at least 1/(n k^(d-1)) per execution, for n tasks and k steps.
//
// Ours differs in three ways: a step counts only where at least two tasks are enabled; k is the largest count seen so
// far; and since strict priorities are unfair to a task that spins, an execution goes on as a random walk once it is
// much longer than any before.
#pragma once

#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::sim {

class Pct final : public Strategy {
 public:
  /// `depth` (d) is the number of ordering constraints a bug needs, at least 1.
  explicit Pct(std::uint32_t depth = 3, std::uint64_t seed = 0);

  [[nodiscard]] std::string name() const override { return "pct:" + std::to_string(depth_); }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution&, std::uint32_t alternatives) override { return rng_.below(alternatives); }
  void end_execution(const ExecutionResult& result) override;
  [[nodiscard]] bool is_fair() const override { return true; }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override { return std::make_unique<Pct>(*this); }
  [[nodiscard]] std::uint64_t warm_up() const override { return learning_executions; }

 private:
  void demote(TaskId task, std::uint64_t priority);
  std::uint64_t priority_of(TaskId task);

  std::uint32_t depth_;
  std::uint64_t seed_;
  Rng rng_;
  static constexpr std::uint64_t learning_executions = 64;

  std::uint64_t longest_ = 0;  // k, as seen in the first executions
  std::uint64_t executions_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t yields_ = 0;
  std::vector<std::uint64_t> priorities_;     // by task; 0: not drawn yet
  std::vector<std::uint64_t> change_points_;  // steps, d-1 of them
};

}  // namespace heddle::sim

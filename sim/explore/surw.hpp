// SURW and URW (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS 2025). URW is a random walk that picks each task with a
// probability proportional to the steps left to it and to the tasks it will make, so that interleavings are about
// equally likely; how many steps there are is estimated by a first execution. SURW does this for the accesses to one
// shared object only, another one in each execution: a task that is about to access it waits until it is the one whose
// access is meant to come next; everything else is a plain random walk.
//
// Ours profiles with the first execution that an instance begins, which is a plain random walk.
#pragma once

#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/explore/profile.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::sim {

/// Steps left to each task, by what was seen in the profile.
class Workload {
 public:
  void begin() { left_.clear(); }
  /// Takes the task's estimate, if it is new, off its parent's.
  template <class Estimate>
  void meet(const Execution& execution, Estimate estimate);
  void count(TaskId task) {
    if (task < left_.size() && left_[task] > 0) --left_[task];
  }
  /// At least 1, so that a task that does more than was seen is still run.
  [[nodiscard]] std::uint32_t weight(TaskId task) const {
    return task < left_.size() && left_[task] > 0 ? left_[task] : 1;
  }

 private:
  std::vector<std::uint32_t> left_;  // by task
};

class Urw final : public Strategy {
 public:
  explicit Urw(std::uint64_t seed = 0) : seed_(seed) {}

  [[nodiscard]] std::string name() const override { return "urw"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution&, std::uint32_t alternatives) override { return rng_.below(alternatives); }
  void on_step(const Execution& execution, const Step& step) override;
  void on_tasks_ended(const Execution& execution) override;
  [[nodiscard]] bool observes_steps() const override { return true; }
  [[nodiscard]] bool is_fair() const override { return true; }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override { return std::make_unique<Urw>(*this); }
  [[nodiscard]] std::uint64_t warm_up() const override { return 1; }

 private:
  std::uint64_t seed_;
  Rng rng_;
  Profile profile_;
  Workload workload_;
  bool is_profiled_ = false;
};

class Surw final : public Strategy {
 public:
  explicit Surw(std::uint64_t seed = 0) : seed_(seed) {}

  [[nodiscard]] std::string name() const override { return "surw"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution&, std::uint32_t alternatives) override { return rng_.below(alternatives); }
  void on_step(const Execution& execution, const Step& step) override;
  void on_tasks_ended(const Execution& execution) override;
  [[nodiscard]] bool observes_steps() const override { return true; }
  [[nodiscard]] bool is_fair() const override { return true; }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override { return std::make_unique<Surw>(*this); }
  [[nodiscard]] std::uint64_t warm_up() const override { return 1; }

 private:
  static constexpr TaskId nobody = ~TaskId{0};

  [[nodiscard]] bool is_about_to_access(const Execution& execution, TaskId task);
  TaskId mean_next(const Execution& execution);

  std::uint64_t seed_;
  Rng rng_;
  Profile profile_;
  Workload workload_;
  bool is_profiled_ = false;
  bool has_object_ = false;
  std::uint32_t object_ = 0;  // its rank
  TaskId intended_ = nobody;
};

}  // namespace heddle::sim

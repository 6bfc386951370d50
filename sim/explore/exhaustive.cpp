#include "sim/explore/exhaustive.hpp"

#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

/// Goes the way that a replay of nothing goes, and looks around.
class Scout final : public Strategy {
 public:
  [[nodiscard]] std::string name() const override { return "scout"; }
  bool begin_execution(std::uint64_t) override { return true; }
  TaskId next_task(const Execution& execution) override { return default_next_task(execution); }
  std::uint32_t next_choice(const Execution& execution, std::uint32_t) override {
    chooses_late_ = chooses_late_ || (has_run_ && !execution.in_step());
    return 0;
  }
  void on_tasks_ended(const Execution& execution) override {
    has_run_ = true;
    has_always_ = has_always_ || execution.has_always();
  }
  [[nodiscard]] bool observes_steps() const override { return true; }
  [[nodiscard]] bool suits_dpor() const noexcept { return !has_always_ && !chooses_late_; }

 private:
  bool has_run_ = false;
  bool has_always_ = false;
  bool chooses_late_ = false;
};

/// DPOR for as long as it explores everything.
class DporOrDfs final : public Strategy {
 public:
  [[nodiscard]] std::string name() const override { return current().name(); }
  bool begin_execution(std::uint64_t index) override {
    if (index == 0) {
      uses_dpor_ = true;
      first_ = 0;
    }
    if (uses_dpor_ && index > first_ && dpor_.ended_early()) {
      uses_dpor_ = false;
      first_ = index;
    }
    return current().begin_execution(index - first_);
  }
  TaskId next_task(const Execution& execution) override { return current().next_task(execution); }
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override {
    return current().next_choice(execution, alternatives);
  }
  void end_execution(const ExecutionResult& result) override { current().end_execution(result); }
  void on_step(const Execution& execution, const Step& step) override { current().on_step(execution, step); }
  void on_tasks_ended(const Execution& execution) override { current().on_tasks_ended(execution); }
  [[nodiscard]] bool observes_steps() const override { return current().observes_steps(); }
  [[nodiscard]] bool is_exhaustive() const override { return true; }
  [[nodiscard]] bool was_bounded() const override { return current().was_bounded(); }
  [[nodiscard]] double explored_share() const override { return current().explored_share(); }
  [[nodiscard]] std::size_t memory() const override { return current().memory(); }

 private:
  [[nodiscard]] const Strategy& current() const {
    return uses_dpor_ ? static_cast<const Strategy&>(dpor_) : static_cast<const Strategy&>(dfs_);
  }
  [[nodiscard]] Strategy& current() {
    return uses_dpor_ ? static_cast<Strategy&>(dpor_) : static_cast<Strategy&>(dfs_);
  }

  Dpor dpor_;
  Dfs dfs_ = Dfs{}.cached();
  bool uses_dpor_ = true;
  std::uint64_t first_ = 0;  // the number of the execution that counts as the first
};

}  // namespace

std::unique_ptr<Strategy> exhaustive(const Program& program, const ExecutionOptions& options) {
  const bool bounds_timers = options.time == TimeMode::any_time && options.slack != ExecutionOptions{}.slack;
  Scout scout;
  if (!bounds_timers) Execution(options).run(program, scout);
  if (bounds_timers || !scout.suits_dpor()) return std::make_unique<Dfs>(Dfs{}.cached());
  return std::make_unique<DporOrDfs>();
}

}  // namespace heddle::sim

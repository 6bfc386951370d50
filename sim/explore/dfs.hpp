// Depth-first search over all decisions, by re-execution: every maximal interleaving exactly once. Optionally bounded,
// either by preemptions (Musuvathi and Qadeer, PLDI 2007: leaving a task that is still enabled costs 1) or by delays
// (Emmi, Qadeer, Rakamaric, POPL 2011: choosing another task than the next in round-robin order costs 1 for each task
// skipped).
//
// With `cached`, a decision whose steps so far have the same happens-before relation as those at one explored before
// (with no more of the bound used up) is not branched on again (happens-before caching, Musuvathi and Qadeer,
// MSR-TR-2007-12). Every reachable state is still visited, so all properties are decided as without it, in far fewer
// executions; but executions no longer count interleavings.
//
// Not fair: a task that spins is run for ever, and the execution is cut at the step limit; the verdict counts such
// executions.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/core/trace.hpp"
#include "sim/explore/fairness.hpp"

namespace heddle::sim {

class Dfs final : public Strategy {
 public:
  enum class Bound : std::uint8_t { none, preemptions, delays };

  Dfs() = default;
  Dfs(Bound bound, std::uint32_t limit) : bound_(bound), limit_(limit) {}
  [[nodiscard]] static Dfs preemption_bounded(std::uint32_t limit) { return {Bound::preemptions, limit}; }
  [[nodiscard]] static Dfs delay_bounded(std::uint32_t limit) { return {Bound::delays, limit}; }
  /// The same search with happens-before caching; it remembers at most `states` decisions (16 bytes each) and goes on
  /// without caching new ones after that.
  [[nodiscard]] Dfs cached(std::size_t states = std::size_t{1} << 24U) && {
    cache_limit_ = states;
    return std::move(*this);
  }

  /// Leaves out unfair schedules (see fairness.hpp), so that programs that spin and yield come to their ends, and an
  /// execution that does not accuses the program: a livelock. Not to be combined with `cached`.
  [[nodiscard]] Dfs fair() && {
    is_fair_ = true;
    return std::move(*this);
  }

  [[nodiscard]] std::string name() const override;
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;
  void end_execution(const ExecutionResult& result) override;
  [[nodiscard]] bool is_exhaustive() const override { return true; }
  [[nodiscard]] bool was_bounded() const override { return pruned_; }
  [[nodiscard]] double explored_share() const override;
  [[nodiscard]] bool observes_steps() const override { return is_fair_; }
  [[nodiscard]] bool is_fair() const override { return is_fair_; }
  [[nodiscard]] std::size_t memory() const override { return cache_.size() * 16; }

 private:
  struct Node {
    DecisionKind kind = DecisionKind::task;
    std::uint32_t first_option = 0;  // into options_
    std::uint32_t option_count = 0;
    std::uint32_t position = 0;
    std::uint32_t alternatives = 0;  // how many there were before any bound
    std::uint32_t cost_before = 0;
  };
  struct Option {
    std::uint32_t value = 0;
    std::uint32_t cost = 0;
  };

  std::uint32_t revisit(DecisionKind kind, std::uint32_t alternatives);
  bool seen_before(const Execution& execution);
  TaskId decide(const Execution& execution, const TaskSet& tasks);
  void collect_tasks(const Execution& execution, const TaskSet& enabled, Node& node);

  Bound bound_ = Bound::none;
  std::uint32_t limit_ = std::numeric_limits<std::uint32_t>::max();
  std::vector<Node> path_;
  std::vector<Option> options_;
  std::size_t depth_ = 0;
  std::uint32_t cost_ = 0;
  bool pruned_ = false;
  bool done_ = false;
  std::size_t cache_limit_ = 0;                                    // 0: no caching
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> cache_;  // least cost with which a decision was explored
  bool is_fair_ = false;
  Fairness fairness_;
  bool cut_ = false;  // the rest of this execution has been explored
};

}  // namespace heddle::sim

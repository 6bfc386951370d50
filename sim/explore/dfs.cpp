#include "sim/explore/dfs.hpp"

#include "sim/core/execution.hpp"
#include "sim/core/hash.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {

std::string Dfs::name() const {
  std::string base = is_fair_ ? "dfs:fair" : cache_limit_ > 0 ? "dfs:cached" : "dfs";
  switch (bound_) {
    case Bound::preemptions:
      return base + ":preemptions=" + std::to_string(limit_);
    case Bound::delays:
      return base + ":delays=" + std::to_string(limit_);
    case Bound::none:
      break;
  }
  return base;
}

bool Dfs::begin_execution(std::uint64_t index) {
  if (index == 0) {
    path_.clear();
    options_.clear();
    cache_.clear();
    pruned_ = done_ = false;
  }
  depth_ = 0;
  cost_ = 0;
  cut_ = false;
  fairness_.reset();
  return !done_;
}

std::uint32_t Dfs::revisit(DecisionKind kind, std::uint32_t alternatives) {
  const Node& node = path_[depth_++];
  if (node.kind != kind || node.alternatives != alternatives)
    throw Error(ErrorCode::not_deterministic,
                "the body is not deterministic: after the same decisions, decision " + std::to_string(depth_ - 1) +
                    " had " + std::to_string(node.alternatives) + " alternatives in one execution and " +
                    std::to_string(alternatives) +
                    " in the next; look for state that outlives an execution (statics, globals), addresses or clocks");
  const Option& option = options_[node.first_option + node.position];
  cost_ += option.cost;
  return option.value;
}

double Dfs::explored_share() const {
  if (done_) return 1;
  double share = 0;
  double weight = 1;
  for (const Node& node : path_) {
    weight /= node.option_count;
    share += weight * node.position;
  }
  return share;
}

void Dfs::collect_tasks(const Execution& execution, const TaskSet& enabled, Node& node) {
  const TaskId running = execution.running();
  const bool by_delays = bound_ == Bound::delays;
  std::uint32_t skipped = 0;
  const auto add = [&](TaskId task) {
    const std::uint32_t cost = by_delays ? skipped++ : execution.would_preempt(task) ? 1 : 0;
    if (bound_ != Bound::none && cost_ + cost > limit_) {
      pruned_ = true;
    } else {
      options_.push_back({task, cost});
    }
  };
  // The running task first, then the others: in round-robin order when delays count. The clock comes last, so that a
  // clock that could tick for ever does not.
  if (running != clock_task && enabled.contains(running)) add(running);
  enabled.for_each([&](TaskId id) {
    if (id != clock_task && (by_delays ? id > running : id != running)) add(id);
  });
  if (by_delays)
    enabled.for_each([&](TaskId id) {
      if (id != clock_task && id < running) add(id);
    });
  if (enabled.contains(clock_task)) add(clock_task);
  node.option_count = static_cast<std::uint32_t>(options_.size()) - node.first_option;
}

// What a bound leaves to explore depends on who ran last, too.
bool Dfs::seen_before(const Execution& execution) {
  std::uint64_t key = execution.prefix_hash();
  if (bound_ != Bound::none) key = mix(key, execution.task(execution.running()).key);
  const auto known = cache_.find(key);
  if (known != cache_.end()) {
    if (known->second <= cost_) return true;
    known->second = cost_;
  } else if (cache_.size() < cache_limit_) {
    cache_.emplace(key, cost_);
  }
  return false;
}

TaskId Dfs::next_task(const Execution& execution) {
  if (!is_fair_) return decide(execution, execution.enabled());
  const TaskSet& tasks = fairness_.schedulable(execution);
  if (tasks.size() < execution.enabled().size()) pruned_ = true;
  const TaskId chosen = tasks.size() == 1 ? tasks.nth(0) : decide(execution, tasks);
  fairness_.scheduled(execution, chosen);
  return chosen;
}

TaskId Dfs::decide(const Execution& execution, const TaskSet& tasks) {
  const std::uint32_t alternatives = tasks.size();
  if (depth_ < path_.size()) {
    const TaskId task = revisit(DecisionKind::task, alternatives);
    if (!tasks.contains(task))
      throw Error(ErrorCode::not_deterministic, "the body is not deterministic: after the same decisions, task " +
                                                    std::to_string(task) +
                                                    " was enabled in one execution and is not in the next");
    return task;
  }
  if (cut_ || (cache_limit_ > 0 && !is_fair_ && seen_before(execution))) {
    cut_ = true;
    return default_next_task(execution);
  }
  Node node{DecisionKind::task, static_cast<std::uint32_t>(options_.size()), 0, 0, alternatives, cost_};
  collect_tasks(execution, tasks, node);
  path_.push_back(node);
  ++depth_;
  cost_ += options_[node.first_option].cost;
  return options_[node.first_option].value;
}

std::uint32_t Dfs::next_choice(const Execution&, std::uint32_t alternatives) {
  if (depth_ < path_.size()) return revisit(DecisionKind::choice, alternatives);
  if (cut_) return 0;
  const auto first = static_cast<std::uint32_t>(options_.size());
  for (std::uint32_t i = 0; i < alternatives; ++i) options_.push_back({i, 0});
  path_.push_back({DecisionKind::choice, first, alternatives, 0, alternatives, cost_});
  ++depth_;
  return 0;
}

void Dfs::end_execution(const ExecutionResult&) {
  path_.resize(depth_);
  while (!path_.empty()) {
    Node& node = path_.back();
    if (++node.position < node.option_count) return;
    options_.resize(node.first_option);
    path_.pop_back();
  }
  done_ = true;
}

}  // namespace heddle::sim

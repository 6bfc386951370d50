// Steps that have to keep an order: of tasks that are alike, and as imposed by whoever divides an exploration.
#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {

void Execution::join_group(Task& task, Alike& group) {
  if (group.last_ != 0 && group.last_ < task.id) {
    alike_.emplace_back(group.last_, task.id);
    orders_.push_back(
        {{group.last_, 1}, {task.id, 1}, tasks_[group.last_]->steps > 0 || tasks_[group.last_]->finished});
  }
  group.last_ = task.id;
  has_order_ = true;
  set_attention();
  hold_or_release(task.id);
}

/// Which of the imposed orders are about this new task and one that is there.
void Execution::find_orders(const Task& task) {
  for (const Precedence& imposed : imposed_) {
    const bool is_before = imposed.before.task == task.key;
    if (!is_before && imposed.after.task != task.key) continue;
    const std::uint64_t other_key = is_before ? imposed.after.task : imposed.before.task;
    for (TaskId other = 1; other < task_count_; ++other) {
      if (tasks_[other]->key != other_key || other == task.id) continue;
      const TaskId before = is_before ? task.id : other;
      const TaskId after = is_before ? other : task.id;
      orders_.push_back(
          {{before, imposed.before.step}, {after, imposed.after.step}, tasks_[before]->steps >= imposed.before.step});
      hold_or_release(after);
    }
  }
}

void Execution::hold_back() {
  held_back_.for_each([this](TaskId id) {
    if (!enabled_.contains(id)) return;
    enabled_.erase(id);
    ready_behind_.insert(id);
  });
}

void Execution::hold_or_release(TaskId id) {
  const std::uint32_t next = tasks_[id]->steps + 1;
  const bool has_to_wait = std::any_of(orders_.begin(), orders_.end(), [&](const StepOrder& order) {
    return !order.is_kept && order.after.task == id && order.after.step == next;
  });
  if (has_to_wait) {
    held_back_.insert(id);
    hold_back();
  } else if (held_back_.contains(id)) {
    held_back_.erase(id);
    if (ready_behind_.contains(id)) enabled_.insert(id);
    ready_behind_.erase(id);
  }
}

/// A step of the task is over (or its end has come without any).
void Execution::count_step(Task& task) {
  if (task.id == clock_task) return;
  ++task.steps;
  if (task.steps == 1) task.first_op = task.pending.op;
  for (StepOrder& order : orders_) {
    if (order.after.task == task.id && order.after.step == task.steps) follows_.push_back(order.before);
    if (order.before.task != task.id || order.before.step != task.steps) continue;
    order.is_kept = true;
    hold_or_release(order.after.task);
  }
  hold_or_release(task.id);
  if (task.steps > 1) return;
  for (const auto& [first, second] : alike_)
    if (second == task.id) require_alike(*tasks_[first], task);
}

void Execution::require_alike(const Task& first, const Task& second) {
  if (first.first_op == second.first_op) return;
  const auto name_of = [](const Op* op) { return op == nullptr ? "nothing" : "'" + std::string(op->name) + "'"; };
  if (explaining_ && result_.failure == FailureKind::none)
    result_.message = arena_.copy("tasks " + first.name.str() + " and " + second.name.str() +
                                  " are said to be alike, and begin differently: with " + name_of(first.first_op) +
                                  " and with " + name_of(second.first_op) +
                                  "; only tasks that run the same code on the same state may be in one group");
  record_failure(FailureKind::misuse, "tasks_not_alike");
}

}  // namespace heddle::sim

#include "sim/explore/surw.hpp"

#include "sim/core/execution.hpp"

namespace heddle::sim {
namespace {

TaskId pick_uniformly(const TaskSet& tasks, Rng& rng) {
  return tasks.nth(rng.below(tasks.size()));
}

TaskId pick_by_weight(const TaskSet& tasks, const Workload& workload, Rng& rng) {
  std::uint32_t total = 0;
  tasks.for_each([&](TaskId id) { total += workload.weight(id); });
  std::uint32_t ticket = rng.below(total);
  TaskId chosen = clock_task;
  bool found = false;
  tasks.for_each([&](TaskId id) {
    if (found) return;
    chosen = id;
    found = ticket < workload.weight(id);
    ticket -= found ? 0 : workload.weight(id);
  });
  return chosen;
}

}  // namespace

template <class Estimate>
void Workload::meet(const Execution& execution, Estimate estimate) {
  for (auto id = static_cast<TaskId>(left_.size()); id < execution.task_count(); ++id) {
    left_.push_back(estimate(id));
    const TaskId parent = execution.task(id).parent;
    if (id == clock_task || parent == clock_task) continue;
    left_[parent] -= left_[parent] > left_[id] ? left_[id] : left_[parent];
  }
}

bool Urw::begin_execution(std::uint64_t index) {
  rng_ = Rng(seed_, index);
  workload_.begin();
  if (!is_profiled_) profile_.begin();
  return true;
}

TaskId Urw::next_task(const Execution& execution) {
  if (!is_profiled_) return pick_uniformly(execution.enabled(), rng_);
  workload_.meet(execution, [&](TaskId id) { return profile_.steps_of_subtree(profile_.rank_of_task(execution, id)); });
  return pick_by_weight(execution.enabled(), workload_, rng_);
}

void Urw::on_step(const Execution& execution, const Step& step) {
  if (is_profiled_) {
    workload_.count(step.task);
  } else {
    profile_.add(execution, step);
  }
}

void Urw::on_tasks_ended(const Execution& execution) {
  if (!is_profiled_) profile_.finish(execution);
  is_profiled_ = true;
}

bool Surw::begin_execution(std::uint64_t index) {
  rng_ = Rng(seed_, index);
  workload_.begin();
  intended_ = nobody;
  if (!is_profiled_) profile_.begin();
  has_object_ = is_profiled_ && !profile_.shared().empty();
  if (has_object_) object_ = profile_.shared()[rng_.below(static_cast<std::uint32_t>(profile_.shared().size()))];
  return true;
}

bool Surw::is_about_to_access(const Execution& execution, TaskId task) {
  const ObjectId object = execution.pending(task).object;
  return object != Execution::no_object && profile_.rank_of_object(execution, object) == object_;
}

TaskId Surw::mean_next(const Execution& execution) {
  workload_.meet(execution,
                 [&](TaskId id) { return profile_.accesses(profile_.rank_of_task(execution, id), object_); });
  return pick_by_weight(execution.enabled(), workload_, rng_);
}

TaskId Surw::next_task(const Execution& execution) {
  const TaskSet& enabled = execution.enabled();
  if (!has_object_) return pick_uniformly(enabled, rng_);
  if (intended_ == nobody || !enabled.contains(intended_)) intended_ = mean_next(execution);
  std::uint32_t free = 0;
  const auto may_go_on = [&](TaskId id) { return id == intended_ || !is_about_to_access(execution, id); };
  enabled.for_each([&](TaskId id) { free += may_go_on(id) ? 1U : 0U; });
  std::uint32_t ticket = rng_.below(free);  // the intended one is free
  TaskId chosen = intended_;
  enabled.for_each([&](TaskId id) {
    if (may_go_on(id) && ticket-- == 0) chosen = id;
  });
  return chosen;
}

void Surw::on_step(const Execution& execution, const Step& step) {
  if (!is_profiled_) return profile_.add(execution, step);
  if (!has_object_) return;
  for (const AccessRecord& access : step.footprint) {
    if (profile_.rank_of_object(execution, access.object) != object_) continue;
    workload_.count(step.task);
    if (step.task == intended_) intended_ = nobody;
    return;
  }
}

void Surw::on_tasks_ended(const Execution& execution) {
  if (!is_profiled_) profile_.finish(execution);
  is_profiled_ = true;
}

}  // namespace heddle::sim

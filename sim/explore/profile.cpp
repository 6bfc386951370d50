#include "sim/explore/profile.hpp"

#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {
namespace {

std::uint32_t& at(std::vector<std::uint32_t>& counts, std::uint32_t rank) {
  if (rank >= counts.size()) counts.resize(rank + 1, 0);
  return counts[rank];
}

}  // namespace

void Profile::begin() {
  *this = Profile();
}

std::uint32_t Profile::rank_of_task(const Execution& execution, TaskId task) {
  return task_ranks_.rank(task, execution.task(task).key);
}

std::uint32_t Profile::rank_of_object(const Execution& execution, ObjectId object) {
  return object_ranks_.rank(object.index, execution.object_key(object));
}

void Profile::add(const Execution& execution, const Strategy::Step& step) {
  const std::uint32_t task = rank_of_task(execution, step.task);
  ++at(own_steps_, task);
  for (std::size_t i = 0; i < step.footprint.size(); ++i) {
    const AccessRecord& access = step.footprint[i];
    const auto is_same = [&](const AccessRecord& other) { return other.object == access.object; };
    const std::uint32_t object = rank_of_object(execution, access.object);
    if (object >= objects_.size()) objects_.resize(object + 1);
    if (access.access != Access::read) objects_[object].is_written = true;
    if (std::none_of(step.footprint.begin(), step.footprint.begin() + static_cast<std::ptrdiff_t>(i), is_same))
      ++at(objects_[object].by_task, task);
  }
}

void Profile::finish(const Execution& execution) {
  subtree_steps_ = own_steps_;
  for (TaskId id = execution.task_count(); id-- > 1;) {  // children have higher ids than their parents
    const TaskId parent = execution.task(id).parent;
    if (parent == clock_task) continue;
    at(subtree_steps_, rank_of_task(execution, parent)) += at(subtree_steps_, rank_of_task(execution, id));
  }
  for (std::uint32_t object = 0; object < objects_.size(); ++object) {
    const auto& users = objects_[object].by_task;
    const auto tasks = std::count_if(users.begin(), users.end(), [](std::uint32_t n) { return n > 0; });
    if (tasks >= 2 && objects_[object].is_written) shared_.push_back(object);
  }
}

std::uint32_t Profile::steps_of_subtree(std::uint32_t task) const {
  return task < subtree_steps_.size() ? std::max(1U, subtree_steps_[task]) : 1;
}

std::uint32_t Profile::accesses(std::uint32_t task, std::uint32_t object) const {
  const auto& users = objects_[object].by_task;
  return task < users.size() ? users[task] : 0;
}

}  // namespace heddle::sim

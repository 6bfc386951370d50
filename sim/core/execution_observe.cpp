// What is recorded of an execution: the happens-before hash, events with footprints, and the texts people read.
#include "sim/core/execution.hpp"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sim/core/hash.hpp"

namespace heddle::sim {

void Execution::open_step(Task& task) {
  stepper_ = &task;
  touches_.clear();
  step_choices_.clear();
  joined_ = 0;
  follows_.clear();
  if (!recording_on_) return;
  note_.clear();
  // As `would_preempt`, which this task's being the running one by now has overtaken.
  step_preempts_ = task.id == clock_task ? would_preempt(clock_task)
                                         : previous_stepper_ != task.id && previous_stepper_ != clock_task &&
                                               enabled_.contains(previous_stepper_);
}

// An event's hash covers its operation, its choices, the task's previous event and, for each object touched, all
// earlier events that conflict with this access: those of a class that commutes with itself as a sum, the others as the
// latest one, which covers the rest. So two executions get the same hash iff their happens-before relations are the
// same (Mazurkiewicz), without vector clocks.
std::uint64_t Execution::hash_step(const Task& task) {
  constexpr std::size_t usual = 64;
  constexpr std::size_t words_per_access = 1 + access_classes;
  const std::size_t needed = 3 + step_choices_.size() + touches_.size() * words_per_access;
  std::uint64_t usual_input[usual];
  if (needed > usual) [[unlikely]]
    long_hash_input_.resize(needed);
  std::uint64_t* const input = needed > usual ? long_hash_input_.data() : usual_input;
  std::size_t length = 0;
  input[length++] = task.hash;
  input[length++] = task.pending.op != nullptr ? task.pending.op->code : 0;
  for (const std::uint32_t choice : step_choices_) input[length++] = choice + 1;
  if (joined_ != 0) input[length++] = tasks_[joined_]->hash;
  for (const AccessRecord& touched : touches_) {
    const ObjectRecord& object = objects_[touched.object.index];
    input[length++] = object.key + static_cast<std::uint64_t>(touched.access);
    for (std::size_t other = 0; other < access_classes; ++other)
      if (conflicts(touched.access, static_cast<Access>(other))) input[length++] = object.hash[other];
  }
  return XXH3_64bits(input, length * sizeof(std::uint64_t));
}

std::uint64_t Execution::prefix_hash() const noexcept {
  // Where timers may fire early only so often, how often they did is part of what can follow.
  const bool slack_is_bounded = options_.slack != std::numeric_limits<std::uint32_t>::max();
  return mix(trace_hash_now(), slack_is_bounded ? early_timers_ : 0);
}

void Execution::advance_hashes(Task& task) {
  trace_sum_ -= mix(task.key, task.hash);
  task.hash = hash_step(task);
  trace_sum_ += mix(task.key, task.hash);
  for (const AccessRecord& touched : touches_) {
    std::uint64_t& hash = objects_[touched.object.index].hash[static_cast<std::size_t>(touched.access)];
    hash = conflicts(touched.access, touched.access) ? task.hash : hash + task.hash;
  }
  result_.sequence_hash = mix(result_.sequence_hash, task.hash);
}

void Execution::close_step() {
  Task& task = *stepper_;
  stepper_ = nullptr;
  if (has_order_) [[unlikely]]
    count_step(task);
  if (observing_) {
    if (has_support_) [[unlikely]]
      touch_properties();
    if (options_.hash_traces || recording_on_) advance_hashes(task);
    if (recording_on_) record_event(task);
    if (strategy_observes_) strategy_->on_step(*this, {task.id, touches_, step_choices_, joined_, follows_});
  }
  previous_stepper_ = task.id;
  if (!step_checks_.empty()) [[unlikely]]
    check_properties();
}

void Execution::record_event(const Task& task) {
  Event event;
  event.task = task.id;
  event.op = task.pending.op;
  event.object = task.pending.object;
  event.first_access = static_cast<std::uint32_t>(recording_.accesses.size());
  event.access_count = static_cast<std::uint32_t>(touches_.size());
  event.first_choice = static_cast<std::uint32_t>(recording_.choices.size());
  event.choice_count = static_cast<std::uint32_t>(step_choices_.size());
  event.joined = joined_;
  event.preempts = step_preempts_;
  event.time_ns = clock_.now().count();
  event.where = task.pending.where;
  event.detail = note_;
  recording_.accesses.insert(recording_.accesses.end(), touches_.begin(), touches_.end());
  recording_.choices.insert(recording_.choices.end(), step_choices_.begin(), step_choices_.end());
  recording_.events.push_back(std::move(event));
}

void Execution::add_note(std::string_view text) {
  if (!note_.empty()) note_ += "; ";
  note_ += text;
}

std::string Execution::object_name(ObjectId object) const {
  if (object == no_object) return {};
  const ObjectRecord& record = objects_[object.index];
  if (!record.name.text.empty()) return record.name.str();
  return std::string(record.kind) + "#" + std::to_string(object.index);
}

std::string Execution::object_text(ObjectId object) const {
  if (object == no_object) return {};
  const ObjectRecord& record = objects_[object.index];
  return record.name.text.empty() ? object_name(object) : std::string(record.kind) + " " + record.name.str();
}

std::vector<TaskInfo> Execution::task_infos() const {
  std::vector<TaskInfo> infos;
  for (TaskId id = 0; id < task_count_; ++id) {
    const Task& task = *tasks_[id];
    infos.push_back({task.name.str(), task.key, task.born_after, task.parent});
  }
  return infos;
}

std::vector<ObjectInfo> Execution::object_infos() const {
  std::vector<ObjectInfo> infos;
  for (std::uint32_t i = 0; i < objects_.size(); ++i)
    infos.push_back({std::string(objects_[i].kind), object_name(ObjectId{i}), objects_[i].key});
  return infos;
}

}  // namespace heddle::sim

// What happened in an execution, and which of its races to reverse.
#include <algorithm>
#include <ranges>

#include "sim/core/execution.hpp"
#include "sim/explore/dpor.hpp"

namespace heddle::sim {
namespace {

void join(std::vector<std::uint32_t>& clock, std::span<const std::uint32_t> other) {
  if (other.size() > clock.size()) clock.resize(other.size(), 0);
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

}  // namespace

// A task that the running step made comes after that step; one that the body made, after all that happened so far.
void Dpor::register_tasks(const Execution& execution, const Event* maker) {
  const std::size_t known = tasks_.size();
  for (auto id = static_cast<TaskId>(known); id < execution.task_count(); ++id) {
    TaskHistory& task = tasks_.emplace_back();
    task.rank = task_ranks_.rank(id, execution.task(id).key);
    task.born = live_;
    task.was_made_by_step = maker != nullptr;
    if (maker == nullptr && live_ > 0)
      for (std::size_t other = 0; other < known; ++other) task.initial_clock.push_back(tasks_[other].steps);
    if (task.rank >= id_of_rank_.size()) id_of_rank_.resize(task.rank + 1, 0);
    id_of_rank_[task.rank] = id;
  }
}

std::span<const std::uint32_t> Dpor::clock_of(TaskId id) const {
  const TaskHistory& task = tasks_[id];
  if (task.last > 0) return events_[task.last - 1].clock;
  if (task.was_made_by_step) return events_[task.born - 1].clock;
  return task.initial_clock;
}

void Dpor::execute(const Execution& execution, const Step& step, Event& event, std::uint32_t index) {
  event.is_executed = true;
  event.accesses.assign(step.footprint.begin(), step.footprint.end());
  if (execution.has_always()) event.accesses.push_back({Execution::clock_object, Access::write});
  update_letter(execution, event);
  TaskHistory& task = tasks_[event.task];
  const std::span<const std::uint32_t> before = clock_of(event.task);
  event.clock.assign(before.begin(), before.end());
  if (step.joined != 0) join(event.clock, clock_of(step.joined));
  for (const StepOfTask& first : step.follows) {
    const auto found = std::find_if(events_.begin(), events_.begin() + index, [&](const Event& other) {
      return other.task == first.task && other.ordinal == first.step;
    });
    if (found != events_.begin() + index) join(event.clock, found->clock);
  }
  if (event.is_forced)  // it is what everybody has done that made time pass
    for (TaskId id = 0; id < tasks_.size(); ++id) join(event.clock, clock_of(id));
  for (const AccessRecord& access : event.accesses) meet_object(execution, access.object);
  const Operation operation{event.task,     event.needs, event.announced,
                            event.accesses, index,       std::max(task.last, task.born)};
  if (!event.is_forced) find_races(operation, event.clock, event.races);
  join_conflicting(event);
  event.previous = task.last;
  event.ordinal = ++task.steps;
  task.last = index + 1;
  if (event.clock.size() <= event.task) event.clock.resize(event.task + 1, 0);
  event.clock[event.task] = event.ordinal;
  for (const AccessRecord& access : event.accesses)
    objects_[access.object.index].accesses.push_back({index, access.access, access.change});
  register_tasks(execution, &event);
}

void Dpor::meet_object(const Execution& execution, ObjectId object) {
  if (object.index >= objects_.size()) objects_.resize(object.index + 1);
  objects_[object.index].initial_level = execution.initial_level(object);
}

// The letter may have been a guess; now it is known.
void Dpor::update_letter(const Execution& execution, Event& event) {
  Letter& letter = event.written;
  letter.task = tasks_[event.task].rank;
  letter.alternatives.resize(choice_position_);
  letter.footprint.clear();
  for (const AccessRecord& access : event.accesses)
    letter.footprint.add({object_ranks_.rank(access.object.index, execution.object_key(access.object)), access.access});
  event.letter = forest_.alphabet().id(letter, event.letter);
  if (event.announced != Execution::no_object)
    event.announced_rank = object_ranks_.rank(event.announced.index, execution.object_key(event.announced));
  look_at_footprint(execution, event);
}

void Dpor::look_at_footprint(const Execution& execution, const Event& event) {
  const auto is_of_announced = [&](const AccessRecord& access) { return access.object == event.announced; };
  const auto is_announced = [&](const AccessRecord& access) {
    return access.object == event.announced && access.access == event.announced_access;
  };
  const bool is_narrow = event.written.alternatives.empty() && event.accesses.size() <= 1 &&
                         std::all_of(event.accesses.begin(), event.accesses.end(), is_of_announced);
  const bool is_fixed = is_narrow && !execution.pending(event.task).op->varies &&
                        std::all_of(event.accesses.begin(), event.accesses.end(), is_announced);
  seen_.are_narrow = seen_.are_narrow && is_narrow;
  seen_.are_fixed = seen_.are_fixed && is_fixed;
  if (executions_ == 1) {  // nothing has been left out yet
    assumed_ = seen_;
  } else if (assumed_ != seen_) {
    must_begin_again_ = true;
  }
}

void Dpor::forget(const Event& event) {
  for (const AccessRecord& access : event.accesses) objects_[access.object.index].accesses.pop_back();
  tasks_[event.task].last = event.previous;
  --tasks_[event.task].steps;
  if (tasks_.size() > event.tasks_before) tasks_.resize(event.tasks_before);
}

void Dpor::join_conflicting(Event& event) const {
  for (const AccessRecord& access : event.accesses) {
    if (access.object.index >= objects_.size()) continue;
    const std::vector<PastAccess>& past = objects_[access.object.index].accesses;
    for (const PastAccess& earlier : std::views::reverse(past)) {
      if (!conflicts(earlier.access, access.access)) continue;
      const Event& other = events_[earlier.step];
      if (!happens_before(other, event.clock)) join(event.clock, other.clock);
      if (earlier.access == Access::write) break;  // everything before it comes with it
    }
  }
}

void Dpor::find_races(const Operation& operation, std::span<const std::uint32_t> before,
                      std::vector<std::uint32_t>& races) const {
  const bool is_certain = operation.needs.level >= 0;
  for (const AccessRecord& access : operation.accesses) {
    if (access.object.index >= objects_.size()) continue;
    const std::vector<PastAccess>& past = objects_[access.object.index].accesses;
    for (const PastAccess& earlier : std::views::reverse(past)) {
      if (!conflicts(earlier.access, access.access)) continue;
      const Event& other = events_[earlier.step];
      if (other.task == operation.task) continue;
      if (happens_before(other, before)) {
        if (earlier.access == Access::write) break;
        continue;
      }
      if (!could_come_before(operation, earlier.step)) continue;  // look further back, to where it could
      races.push_back(earlier.step);
      if (is_certain && earlier.access == Access::write) break;
    }
  }
  if (races.size() < 2) return;
  std::sort(races.begin(), races.end());
  races.erase(std::unique(races.begin(), races.end()), races.end());
  if (is_certain) keep_latest(races);
}

// Without the steps that come before another one among them anyway.
void Dpor::keep_latest(std::vector<std::uint32_t>& races) const {
  for (std::size_t i = 0; i + 1 < races.size();) {
    const auto later_ones = std::span(races).subspan(i + 1);
    const bool is_covered = std::any_of(later_ones.begin(), later_ones.end(), [&](std::uint32_t later) {
      return happens_before(events_[races[i]], events_[later].clock);
    });
    if (is_covered) {
      races.erase(races.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

/// Whether the operation could be performed in place of `step`, after what came before that and does not depend on it.
bool Dpor::could_come_before(const Operation& operation, std::uint32_t step) const {
  if (operation.needs.level == Needs::nothing().level) return true;
  if (operation.needs.level == Needs::something().level) return true;
  if (operation.needs.level < 0) return was_enabled_without(operation, step);
  if (operation.waits_for.index >= objects_.size()) return true;
  const ObjectHistory& object = objects_[operation.waits_for.index];
  std::int32_t level = object.initial_level;
  for (const PastAccess& past : object.accesses) {
    if (past.step >= operation.upto) break;
    if (past.step < step || (past.step > step && !happens_before(events_[step], events_[past.step].clock)))
      level += past.change;
  }
  return level >= operation.needs.level;
}

// Known where it was pending: the step that enabled it must not be this one, nor depend on it.
bool Dpor::was_enabled_without(const Operation& operation, std::uint32_t step) const {
  if (step < operation.announced || operation.task >= 64) return true;
  std::uint32_t enabler = operation.upto;
  while (enabler > step && ((events_[enabler - 1].was_enabled >> operation.task) & 1U) != 0) --enabler;
  if (enabler == step) return true;
  return enabler - 1 != step && !happens_before(events_[step], events_[enabler - 1].clock);
}

void Dpor::collect_pending(const Execution& execution) {
  // A clock that may be early waits for timers: all were cancelled, or have fired.
  const bool clock_waits = execution.options().time == TimeMode::any_time && !execution.enabled().contains(clock_task);
  for (TaskId id = clock_waits ? clock_task : 1; id < execution.task_count(); ++id) {
    const Task& task = execution.task(id);
    const bool is_pending = id == clock_task || (task.started && !task.finished);
    if (!is_pending || task.pending.object == Execution::no_object || id >= tasks_.size() || execution.is_held_back(id))
      continue;
    meet_object(execution, task.pending.object);
    PendingOperation& pending = pending_.emplace_back();
    pending.access = {task.pending.object, task.pending.access};
    letter_scratch_.reset(tasks_[id].rank);
    letter_scratch_.footprint.add(
        {object_ranks_.rank(task.pending.object.index, execution.object_key(task.pending.object)),
         task.pending.access});
    pending.letter = {forest_.alphabet().id(letter_scratch_), assumed_.are_fixed};
    pending.operation = {
        id, task.pending.needs, task.pending.object, {}, live_, std::max(tasks_[id].last, tasks_[id].born)};
  }
}

/// A compare-and-exchange that failed may succeed when it comes earlier.
LetterId Dpor::letter_when_earlier(const Event& event) {
  const auto is_weaker = [&](const AccessRecord& access) {
    return access.object == event.announced && access.access != event.announced_access;
  };
  if (std::none_of(event.accesses.begin(), event.accesses.end(), is_weaker)) return event.letter;
  letter_scratch_ = event.written;
  letter_scratch_.footprint.add({event.announced_rank, Access::write});
  return forest_.alphabet().id(letter_scratch_);
}

void Dpor::reverse_races() {
  for (std::uint32_t index = 0; index < live_; ++index) {
    const Event& event = events_[index];
    if (event.races.empty() || (assumed_.are_fixed && index < first_new_)) continue;
    const Sign reversed{letter_when_earlier(event), assumed_.are_fixed};
    for (const std::uint32_t earlier : event.races) reverse(earlier, reversed, event.task, index);
  }
  for (PendingOperation& pending : pending_) {
    pending.operation.accesses = {&pending.access, 1};
    race_scratch_.clear();
    find_races(pending.operation, clock_of(pending.operation.task), race_scratch_);
    for (const std::uint32_t earlier : race_scratch_)
      reverse(earlier, pending.letter, pending.operation.task, pending.operation.upto);
  }
}

std::vector<Precedence> Dpor::races(const Execution& execution) const {
  std::vector<Precedence> found;
  const auto step_of = [&](const Event& event) {
    return Precedence::Step{execution.task(event.task).key, event.ordinal};
  };
  for (std::uint32_t index = 0; index < live_; ++index) {
    for (const std::uint32_t earlier : events_[index].races) {
      if (events_[index].task == clock_task || events_[earlier].task == clock_task) continue;
      found.push_back({step_of(events_[earlier]), step_of(events_[index])});
    }
  }
  return found;
}

void Dpor::reverse(std::uint32_t earlier, Sign later, TaskId later_task, std::uint32_t upto) {
  Event& event = events_[earlier];
  if (event.is_forced) return;
  scratch_.clear();
  const std::uint32_t end = assumed_.are_fixed ? upto : live_;
  for (std::uint32_t j = earlier + 1; j < end; ++j) {
    const Event& other = events_[j];
    if (!other.is_executed || (other.task == later_task && j >= upto)) continue;
    if (!happens_before(event, other.clock)) scratch_.push_back({other.letter});
  }
  scratch_.push_back(later);
  if (trusts_sleep() && forest_.alphabet().is_covered_by(event.sleep, scratch_)) return;
  if (forest_.size() + scratch_.size() > most_nodes_) {
    ++left_out_;
    return;
  }
  if (source_sets_) {
    forest_.add_initial(event.wakeup, std::span(event.sleep).subspan(event.inherited), scratch_);
  } else {
    forest_.insert(event.wakeup, scratch_);
  }
}

}  // namespace heddle::sim

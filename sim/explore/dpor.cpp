#include "sim/explore/dpor.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/execution.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

void join(std::vector<std::uint32_t>& clock, const std::vector<std::uint32_t>& other) {
  if (other.size() > clock.size()) clock.resize(other.size(), 0);
  for (std::size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

TaskId find_enabled(const Execution& execution, const Letter& letter) {
  TaskId id = letter.id;
  if (id >= execution.task_count() || execution.task(id).key != letter.task) {
    for (id = 0; id < execution.task_count() && execution.task(id).key != letter.task;) ++id;
  }
  return id < execution.task_count() && execution.enabled().contains(id) ? id : execution.task_count();
}

bool same_choices(std::span<const Alternative> a, std::span<const Alternative> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return x.chosen == y.chosen; });
}

}  // namespace

bool Dpor::begin_execution(std::uint64_t index) {
  if (index == 0) *this = Dpor();
  scheduled_ = executed_ = 0;
  choice_position_ = 0;
  blocked_ = false;
  setup_position_ = 0;
  pending_.clear();
  return !done_;
}

TaskId Dpor::next_task(const Execution& execution) {
  if (blocked_) return default_next_task(execution);
  choice_position_ = 0;
  if (scheduled_ < live_) {
    const Event& event = events_[scheduled_];
    if (!execution.enabled().contains(event.task))
      throw Error(ErrorCode::not_deterministic, "the body is not deterministic: after the same decisions, task " +
                                                    execution.task(event.task).name.str() +
                                                    " was enabled in one execution and is not in the next");
    ++scheduled_;
    return event.task;
  }
  Event& event = new_event(execution);
  if (!choose_letter(execution, event)) {
    blocked_ = true;
    ++redundant_;
    collect_pending(execution);
    return default_next_task(execution);
  }
  const Pending& pending = execution.pending(event.task);
  event.needs = pending.needs;
  event.announced = pending.object;
  event.announced_access = pending.access;
  event.was_enabled = execution.enabled().first_word();
  ++live_;
  ++scheduled_;
  return event.task;
}

Dpor::Event& Dpor::new_event(const Execution& execution) {
  if (events_.size() == live_) events_.emplace_back();
  Event& event = events_[live_];
  event.is_executed = event.is_forced = false;
  event.accesses.clear();
  event.races.clear();
  if (!resumes_) {
    if (execution.options().time == TimeMode::any_time && execution.options().slack != ExecutionOptions{}.slack)
      throw Error(ErrorCode::usage,
                  "DPOR cannot bound how many timers fire early; use the strategy 'exhaustive', or leave the slack unbounded");
    if (live_ == 0) phase_clock_.clear();
    register_tasks(execution, phase_clock_);
    event.tasks_before = execution.task_count();
    event.wakeup = std::exchange(inherited_, {});
    inherit_sleep(event);
  }
  return event;
}

bool Dpor::choose_letter(const Execution& execution, Event& event) {
  const bool resumes = std::exchange(resumes_, false);
  while (!event.wakeup.empty()) {
    const TaskId task = find_enabled(execution, forest_.letter(event.wakeup.first));
    if (task == execution.task_count()) {
      forest_.drop_front(event.wakeup);
      continue;
    }
    inherited_ = forest_.pop_front(event.wakeup, event.letter);
    event.task = event.letter.id = task;
    event.opened_from = event.letter.alternatives.size();
    return true;
  }
  return !resumes && pick_freely(execution, event);
}

// Going on with the running task keeps executions readable and switches rare.
bool Dpor::pick_freely(const Execution& execution, Event& event) const {
  const auto try_task = [&](TaskId id) {
    event.letter.alternatives.clear();
    if (!may_pick(event, execution.task(id), event.letter.alternatives)) return false;
    event.task = event.letter.id = id;
    event.letter.task = execution.task(id).key;
    event.opened_from = event.letter.alternatives.empty() ? 0 : event.letter.alternatives.size() - 1;
    return true;
  };
  const TaskId preferred = default_next_task(execution);
  if (try_task(preferred)) return true;
  bool found = false;
  execution.enabled().for_each([&](TaskId id) { found = found || (id != preferred && try_task(id)); });
  return found;
}

// A task of which some data alternatives sleep and others do not is taken with the first that does not.
bool Dpor::may_pick(const Event& event, const Task& task, std::vector<Alternative>& alternatives) {
  std::uint32_t options = 0;
  for (const Letter& letter : event.sleep) {
    if (letter.task != task.key) continue;
    if (letter.alternatives.empty()) return false;
    options = std::max(options, letter.alternatives[0].options);
  }
  if (options == 0) return true;
  for (std::uint32_t chosen = 0; chosen < options; ++chosen) {
    const bool sleeps = std::any_of(event.sleep.begin(), event.sleep.end(), [&](const Letter& letter) {
      return letter.task == task.key && letter.alternatives.size() == 1 && letter.alternatives[0].chosen == chosen;
    });
    if (sleeps) continue;
    alternatives.push_back({chosen, options});
    return true;
  }
  return false;
}

void Dpor::inherit_sleep(Event& event) const {
  event.sleep.clear();
  if (live_ == 0) return;
  const Event& before = events_[live_ - 1];
  for (const Letter& letter : before.sleep)
    if (letter.task != before.letter.task && independent(letter, before.letter)) event.sleep.push_back(letter);
}

// Time that passes because nothing is enabled is a step that nobody asks the strategy about.
void Dpor::begin_forced_step(const Execution& execution) {
  if (blocked_ || scheduled_ > executed_) return;
  choice_position_ = 0;
  if (scheduled_ == live_) {
    Event& event = new_event(execution);
    if (resumes_) {
      inherited_ = forest_.pop_front(event.wakeup, event.letter);
      resumes_ = false;
    } else {
      forest_.clear(event.wakeup);
      event.letter.alternatives.clear();
    }
    event.letter.id = event.task = clock_task;
    event.letter.task = execution.task(clock_task).key;
    event.opened_from = event.letter.alternatives.size();
    event.is_forced = true;
    event.needs = Needs::nothing();  // it comes after everything
    event.announced = Execution::clock_object;
    event.announced_access = Access::write;
    event.was_enabled = 0;
    ++live_;
  }
  ++scheduled_;
}

std::uint32_t Dpor::next_choice(const Execution& execution, std::uint32_t alternatives) {
  if (!execution.in_step()) {
    if (executed_ > 0)
      throw Error(ErrorCode::usage, "choose() was called by the body after its tasks had run, which DPOR does not explore; call it before "
                                    "run(), or use the strategy 'exhaustive'");
    if (setup_position_ == setup_.size()) setup_.push_back({0, alternatives});
    return setup_[setup_position_++].chosen;
  }
  begin_forced_step(execution);
  if (blocked_) return 0;
  Event& event = events_[scheduled_ - 1];
  const std::size_t position = choice_position_++;
  std::vector<Alternative>& choices = event.letter.alternatives;
  if (position >= choices.size()) choices.push_back({0, alternatives});
  if (choices[position].chosen >= alternatives) choices[position].chosen = 0;
  if (!event.is_executed && choices[position].options < alternatives) {
    event.opened_from = std::min(event.opened_from, position);
  }
  choices[position].options = alternatives;
  return choices[position].chosen;
}

// The alternatives not taken, from the position on at which this prefix is the first to meet them.
void Dpor::open_siblings(Event& event) {
  const std::vector<Alternative>& taken = event.letter.alternatives;
  for (std::size_t position = event.opened_from; position < taken.size(); ++position) {
    for (std::uint32_t chosen = 0; chosen < taken[position].options; ++chosen) {
      if (chosen == taken[position].chosen) continue;
      Letter sibling = event.letter;
      sibling.alternatives.resize(position + 1);
      sibling.alternatives[position].chosen = chosen;
      const auto is_known = [&](const Letter& l) { return l.task == sibling.task && same_choices(l.alternatives, sibling.alternatives); };
      if (std::any_of(event.sleep.begin(), event.sleep.end(), is_known)) continue;
      forest_.append_leaf(event.wakeup, std::move(sibling));
    }
  }
}

void Dpor::on_step(const Execution& execution, const Step& step) {
  begin_forced_step(execution);
  if (blocked_) return;
  executed_ = scheduled_;
  Event& event = events_[scheduled_ - 1];
  HEDDLE_CHECK(event.task == step.task);
  if (!event.is_executed) execute(execution, step, event, scheduled_ - 1);
}

void Dpor::execute(const Execution& execution, const Step& step, Event& event, std::uint32_t index) {
  event.is_executed = true;
  event.accesses.assign(step.footprint.begin(), step.footprint.end());
  if (execution.has_always()) event.accesses.push_back({Execution::clock_object, Access::write});
  event.letter.is_open = false;
  event.letter.footprint.clear();
  for (const AccessRecord& access : event.accesses)
    event.letter.footprint.push_back({execution.object_key(access.object), access.access});
  TaskHistory& task = tasks_[event.task];
  event.clock = clock_of(event.task);
  if (step.joined != 0) join(event.clock, clock_of(step.joined));
  if (event.is_forced)  // it is what everybody has done that made time pass
    for (TaskId id = 0; id < tasks_.size(); ++id) join(event.clock, clock_of(id));
  const Operation operation{event.task, event.needs, event.announced, event.accesses, index, std::max(task.last, task.born)};
  find_races(operation, event.clock, event.races);
  join_conflicting(event);
  event.previous = task.last;
  event.ordinal = ++task.steps;
  task.last = index + 1;
  if (event.clock.size() <= event.task) event.clock.resize(event.task + 1, 0);
  event.clock[event.task] = event.ordinal;
  for (const AccessRecord& access : event.accesses) {
    const std::size_t object = access.object.index;
    if (object >= objects_.size()) objects_.resize(object + 1);
    objects_[object].initial_level = execution.initial_level(access.object);
    objects_[object].accesses.push_back({index, access.access, access.change});
  }
  register_tasks(execution, event.clock);
  open_siblings(event);
}

void Dpor::register_tasks(const Execution& execution, const std::vector<std::uint32_t>& clock) {
  for (auto id = static_cast<TaskId>(tasks_.size()); id < execution.task_count(); ++id) {
    TaskHistory& task = tasks_.emplace_back();
    task.key = execution.task(id).key;
    task.initial_clock = clock;
    task.born = live_;
  }
}

const std::vector<std::uint32_t>& Dpor::clock_of(TaskId task) const {
  const TaskHistory& history = tasks_[task];
  return history.last > 0 ? events_[history.last - 1].clock : history.initial_clock;
}

bool Dpor::happens_before(const Event& earlier, const std::vector<std::uint32_t>& clock) noexcept {
  return earlier.task < clock.size() && clock[earlier.task] >= earlier.ordinal;
}

void Dpor::join_conflicting(Event& event) const {
  for (const AccessRecord& access : event.accesses) {
    if (access.object.index >= objects_.size()) continue;
    const std::vector<PastAccess>& past = objects_[access.object.index].accesses;
    for (auto earlier = past.rbegin(); earlier != past.rend(); ++earlier) {
      if (!conflicts(earlier->access, access.access)) continue;
      const Event& other = events_[earlier->step];
      if (!happens_before(other, event.clock)) join(event.clock, other.clock);
      if (earlier->access == Access::write) break;  // everything before it comes with it
    }
  }
}

void Dpor::find_races(const Operation& operation, const std::vector<std::uint32_t>& before, std::vector<std::uint32_t>& races) const {
  const bool is_certain = operation.needs.level >= 0;
  for (const AccessRecord& access : operation.accesses) {
    if (access.object.index >= objects_.size()) continue;
    const std::vector<PastAccess>& past = objects_[access.object.index].accesses;
    for (auto earlier = past.rbegin(); earlier != past.rend(); ++earlier) {
      if (!conflicts(earlier->access, access.access)) continue;
      const Event& other = events_[earlier->step];
      if (other.task == operation.task) continue;
      if (happens_before(other, before)) {
        if (earlier->access == Access::write) break;
        continue;
      }
      if (!could_come_before(operation, earlier->step)) continue;  // look further back, to where it could
      races.push_back(earlier->step);
      if (is_certain && earlier->access == Access::write) break;
    }
  }
  std::sort(races.begin(), races.end());
  races.erase(std::unique(races.begin(), races.end()), races.end());
  if (!is_certain) return;
  for (std::size_t i = 0; i < races.size();) {
    const bool is_covered = std::any_of(races.begin() + static_cast<std::ptrdiff_t>(i) + 1, races.end(), [&](std::uint32_t later) {
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
  if (operation.needs.level == 0) return true;
  const Event& instead_of = events_[step];
  if (operation.needs.level == Needs::something().level) return true;
  if (operation.needs.level < 0) {
    // Known where it was pending: the step that enabled it must not be this one, nor depend on it.
    if (step < operation.announced || operation.task >= 64) return true;
    std::uint32_t enabler = operation.upto;
    while (enabler > step && ((events_[enabler - 1].was_enabled >> operation.task) & 1U) != 0) --enabler;
    if (enabler == step) return true;
    return enabler - 1 != step && !happens_before(instead_of, events_[enabler - 1].clock);
  }
  if (operation.waits_for.index >= objects_.size()) return true;
  const ObjectHistory& object = objects_[operation.waits_for.index];
  std::int32_t level = object.initial_level;
  for (const PastAccess& past : object.accesses) {
    if (past.step >= operation.upto) break;
    if (past.step < step || (past.step > step && !happens_before(instead_of, events_[past.step].clock))) level += past.change;
  }
  return level >= operation.needs.level;
}

void Dpor::on_tasks_ended(const Execution& execution) {
  if (blocked_) return;
  register_tasks(execution, phase_clock_);
  for (TaskId id = 1; id < execution.task_count(); ++id) join(phase_clock_, clock_of(id));
  collect_pending(execution);
}

void Dpor::collect_pending(const Execution& execution) {
  pending_.clear();
  for (TaskId id = 1; id < execution.task_count(); ++id) {
    const Task& task = execution.task(id);
    if (task.finished || !task.started || task.pending.object == Execution::no_object) continue;
    PendingOperation& pending = pending_.emplace_back();
    pending.access = {task.pending.object, task.pending.access};
    pending.letter.task = task.key;
    pending.letter.id = id;
    pending.letter.footprint.push_back({execution.object_key(task.pending.object), task.pending.access});
    pending.operation = {id, task.pending.needs, task.pending.object, {}, live_, std::max(tasks_[id].last, tasks_[id].born)};
  }
}

void Dpor::end_execution(const ExecutionResult&) {
  reverse_races();
  backtrack();
}

void Dpor::reverse_races() {
  for (std::uint32_t index = 0; index < live_; ++index)
    if (const Event& event = events_[index]; !event.races.empty()) {
      reversed_ = event.letter;
      widen(reversed_, event);
      for (const std::uint32_t earlier : event.races) reverse(earlier, reversed_, event.task, index);
    }
  std::vector<std::uint32_t> races;
  for (PendingOperation& pending : pending_) {
    pending.operation.accesses = {&pending.access, 1};
    races.clear();
    find_races(pending.operation, clock_of(pending.operation.task), races);
    for (const std::uint32_t earlier : races) reverse(earlier, pending.letter, pending.operation.task, live_);
  }
}

// What an operation touches may change when it comes before a step it depends on: a compare-and-swap that failed may then succeed. What
// was announced bounds it, unless it has touched more than that.
void Dpor::widen(Letter& letter, const Event& event) {
  letter.is_open = event.accesses.size() > 1 && std::any_of(event.accesses.begin(), event.accesses.end(), [&](const AccessRecord& access) {
    return access.object != event.announced;
  });
  letter.is_open = letter.is_open || event.announced == Execution::no_object;
  if (letter.is_open) return;
  for (Touched& touched : letter.footprint)
    if (touched.access != event.announced_access) touched.access = Access::write;
}

void Dpor::reverse(std::uint32_t earlier, const Letter& later, TaskId later_task, std::uint32_t upto) {
  Event& event = events_[earlier];
  if (event.is_forced) return;
  scratch_.clear();
  for (std::uint32_t j = earlier + 1; j < live_; ++j) {
    const Event& other = events_[j];
    if (other.task == later_task && j >= upto) continue;
    if (!happens_before(event, other.clock)) scratch_.push_back(&other.letter);
  }
  scratch_.push_back(&later);
  for (const Letter& letter : event.sleep)
    if (is_weak_initial(letter, scratch_)) return;
  forest_.insert(event.wakeup, scratch_);
}

void Dpor::pop_event() {
  Event& event = events_[--live_];
  if (!event.is_executed) return;
  for (const AccessRecord& access : event.accesses) objects_[access.object.index].accesses.pop_back();
  tasks_[event.task].last = event.previous;
  --tasks_[event.task].steps;
  tasks_.resize(std::min<std::size_t>(tasks_.size(), event.tasks_before));
}

/// Whether the letter's task was not enabled before the event, which is the last one popped.
bool Dpor::is_dead(const Event& event, const Letter& letter) const {
  TaskId id = letter.id;
  if (id >= tasks_.size() || tasks_[id].key != letter.task)
    for (id = 0; id < tasks_.size() && tasks_[id].key != letter.task;) ++id;
  return id == tasks_.size() || (id < 64 && ((event.was_enabled >> id) & 1U) == 0);
}

void Dpor::backtrack() {
  forest_.clear(inherited_);
  while (live_ > 0) {
    pop_event();
    Event& event = events_[live_];
    if (event.is_executed) event.sleep.push_back(event.letter);
    while (!event.wakeup.empty()) {
      if (event.is_forced || !is_dead(event, forest_.letter(event.wakeup.first))) {
        resumes_ = true;
        return;
      }
      forest_.drop_front(event.wakeup);
    }
  }
  done_ = !advance_setup();
}

bool Dpor::advance_setup() {
  tasks_.clear();
  while (!setup_.empty()) {
    if (++setup_.back().chosen < setup_.back().options) return true;
    setup_.pop_back();
  }
  return false;
}

}  // namespace heddle::sim

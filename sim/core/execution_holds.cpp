// What tasks hold, who is told, and what that says about a deadlock: who waits for whom, since which step.
#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {

void Execution::attach(Observer& observer) {
  observers_.push_back(&observer);
  watching_ = true;
}

void Execution::detach(Observer& observer) noexcept {
  std::erase(observers_, &observer);
  watching_ = explaining_ || !observers_.empty();
}

void Execution::add_hold(TaskId owner, ObjectId object, const Holding& how, std::source_location where) {
  if (tearing_down()) return;
  holds_.push_back({object, owner, how, ++hold_serial_, result_.steps, clock_.now(), where});
  const Hold hold = holds_.back();
  observe([&](Observer& observer) { observer.on_held(hold); });
}

void Execution::remove_hold(ObjectId object) {
  const Task& by = stepper_ != nullptr ? *stepper_ : *running_;  // a timer's step is nobody's
  const auto is_own = [&](const Hold& hold) { return hold.object == object && hold.task == by.id; };
  auto found = std::find_if(holds_.rbegin(), holds_.rend(), is_own);
  if (found == holds_.rend())
    found = std::find_if(holds_.rbegin(), holds_.rend(), [&](const Hold& hold) { return hold.object == object; });
  if (found == holds_.rend()) return;  // taken before anybody observed
  const Hold hold = *found;
  holds_.erase(std::next(found).base());
  observe([&](Observer& observer) { observer.on_released(hold, by); });
}

Measurement* Execution::worse_than_before(std::string_view contract, Duration value, Duration budget,
                                          std::string_view reason) {
  for (Measurement& known : measurements_) {
    if (known.contract != contract || known.reason != reason) continue;
    if (value <= known.value) return nullptr;
    known.value = value;
    known.budget = budget;
    return &known;
  }
  return &measurements_.emplace_back(
      Measurement{arena_.copy(contract), arena_.copy(reason), value, budget, std::string_view()});
}

void Execution::find_stuck() {
  for (TaskId id = 1; id < task_count_; ++id) {
    const Task& task = *tasks_[id];
    if (task.finished || !task.started || task.background) continue;
    StuckRecord& record = stuck_.emplace_back(StuckRecord{id, task.pending, 0, 0});
    for (const Hold& hold : holds_) {
      if (hold.object != task.pending.object) continue;
      record.holder = hold.task;
      record.held_since = hold.since_step;
    }
  }
}

namespace {

/// One edge of the wait-for graph, and the words for it.
struct WaitFor {
  TaskId waiting = 0;
  TaskId whom = 0;
  std::string what;
};

/// Follows waits from the last one on `path`; true when they lead back to the task of the first.
template <class WaitsOf>
bool closes(std::vector<WaitFor>& path, std::vector<bool>& visited, const WaitsOf& waits_of) {
  const TaskId at = path.back().whom;
  if (at == path.front().waiting) return true;
  if (visited[at]) return false;
  visited[at] = true;
  for (const WaitFor& next : waits_of(at)) {
    path.push_back(next);
    if (closes(path, visited, waits_of)) return true;
    path.pop_back();
  }
  return false;
}

}  // namespace

std::string Execution::describe_deadlock() const {
  std::string text = "no task can go on: ";
  const char* separator = "";
  for (TaskId id = 1; id < task_count_; ++id) {
    const Task& task = *tasks_[id];
    if (task.finished || !task.started || task.background) continue;
    text += separator + task.name.str() + " waits to " + std::string(task.pending.op->name);
    if (task.pending.object != no_object) text += " " + object_name(task.pending.object);
    const char* holds = ", holding ";
    for (const Hold& hold : holds_) {
      if (hold.task != id) continue;
      text += holds + object_name(hold.object) + " since step " + std::to_string(hold.since_step);
      holds = " and ";
    }
    separator = "; ";
  }
  return text + describe_cycle();
}

std::string Execution::describe_cycle() const {
  const auto waits_of = [this](TaskId id) {
    std::vector<WaitFor> waits;
    const Task& task = *tasks_[id];
    if (task.finished) return waits;
    for (const Hold& hold : holds_)
      if (hold.object == task.pending.object && hold.task != 0)
        waits.push_back({id, hold.task,
                         "for " + object_name(hold.object) + ", held by " + tasks_[hold.task]->name.str() +
                             " since step " + std::to_string(hold.since_step)});
    const bool lacks_worker = task.wait == WaitKind::await && task.pool != nullptr && task.pool->waiting.contains(id);
    for (TaskId other = 1; other < task_count_; ++other) {
      const Task& candidate = *tasks_[other];
      if (candidate.finished || !candidate.started) continue;
      if (candidate.joiners.contains(id)) waits.push_back({id, other, "for the end of " + candidate.name.str()});
      if (lacks_worker && candidate.pool == task.pool && candidate.holds_worker)
        waits.push_back({id, other,
                         "for a worker thread, kept by " + candidate.name.str() + " since step " +
                             std::to_string(candidate.worker_since)});
    }
    return waits;
  };
  for (TaskId id = 1; id < task_count_; ++id) {
    for (const WaitFor& first : waits_of(id)) {
      std::vector<WaitFor> path{first};
      std::vector<bool> visited(task_count_, false);
      if (!closes(path, visited, waits_of)) continue;
      std::string text = ". The cycle: ";
      for (const WaitFor& wait : path)
        text += (&wait == path.data() ? "" : "; ") + tasks_[wait.waiting]->name.str() + " waits " + wait.what;
      return text;
    }
  }
  return {};
}

}  // namespace heddle::sim

#include "sim/replay/plan.hpp"

#include <algorithm>

namespace heddle::sim {
namespace {

// How far ahead of the first step not made yet to look for one that can be made; only long runs of blocked tasks meet
// it.
constexpr std::size_t look_ahead = 512;

}  // namespace

std::vector<PlannedStep> steps_of(const Execution& execution) {
  const Recording& recording = execution.recording();
  std::vector<PlannedStep> steps;
  steps.reserve(recording.events.size());
  for (const Event& event : recording.events) {
    const auto first = recording.choices.begin() + event.first_choice;
    steps.push_back({execution.task(event.task).key, {first, first + event.choice_count}});
  }
  return steps;
}

Cost cost_of(const Execution& execution, const std::vector<std::uint32_t>& body_choices) {
  Cost cost;
  cost.steps = execution.result().steps;
  for (const std::uint32_t choice : body_choices) cost.choices += choice;
  for (const std::uint32_t choice : execution.recording().choices) cost.choices += choice;
  TaskId previous = clock_task;
  for (const Event& event : execution.recording().events) {
    cost.preemptions += event.preempts ? 1 : 0;
    cost.switches += event.task != previous ? 1 : 0;
    previous = event.task;
  }
  return cost;
}

std::uint32_t NotingReplay::next_choice(const Execution& execution, std::uint32_t alternatives) {
  const std::uint32_t chosen = replay_.next_choice(execution, alternatives);
  if (execution.stepping() == nullptr) body_choices_.push_back(chosen);
  return chosen;
}

Guided::Guided(Plan plan) : plan_(std::move(plan)) {
  for (std::uint32_t i = 0; i < plan_.steps.size(); ++i) {
    const std::uint64_t key = plan_.steps[i].task_key;
    auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return l.key == key; });
    if (lane == lanes_.end()) lane = lanes_.insert(lane, Lane{.key = key, .steps = {}});
    lane->steps.push_back(i);
    lane_of_step_.push_back(static_cast<std::uint32_t>(lane - lanes_.begin()));
  }
}

bool Guided::begin_execution(std::uint64_t) {
  for (Lane& lane : lanes_) {
    lane.next = 0;
    lane.exists = false;
  }
  made_step_.assign(plan_.steps.size(), false);
  lane_of_task_.clear();
  made_.clear();
  body_choices_.clear();
  cursor_ = events_seen_ = choice_event_ = choice_in_step_ = 0;
  return true;
}

void Guided::find_new_tasks(const Execution& execution) {
  for (auto id = static_cast<TaskId>(lane_of_task_.size()); id < execution.task_count(); ++id) {
    const std::uint64_t key = planned_key(execution, id);
    const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& l) { return l.key == key; });
    lane_of_task_.push_back(lane == lanes_.end() ? -1 : static_cast<std::int32_t>(lane - lanes_.begin()));
    made_.push_back(0);
    if (lane == lanes_.end()) continue;
    lane->task = id;
    lane->exists = true;
  }
}

Guided::Lane* Guided::lane_of(const Execution& execution, TaskId task) {
  if (task >= lane_of_task_.size()) find_new_tasks(execution);
  const std::int32_t lane = lane_of_task_[task];
  return lane < 0 ? nullptr : &lanes_[static_cast<std::size_t>(lane)];
}

void Guided::catch_up(const Execution& execution) {
  find_new_tasks(execution);
  const std::vector<Event>& events = execution.recording().events;
  for (; events_seen_ < events.size(); ++events_seen_) {
    const Event& event = events[events_seen_];
    ++made_[event.task];
    Lane* lane = lane_of(execution, event.task);
    if (lane == nullptr || lane->next >= lane->steps.size()) continue;
    const std::span<const std::uint32_t> remaining = std::span<const std::uint32_t>(lane->steps).subspan(lane->next);
    const std::size_t used = std::min(used_up_by(execution, event, remaining), remaining.size());
    for (std::size_t i = 0; i < used; ++i) made_step_[lane->steps[lane->next++]] = true;
  }
  while (cursor_ < made_step_.size() && made_step_[cursor_]) ++cursor_;
}

TaskId Guided::next_task(const Execution& execution) {
  catch_up(execution);
  const TaskSet& enabled = execution.enabled();
  const std::size_t end = std::min(cursor_ + look_ahead, made_step_.size());
  for (std::size_t i = cursor_; i < end; ++i) {
    if (made_step_[i]) continue;
    const Lane& lane = lanes_[lane_of_step_[i]];
    if (lane.exists && enabled.contains(lane.task) && may_run(execution, lane.task)) return lane.task;
  }
  if (const TaskId usual = default_next_task(execution); may_run(execution, usual)) return usual;
  TaskId chosen = default_next_task(execution);
  bool is_found = false;
  enabled.for_each([&](TaskId id) {
    if (is_found || id == clock_task || !may_run(execution, id)) return;
    chosen = id;
    is_found = true;
  });
  return chosen;
}

std::uint32_t Guided::next_choice(const Execution& execution, std::uint32_t alternatives) {
  const Task* stepping = execution.stepping();
  if (stepping == nullptr) {
    const std::size_t i = body_choices_.size();
    const std::uint32_t wanted = i < plan_.body_choices.size() ? plan_.body_choices[i] : 0;
    body_choices_.push_back(std::min(wanted, alternatives - 1));
    return body_choices_.back();
  }
  catch_up(execution);
  if (choice_event_ != events_seen_) choice_in_step_ = 0;
  choice_event_ = events_seen_;
  const std::size_t i = choice_in_step_++;
  const Lane* lane = lane_of(execution, stepping->id);
  if (lane == nullptr || lane->next >= lane->steps.size()) return 0;
  const std::vector<std::uint32_t>& choices = plan_.steps[lane->steps[lane->next]].choices;
  return i < choices.size() ? std::min(choices[i], alternatives - 1) : 0;
}

}  // namespace heddle::sim

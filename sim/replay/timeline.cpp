#include "sim/replay/timeline.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "sim/replay/plan.hpp"

namespace heddle::sim {
namespace {

/// A source path as it reads in the repository: this file's own path tells where that begins, and a path that a cache
/// of the compiler wrote relative to the build folder begins there with "../".
std::string_view repository_path(std::string_view path) {
  constexpr std::string_view here = __FILE__;
  constexpr std::string_view self = "sim/replay/timeline.cpp";
  static_assert(here.ends_with(self));
  constexpr std::string_view root = here.substr(0, here.size() - self.size());
  if (path.starts_with(root)) path.remove_prefix(root.size());
  while (path.starts_with("../")) path.remove_prefix(3);
  return path;
}

std::string location(const std::source_location& where) {
  if (where.line() == 0) return {};
  return fmt::format("{}:{}", repository_path(where.file_name()), where.line());
}

}  // namespace

Timeline timeline_of(const Execution& execution) {
  Timeline timeline;
  for (const TaskInfo& info : execution.task_infos())
    timeline.tasks.push_back({static_cast<TaskId>(timeline.tasks.size()), info.name, info.key});
  std::map<std::tuple<TaskId, std::string, std::string>, std::uint32_t> occurrences;
  const Recording& recording = execution.recording();
  for (const Event& event : recording.events) {
    TimelineRow row;
    row.step = timeline.rows.size() + 1;
    row.task = event.task;
    row.op = event.op == nullptr ? "" : std::string(event.op->name);
    if (event.object != Execution::clock_object) row.object = execution.object_name(event.object);
    row.detail = event.joined != 0 && event.detail.empty() ? timeline.tasks[event.joined].name : event.detail;
    row.occurrence = ++occurrences[{row.task, row.op, row.object}];
    const auto first = recording.choices.begin() + event.first_choice;
    row.choices.assign(first, first + event.choice_count);
    row.time_ns = event.time_ns;
    row.preempts = event.preempts;
    if (event.task != clock_task) row.where = location(event.where);
    timeline.preemptions += row.preempts ? 1 : 0;
    timeline.rows.push_back(std::move(row));
  }
  for (const StuckRecord& stuck : execution.stuck())
    timeline.stuck.push_back({stuck.task, std::string(stuck.pending.op->name),
                              execution.object_name(stuck.pending.object), stuck.holder, stuck.held_since});
  const ExecutionResult& result = execution.result();
  timeline.failure = result.failure;
  timeline.property = std::string(result.property);
  timeline.message = std::string(result.message);
  timeline.failed_task = result.failed_task;
  return timeline;
}

Timeline make_timeline(const Program& program, const std::vector<Decision>& schedule, const ExecutionOptions& options) {
  Execution execution(options);
  NotingReplay replay(schedule);
  execution.run(program, replay, Execution::Detail::explain);
  if (const auto& divergence = replay.divergence())
    throw Error(ErrorCode::diverged, fmt::format("the program left the schedule before step {}: {}",
                                                 divergence->step + 1, divergence->what));
  Timeline timeline = timeline_of(execution);
  timeline.body_choices = replay.body_choices();
  return timeline;
}

std::string format_duration(std::int64_t nanoseconds) {
  struct Unit {
    std::int64_t size;
    const char* name;
  };
  for (const Unit unit : {Unit{1'000'000'000, "s"}, Unit{1'000'000, "ms"}, Unit{1'000, "us"}})
    if (nanoseconds >= unit.size)
      return fmt::format("{:.6g} {}", static_cast<double>(nanoseconds) / static_cast<double>(unit.size), unit.name);
  return fmt::format("{} ns", nanoseconds);
}

std::string describe(const TimelineRow& row) {
  std::string text = row.op;
  if (row.op == ops::sleep.name) text = "wakes up";  // the step is made when the time is over
  if (row.op == ops::work.name) text = "work is done";
  for (const std::string* part : {&row.object, &row.detail})
    if (!part->empty()) text += ' ' + *part;
  return text;
}

}  // namespace heddle::sim

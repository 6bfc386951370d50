#include "sim/replay/happens_before.hpp"

#include <algorithm>

namespace heddle::sim {
namespace {

constexpr std::size_t none = ~std::size_t{0};

void join(std::span<std::uint32_t> into, std::span<const std::uint32_t> other) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], other[i]);
}

std::size_t last_before(const std::vector<TaskId>& tasks, TaskId task, std::size_t position) {
  for (std::size_t i = position; i > 0; --i)
    if (tasks[i - 1] == task) return i - 1;
  return none;
}

}  // namespace

HappensBefore::HappensBefore(const Recording& recording, const std::vector<TaskInfo>& tasks, std::size_t objects)
    : recording_(recording), tasks_(tasks), width_(tasks.size()), touches_(objects) {
  const std::size_t count = recording.events.size();
  clocks_.assign(count * width_, 0);
  std::vector<std::uint32_t> made(width_, 0);
  std::vector<std::uint32_t> by_class(objects * access_classes * width_, 0);
  const auto latest = [&](const AccessRecord& touched, std::size_t access) {
    return std::span(by_class).subspan((touched.object.index * access_classes + access) * width_, width_);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Event& event = recording.events[i];
    std::vector<std::uint32_t> now = program_order(event.task, i);
    task_.push_back(event.task);
    index_.push_back(++made[event.task]);
    for (const AccessRecord& touched : recording.footprint(event))
      for (std::size_t other = 0; other < access_classes; ++other)
        if (conflicts(touched.access, static_cast<Access>(other))) join(now, latest(touched, other));
    now[event.task] = index_.back();
    for (const AccessRecord& touched : recording.footprint(event)) {
      join(latest(touched, static_cast<std::size_t>(touched.access)), now);
      touches_[touched.object.index].push_back({static_cast<std::uint32_t>(i), touched.access});
    }
    std::copy(now.begin(), now.end(), clocks_.begin() + static_cast<std::ptrdiff_t>(i * width_));
  }
}

std::vector<std::uint32_t> HappensBefore::program_order(TaskId task, std::size_t position) const {
  std::vector<std::uint32_t> result(width_, 0);
  if (const std::size_t previous = last_before(task_, task, position); previous != none) {
    join(result, clock(previous));
  } else if (const TaskInfo& info = tasks_[task]; info.parent != 0 && info.born_after < task_.size()) {
    join(result, clock(info.born_after));  // the step that created it
  }
  if (position >= recording_.events.size()) return result;
  if (const TaskId joined = recording_.events[position].joined; joined != 0)
    if (const std::size_t last = last_before(task_, joined, position); last != none) join(result, clock(last));
  return result;
}

std::vector<std::size_t> HappensBefore::unordered_conflicts(TaskId task, std::span<const AccessRecord> footprint,
                                                            std::size_t position) const {
  const std::vector<std::uint32_t> before = program_order(task, position);
  std::vector<std::size_t> found;
  for (const AccessRecord& touched : footprint) {
    if (touched.object.index >= touches_.size()) continue;
    for (const Touch& touch : touches_[touched.object.index]) {
      const std::size_t event = touch.event;
      if (event >= position || task_[event] == task || !conflicts(touch.access, touched.access)) continue;
      if (before[task_[event]] < index_[event]) found.push_back(event);
    }
  }
  std::sort(found.begin(), found.end(), std::greater<>());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace heddle::sim

// What to say of an execution that does not end: tasks that look at the same again and again, or go round in circles.
#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {

bool Execution::spins() const {
  constexpr std::size_t long_enough = 1000;
  const auto& events = recording_.events;
  if (events.size() < long_enough) return false;
  return std::all_of(events.end() - long_enough, events.end(), [this](const Event& event) {
    const auto footprint = recording_.footprint(event);
    return std::all_of(footprint.begin(), footprint.end(),
                       [](const AccessRecord& access) { return access.access == Access::read; });
  });
}

std::string Execution::describe_spin() const {
  constexpr std::size_t enough = 100;
  std::vector<std::string> spinning;
  for (auto event = recording_.events.end() - enough; event != recording_.events.end(); ++event) {
    if (event->object == no_object) continue;  // a yield says nothing
    std::string text = "task " + tasks_[event->task]->name.str() + " performs '" + std::string(event->op->name) + " " +
                       object_name(event->object) + "'";
    if (std::find(spinning.begin(), spinning.end(), text) == spinning.end()) spinning.push_back(std::move(text));
  }
  std::string message;
  for (const std::string& text : spinning) message += (message.empty() ? "" : ", ") + text;
  if (message.empty()) message = "a task yields";
  return message +
         " again and again, and nothing changes: a loop that spins has endlessly many schedules; wait for a Notify or "
         "a "
         "ConditionVariable instead";
}

// A livelock changes things, and comes back to where it was: the last steps are some shorter sequence again and again.
std::string Execution::describe_livelock() const {
  constexpr std::size_t longest = 500;
  constexpr std::size_t rounds = 4;
  const auto& events = recording_.events;
  const auto is_same = [](const Event& a, const Event& b) {
    return a.task == b.task && a.op == b.op && a.object == b.object;
  };
  for (std::size_t period = 1; period <= longest && period * rounds <= events.size(); ++period) {
    const auto last = events.end() - static_cast<std::ptrdiff_t>(period);
    const auto start = events.end() - static_cast<std::ptrdiff_t>(period * rounds);
    if (!std::equal(start, last, start + static_cast<std::ptrdiff_t>(period), is_same)) continue;
    std::string message = "its last steps are the same ones again and again, a livelock:";
    constexpr std::size_t enough = 12;
    for (std::size_t i = 0; i < std::min(period, enough); ++i) {
      const Event& event = last[static_cast<std::ptrdiff_t>(i)];
      message += (i == 0 ? " " : ", ") + tasks_[event.task]->name.str() + " '" + std::string(event.op->name);
      if (event.object != no_object) message += " " + object_name(event.object);
      message += "'";
    }
    return message + (period > enough ? ", ... (" + std::to_string(period) + " steps)" : "");
  }
  return {};
}

std::string Execution::describe_endless() const {
  if (spins()) return describe_spin();
  const std::string livelock = describe_livelock();
  return !livelock.empty() ? livelock : "a task may never end (see the last steps), or the step limit must be raised";
}

}  // namespace heddle::sim

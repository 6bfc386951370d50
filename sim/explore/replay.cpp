#include "sim/explore/replay.hpp"

#include "sim/core/execution.hpp"

namespace heddle::sim {

TaskId default_next_task(const Execution& execution) {
  const TaskId running = execution.running();
  if (running != clock_task && execution.enabled().contains(running)) return running;
  // The clock comes last: time passes early only where a schedule says so.
  const TaskId lowest = execution.enabled().nth(0);
  return lowest != clock_task || execution.enabled().size() == 1 ? lowest : execution.enabled().nth(1);
}

bool Replay::begin_execution(std::uint64_t index) {
  next_ = 0;
  divergence_.reset();
  return index == 0;
}

const Decision* Replay::take(const Execution& execution, DecisionKind kind, std::uint32_t options) {
  if (divergence_ || next_ >= schedule_.size()) return nullptr;
  const Decision& recorded = schedule_[next_];
  const auto diverge = [&](std::string what) {
    divergence_ = Divergence{next_, execution.result().steps, std::move(what)};
    return nullptr;
  };
  const auto describe = [](DecisionKind k) {
    return k == DecisionKind::task ? "a choice among tasks" : "a choice of data";
  };
  if (recorded.kind != kind)
    return diverge(std::string("recorded ") + describe(recorded.kind) + ", met " + describe(kind));
  if (recorded.options != options)
    return diverge("recorded " + std::to_string(recorded.options) + " alternatives, met " + std::to_string(options));
  if (kind == DecisionKind::task && !execution.enabled().contains(recorded.chosen))
    return diverge("recorded task " + std::to_string(recorded.chosen) + ", which is not enabled here");
  ++next_;
  return &recorded;
}

TaskId Replay::next_task(const Execution& execution) {
  const Decision* decision = take(execution, DecisionKind::task, execution.enabled().size());
  return decision != nullptr ? decision->chosen : default_next_task(execution);
}

std::uint32_t Replay::next_choice(const Execution& execution, std::uint32_t alternatives) {
  const Decision* decision = take(execution, DecisionKind::choice, alternatives);
  return decision != nullptr ? decision->chosen : 0;
}

}  // namespace heddle::sim

#include "sim/explore/linearisation.hpp"

#include <algorithm>

namespace heddle::sim {
namespace {

/// Longer executions are not worth the time.
constexpr std::size_t most_steps = 20'000;

/// Repeats a schedule, and looks whether anything could have gone on at its end.
class LastLook final : public Strategy {
 public:
  explicit LastLook(const std::vector<Decision>& schedule) : replay_(schedule) { replay_.begin_execution(0); }

  [[nodiscard]] std::string name() const override { return replay_.name(); }
  bool begin_execution(std::uint64_t) override { return true; }
  TaskId next_task(const Execution& execution) override {
    return execution.enabled().size() == 1 ? execution.enabled().nth(0) : replay_.next_task(execution);
  }
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override {
    const std::uint32_t chosen = replay_.next_choice(execution, alternatives);
    if (!execution.in_step()) setup_choices.push_back(chosen);
    return chosen;
  }
  void on_tasks_ended(const Execution& execution) override {
    can_be_reordered = !execution.has_always() && !execution.enabled().contains(clock_task);
    for (TaskId id = 1; id < execution.task_count(); ++id)
      can_be_reordered = can_be_reordered && (!execution.task(id).started || execution.task(id).finished);
  }
  [[nodiscard]] bool observes_steps() const override { return true; }

  bool can_be_reordered = false;
  std::vector<std::uint32_t> setup_choices;

 private:
  Replay replay_;
};

/// Per object, what a later access has to come after.
struct ObjectHistory {
  std::vector<std::pair<std::uint32_t, Access>> accesses;  // since the last write, which is the first of them
};

}  // namespace

PartialOrder::PartialOrder(const Program& program, const std::vector<Decision>& schedule,
                           const ExecutionOptions& options) {
  const bool bounds_timers = options.time == TimeMode::any_time && options.slack != ExecutionOptions{}.slack;
  if (bounds_timers) return;
  Execution execution(options);
  LastLook look(schedule);
  const ExecutionResult& result = execution.run(program, look, Execution::Detail::events);
  if (result.failure == FailureKind::none && look.can_be_reordered && result.steps <= most_steps) read(execution);
  setup_choices_ = std::move(look.setup_choices);
}

void PartialOrder::read(const Execution& execution) {
  const Recording& recording = execution.recording();
  const std::vector<TaskInfo> tasks = execution.task_infos();
  std::vector<ObjectHistory> objects(execution.object_infos().size());
  std::vector<std::vector<std::uint32_t>> steps_of(tasks.size());
  steps_.resize(recording.events.size());
  for (std::uint32_t index = 0; index < recording.events.size(); ++index) {
    const Event& event = recording.events[index];
    Step& step = steps_[index];
    std::vector<std::uint32_t>& own = steps_of[event.task];
    if (!own.empty()) {
      step.after.push_back(own.back());
    } else if (tasks[event.task].parent != 0 && tasks[event.task].born_after < index) {
      step.after.push_back(tasks[event.task].born_after);  // the step that created it
    }
    own.push_back(index);
    if (event.joined != 0 && !steps_of[event.joined].empty()) step.after.push_back(steps_of[event.joined].back());
    step.choices.assign(recording.choices.begin() + event.first_choice,
                        recording.choices.begin() + event.first_choice + event.choice_count);
    for (const AccessRecord& access : recording.footprint(event)) {
      auto& past = objects[access.object.index].accesses;
      for (const auto& [other, how] : past)
        if (other != index && conflicts(how, access.access)) step.after.push_back(other);
      if (access.access == Access::write) past.clear();
      past.emplace_back(index, access.access);
    }
  }
  for (TaskId id = 0; id < tasks.size(); ++id)
    if (!steps_of[id].empty()) threads_.push_back({tasks[id].key, std::move(steps_of[id])});
  std::sort(threads_.begin(), threads_.end(), [](const Thread& a, const Thread& b) { return a.key < b.key; });
}

bool Linearisation::begin_execution(std::uint64_t) {
  position_.assign(order_.threads_.size(), 0);
  done_.assign(order_.steps_.size(), false);
  current_ = nothing;
  choices_taken_ = setup_choices_taken_ = 0;
  return true;
}

std::uint32_t Linearisation::next_step(const Execution& execution, TaskId task) const {
  const std::uint64_t key = execution.task(task).key;
  const auto& threads = order_.threads_;
  const auto found =
      std::lower_bound(threads.begin(), threads.end(), key,
                       [](const PartialOrder::Thread& thread, std::uint64_t k) { return thread.key < k; });
  if (found == threads.end() || found->key != key) return nothing;
  const std::uint32_t position = position_[static_cast<std::size_t>(found - threads.begin())];
  return position < found->steps.size() ? found->steps[position] : nothing;
}

bool Linearisation::is_ready(std::uint32_t step) const {
  return step != nothing && std::all_of(order_.steps_[step].after.begin(), order_.steps_[step].after.end(),
                                        [this](std::uint32_t other) { return done_[other]; });
}

TaskId Linearisation::next_task(const Execution& execution) {
  TaskId chosen = clock_task;
  std::uint32_t ready = 0;
  execution.enabled().for_each([&](TaskId task) {
    if (is_ready(next_step(execution, task)) && rng_.below(++ready) == 0) chosen = task;
  });
  if (ready == 0) chosen = default_next_task(execution);  // it is another trace by now
  current_ = next_step(execution, chosen);
  choices_taken_ = 0;
  return chosen;
}

std::uint32_t Linearisation::next_choice(const Execution& execution, std::uint32_t alternatives) {
  const auto take = [alternatives](const std::vector<std::uint32_t>& choices, std::size_t& taken) {
    return taken < choices.size() ? std::min(choices[taken++], alternatives - 1) : 0;
  };
  if (!execution.in_step()) return take(order_.setup_choices_, setup_choices_taken_);
  // Time that passes because nothing else can is a step that nobody asks for.
  if (execution.stepping() == &execution.task(clock_task)) current_ = next_step(execution, clock_task);
  return current_ == nothing ? 0 : take(order_.steps_[current_].choices, choices_taken_);
}

void Linearisation::on_step(const Execution& execution, const Step& step) {
  const std::uint32_t index = next_step(execution, step.task);
  if (index != nothing) {
    done_[index] = true;
    const std::uint64_t key = execution.task(step.task).key;
    for (std::size_t thread = 0; thread < order_.threads_.size(); ++thread)
      if (order_.threads_[thread].key == key) ++position_[thread];
  }
  choices_taken_ = 0;
}

}  // namespace heddle::sim

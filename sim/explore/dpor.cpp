#include "sim/explore/dpor.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/execution.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {

std::string Dpor::name() const {
  if (source_sets_) return "dpor:source";
  return most_nodes_ == unbounded ? "dpor" : "dpor:nodes=" + std::to_string(most_nodes_);
}

bool Dpor::begin_execution(std::uint64_t index) {
  if (index == 0) forget_all();
  if (must_begin_again_) begin_again();
  scheduled_ = executed_ = 0;
  choice_position_ = 0;
  blocked_ = false;
  first_new_ = live_;
  setup_position_ = 0;
  pending_.clear();
  if (done_) return false;
  ++executions_;
  return true;
}

void Dpor::forget_all() {
  *this = source_sets_ ? Dpor(most_nodes_).with_source_sets() : Dpor(most_nodes_);
}

void Dpor::begin_again() {
  const std::uint64_t in_vain = redundant_ + executions_;
  const Footprints seen = seen_;
  forget_all();
  assumed_ = seen_ = seen;
  redundant_ = in_vain;
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
  may_miss_ = may_miss_ || (source_sets_ && pending.needs.level < 0);
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
      throw Error(
          ErrorCode::usage,
          "DPOR cannot bound how many timers fire early; use the strategy 'exhaustive', or leave the slack unbounded");
    register_tasks(execution, nullptr);
    event.tasks_before = execution.task_count();
    event.wakeup = std::exchange(inherited_, {});
    inherit_sleep(event);
  }
  return event;
}

bool Dpor::choose_letter(const Execution& execution, Event& event) {
  const bool resumes = std::exchange(resumes_, false);
  while (!event.wakeup.empty()) {
    const TaskId task = find_task(forest_.alphabet().task(forest_.front(event.wakeup)));
    if (task == execution.task_count() || !execution.enabled().contains(task)) {
      forest_.drop_front(event.wakeup);
      continue;
    }
    if (drop_redundant_front(event)) continue;
    take_front(event);
    event.task = task;
    return true;
  }
  return !resumes && pick_freely(execution, event);
}

void Dpor::take_front(Event& event) {
  const WakeupForest::Popped front = forest_.pop_front(event.wakeup);
  event.letter = front.letter;
  event.written.alternatives = forest_.alphabet()[front.letter].alternatives;
  event.opened_from = front.opens_alternatives ? 0 : event.written.alternatives.size();
  inherited_ = front.below;
}

/// Takes away what stands first in the wakeup tree as far as it is explored elsewhere; false if some of it is not.
bool Dpor::drop_redundant_front(Event& event) {
  if (is_asleep(event, forest_.front(event.wakeup))) {
    forest_.drop_branch(event.wakeup);
    return true;
  }
  return trusts_sleep() && !forest_.prune_front(event.wakeup, event.sleep);
}

bool Dpor::is_asleep(const Event& event, LetterId letter) const {
  const Alphabet& alphabet = forest_.alphabet();
  return std::any_of(event.sleep.begin(), event.sleep.end(), [&](LetterId sleeping) {
    return alphabet.task(sleeping) == alphabet.task(letter) && may_be_same_step(alphabet[sleeping], alphabet[letter]);
  });
}

// Going on with the running task keeps executions readable and switches rare.
bool Dpor::pick_freely(const Execution& execution, Event& event) {
  const auto try_task = [&](TaskId id) {
    event.written.task = tasks_[id].rank;
    event.written.alternatives.clear();
    if (!may_pick(event, event.written)) return false;
    event.task = id;
    event.opened_from = event.written.alternatives.empty() ? 0 : event.written.alternatives.size() - 1;
    return true;
  };
  const TaskId preferred = default_next_task(execution);
  bool found = try_task(preferred);
  if (!found) execution.enabled().for_each([&](TaskId id) { found = found || (id != preferred && try_task(id)); });
  return found;
}

// A task of which some data alternatives sleep and others do not is taken with the first that does not.
bool Dpor::may_pick(const Event& event, Letter& letter) const {
  bool some_sleep = false;
  const Alphabet& alphabet = forest_.alphabet();
  for (const LetterId sleeping : event.sleep) {
    if (alphabet.task(sleeping) != letter.task) continue;
    if (!alphabet.has_alternatives(sleeping)) return false;
    some_sleep = true;
  }
  if (!some_sleep) return true;
  const std::optional<Alternative> waking = alphabet.waking_alternative(event.sleep, letter.task);
  if (waking) letter.alternatives.push_back(*waking);
  return waking.has_value();
}

void Dpor::inherit_sleep(Event& event) const {
  event.sleep.clear();
  if (live_ > 0) {
    const Alphabet& alphabet = forest_.alphabet();
    const Event& before = events_[live_ - 1];
    const std::uint32_t task = alphabet.task(before.letter);
    for (const LetterId sleeping : before.sleep)
      if (alphabet.task(sleeping) != task && !alphabet.are_in_conflict(sleeping, before.letter))
        event.sleep.push_back(sleeping);
  }
  event.inherited = event.sleep.size();
}

// Time that passes because nothing is enabled is a step that nobody asks the strategy about.
void Dpor::force_step(const Execution& execution) {
  choice_position_ = 0;
  if (scheduled_ == live_) {
    Event& event = new_event(execution);
    if (resumes_) {
      take_front(event);
      resumes_ = false;
    } else {
      forest_.clear(event.wakeup);
      event.written.alternatives.clear();
      event.opened_from = 0;
    }
    event.task = clock_task;
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
      throw Error(
          ErrorCode::usage,
          "choose() was called by the body after its tasks had run, which DPOR does not explore; call it before "
          "run(), or use the strategy 'exhaustive'");
    if (setup_position_ == setup_.size()) setup_.push_back({0, alternatives});
    return setup_[setup_position_++].chosen;
  }
  begin_forced_step(execution);
  if (blocked_) return 0;
  Event& event = events_[scheduled_ - 1];
  const std::size_t position = choice_position_++;
  auto& choices = event.written.alternatives;
  if (position >= choices.size()) choices.push_back({0, alternatives});
  if (choices[position].options != alternatives) {  // it was another step where this letter comes from
    if (choices[position].chosen >= alternatives) choices[position].chosen = 0;
    choices[position].options = alternatives;
    event.opened_from = std::min(event.opened_from, position);
  }
  return choices[position].chosen;
}

// The alternatives not taken, from the position on at which this prefix is the first to meet them. They are explored
// before all that waits here: a letter of which one alternative sleeps is taken to be asleep as a whole.
void Dpor::open_siblings(Event& event) {
  const auto& taken = event.written.alternatives;
  if (event.opened_from < taken.size()) forest_.doubt(event.wakeup);
  for (std::size_t position = event.opened_from; position < taken.size(); ++position) {
    for (std::uint32_t chosen = taken[position].options; chosen-- > 0;) {
      if (chosen == taken[position].chosen) continue;
      Letter& sibling = letter_scratch_;
      sibling = event.written;  // it may touch something else
      sibling.alternatives.resize(position + 1);
      sibling.alternatives[position].chosen = chosen;
      const LetterId letter = forest_.alphabet().id(sibling);
      if (!is_asleep(event, letter) && !forest_.bring_to_front(event.wakeup, sibling))
        forest_.prepend_leaf(event.wakeup, letter);
    }
  }
}

void Dpor::on_step(const Execution& execution, const Step& step) {
  begin_forced_step(execution);
  if (blocked_) return;
  executed_ = scheduled_;
  Event& event = events_[scheduled_ - 1];
  HEDDLE_CHECK(event.task == step.task);
  if (event.is_executed) return;
  execute(execution, step, event, scheduled_ - 1);
  open_siblings(event);
}

void Dpor::on_tasks_ended(const Execution& execution) {
  if (blocked_) return;
  collect_pending(execution);
  if (execution.result().failure != FailureKind::none) return;
  ended_early_ = ended_early_ || execution.enabled().contains(clock_task);
  for (TaskId id = 1; id < execution.task_count(); ++id)
    ended_early_ = ended_early_ || (execution.task(id).started && !execution.task(id).finished);
}

void Dpor::end_execution(const ExecutionResult&) {
  reverse_races();
  backtrack();
}

TaskId Dpor::find_task(std::uint32_t rank) const {
  const TaskId id = rank < id_of_rank_.size() ? id_of_rank_[rank] : 0;
  return id < tasks_.size() && tasks_[id].rank == rank ? id : static_cast<TaskId>(tasks_.size());
}

/// Whether the letter's task was not enabled before the event, which is the last one taken back.
bool Dpor::is_dead(const Event& event, LetterId letter) const {
  const TaskId id = find_task(forest_.alphabet().task(letter));
  return id == tasks_.size() || (id < 64 && ((event.was_enabled >> id) & 1U) == 0);
}

double Dpor::explored_share() const {
  if (done_) return 1;
  double share = 0;
  double weight = 1;
  for (std::uint32_t index = 0; index < events_.size() && index <= live_; ++index) {
    const Event& event = events_[index];
    const std::size_t explored = event.sleep.size() - event.inherited;
    const std::size_t current = index < live_ ? 1 : 0;
    const std::size_t all = explored + current + forest_.count_roots(event.wakeup);
    if (all == 0) break;
    weight /= static_cast<double>(all);
    share += weight * static_cast<double>(explored);
  }
  return share;
}

void Dpor::backtrack() {
  forest_.clear(inherited_);
  while (live_ > 0) {
    Event& event = events_[--live_];
    if (event.is_executed) {
      forget(event);
      event.sleep.push_back(event.letter);
    }
    while (!event.wakeup.empty()) {
      if (!event.is_forced && is_dead(event, forest_.front(event.wakeup))) {
        forest_.drop_front(event.wakeup);
      } else if (!drop_redundant_front(event)) {
        resumes_ = true;
        return;
      }
    }
    event.sleep.clear();
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

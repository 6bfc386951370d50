#include "properties/time_contracts.hpp"

#include <fmt/format.h>

#include "properties/source_text.hpp"
#include "sim/replay/timeline.hpp"

namespace heddle::properties {

namespace {

/// The budget of a lease is its time-to-live.
bool is_in_budget(const sim::Hold& hold) {
  return hold.how.is_lock && !hold.how.expires;
}

}  // namespace

std::string_view property_of(Contract contract) noexcept {
  switch (contract) {
    case Contract::lock_hold:
      return "lock_hold_within_budget";
    case Contract::worker_blocked:
      return "worker_not_blocked_longer_than";
    case Contract::blocking_lock_await:
      return "no_blocking_lock_across_await";
    case Contract::heartbeat_jitter:
      return "heartbeat_jitter_within";
  }
  return "";
}

TimeContracts::TimeContracts(sim::World& world, const TimeBudgets& budgets)
    : execution_(world.execution()), budgets_(budgets) {
  execution_.attach(*this);
}

TimeContracts::~TimeContracts() {
  execution_.detach(*this);
}

TimeContracts::Acknowledged::Acknowledged(TimeContracts& contracts, Contract contract, std::string_view reason)
    : contracts_(contracts), task_(contracts.execution_.running_task().id), contract_(contract) {
  OfTask& own = contracts_.of(task_);
  own.reasons[static_cast<std::size_t>(contract)] = reason;
  if (contract == Contract::worker_blocked) own.worker_reason = reason;
}

TimeContracts::Acknowledged::~Acknowledged() {
  contracts_.of(task_).reasons[static_cast<std::size_t>(contract_)] = {};
}

TimeContracts::OfTask& TimeContracts::of(sim::TaskId task) {
  if (task >= tasks_.size()) tasks_.resize(task + 1);
  return tasks_[task];
}

template <class Text>
void TimeContracts::judge(Contract contract, std::string_view reason, sim::Duration value, sim::Duration budget,
                          Text&& text) {
  execution_.measure(property_of(contract), value, budget, reason, text);
  if (value <= budget || !reason.empty()) return;
  execution_.fail(sim::FailureKind::property, property_of(contract), [&] {
    return fmt::format("{}: {}, and {} are allowed", text(), sim::format_duration(value.count()),
                       sim::format_duration(budget.count()));
  });
}

void TimeContracts::on_held(const sim::Hold& hold) {
  // What time it is, is part of what this step did: where time may pass at any moment, other orders give other times.
  if (is_in_budget(hold) && budgets_.lock_hold != TimeBudgets::none) static_cast<void>(execution_.now());
}

void TimeContracts::on_released(const sim::Hold& hold, const sim::Task& by) {
  if (!is_in_budget(hold) || budgets_.lock_hold == TimeBudgets::none) return;
  const std::string_view reason = of(hold.task).reasons[static_cast<std::size_t>(Contract::lock_hold)];
  judge(Contract::lock_hold, reason, execution_.now() - hold.since, budgets_.lock_hold, [&] {
    const std::string taker = execution_.task(hold.task).name.str();
    return fmt::format("{} was held by {} from step {}{}{}", execution_.object_text(hold.object), taker,
                       hold.since_step, place_of(hold.where),
                       by.id == hold.task ? std::string() : " until " + by.name.str() + " gave it back");
  });
}

void TimeContracts::on_await(const sim::Task& task, const sim::Op& op, sim::ObjectId object,
                             std::source_location where) {
  if (!budgets_.blocking_lock_across_await) return;
  for (const sim::Hold& hold : execution_.holds()) {
    if (hold.task != task.id || !hold.how.blocks) continue;
    const std::string_view reason = of(task.id).reasons[static_cast<std::size_t>(Contract::blocking_lock_await)];
    const auto text = [&] {
      return fmt::format("{} holds {}, taken in step {}{}, while it awaits '{}{}{}'{}", task.name.str(),
                         execution_.object_text(hold.object), hold.since_step, place_of(hold.where), op.name,
                         object == sim::Execution::no_object ? "" : " ", execution_.object_name(object),
                         place_of(where));
    };
    execution_.measure(property_of(Contract::blocking_lock_await), execution_.now() - hold.since, sim::Duration(0),
                       reason, text);
    if (reason.empty()) execution_.fail(sim::FailureKind::property, property_of(Contract::blocking_lock_await), text);
    return;
  }
}

void TimeContracts::on_worker_taken(const sim::Task& task) {
  if (budgets_.worker_blocked == TimeBudgets::none) return;
  OfTask& own = of(task.id);
  own.worker_since = execution_.now();
  own.worker_reason = own.reasons[static_cast<std::size_t>(Contract::worker_blocked)];
}

void TimeContracts::on_worker_given_back(const sim::Task& task) {
  if (budgets_.worker_blocked == TimeBudgets::none) return;
  const OfTask own = of(task.id);
  judge(Contract::worker_blocked, own.worker_reason, execution_.now() - own.worker_since, budgets_.worker_blocked, [&] {
    return fmt::format("{} kept its worker from step {} to its next await", task.name.str(), task.worker_since);
  });
}

void TimeContracts::heartbeat(sim::Duration period, int beats, sim::Duration jitter) {
  const sim::Duration start = sim::now();
  for (int beat = 1; beat <= beats; ++beat) {
    const sim::Duration due = start + beat * period;
    if (const sim::Duration early = due - sim::now(); early.count() > 0) sim::sleep(early);
    const sim::Task& self = execution_.running_task();
    const std::string_view reason = of(self.id).reasons[static_cast<std::size_t>(Contract::heartbeat_jitter)];
    judge(Contract::heartbeat_jitter, reason, sim::now() - due, jitter,
          [&] { return fmt::format("beat {} of {} was late", beat, self.name.str()); });
  }
}

}  // namespace heddle::properties

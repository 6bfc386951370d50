#include "properties/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "properties/source_text.hpp"

namespace heddle::properties {

Ledger::Ledger(sim::World& world) : execution_(world.execution()) {
  execution_.attach(*this);
}

Ledger::~Ledger() {
  execution_.detach(*this);
}

void Ledger::hand_over(sim::ObjectId object) {
  for (const sim::Hold& hold : execution_.holds())
    if (hold.object == object && hold.task == execution_.running_task().id) handed_over_.push_back(hold.serial);
}

void Ledger::on_dropped(const sim::Task& task, const sim::CancelScope* scope) {
  const Drop drop{task.id, scope == nullptr, task.pending};
  const auto known = std::find_if(drops_.begin(), drops_.end(), [&](const Drop& d) { return d.task == task.id; });
  if (known == drops_.end()) {
    drops_.push_back(drop);
  } else {
    *known = drop;
  }
}

void Ledger::on_unwound(const sim::Task& task, const sim::CancelScope& scope) {
  if (const Drop* drop = drop_of(task.id)) compare(task, scope.last_hold, *drop);
}

void Ledger::on_task_ended(const sim::Task& task) {
  if (const Drop* drop = drop_of(task.id); drop != nullptr && drop->as_a_whole) compare(task, 0, *drop);
}

void Ledger::on_all_ended() {
  for (const sim::Hold& hold : execution_.holds()) {
    if (is_handed_over(hold) || execution_.task(hold.task).background) continue;
    execution_.fail(sim::FailureKind::property, at_the_end,
                    [&] { return describe(hold) + ", is still held at the end"; });
  }
}

void Ledger::compare(const sim::Task& task, std::uint64_t last_before, const Drop& drop) {
  for (const sim::Hold& hold : execution_.holds()) {
    if (hold.task != task.id || hold.serial <= last_before || is_handed_over(hold)) continue;
    execution_.fail(sim::FailureKind::property, when_dropped, [&] {
      return fmt::format(
          "{}, leaks: the task was dropped at its await '{}{}{}'{} and what would have given it back "
          "never ran",
          describe(hold), drop.at.op->name, drop.at.object == sim::Execution::no_object ? "" : " ",
          execution_.object_name(drop.at.object), place_of(drop.at.where));
    });
    return;
  }
}

const Ledger::Drop* Ledger::drop_of(sim::TaskId task) const {
  const auto known = std::find_if(drops_.begin(), drops_.end(), [&](const Drop& drop) { return drop.task == task; });
  return known == drops_.end() ? nullptr : &*known;
}

bool Ledger::is_handed_over(const sim::Hold& hold) const {
  return std::find(handed_over_.begin(), handed_over_.end(), hold.serial) != handed_over_.end();
}

std::string Ledger::describe(const sim::Hold& hold) const {
  return fmt::format("{}, taken by {} in step {}{}", execution_.object_text(hold.object),
                     execution_.task(hold.task).name.str(), hold.since_step, place_of(hold.where));
}

}  // namespace heddle::properties

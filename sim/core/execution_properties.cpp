// Properties that are looked at while tasks run.
#include <algorithm>

#include "sim/core/execution.hpp"

namespace heddle::sim {

void Execution::add_step_check(StepCheck check, std::span<const ObjectId> support) {
  if (support.empty()) {
    checks_everything_ = true;
  } else {
    has_support_ = check.has_support = true;
    const auto bit = static_cast<std::uint32_t>(step_checks_.size()) % distinct_supports;
    check.object = step_checks_.size() < distinct_supports ? add_object("property", Name(check.property)) : no_object;
    if (check.object == no_object)  // it shares one
      check.object =
          step_checks_[bit].has_support ? step_checks_[bit].object : add_object("property", Name("properties"));
    for (const ObjectId object : support) {
      objects_[object.index].watched_by |= 1U << bit;
      for (ObjectRecord& part : objects_)
        if (part.whole == object.index && part.whole != 0) part.watched_by |= 1U << bit;
    }
  }
  step_checks_.push_back(check);
  set_attention();
}

// A step that changes what a property looks at writes the property: so the orders of such steps are told apart, and
// each valuation that can be seen is seen.
void Execution::touch_properties() {
  std::uint32_t changed = 0;
  for (const AccessRecord& touched : touches_)
    if (touched.access != Access::read) changed |= objects_[touched.object.index].watched_by;
  for (std::size_t i = 0; i < step_checks_.size() && changed != 0; ++i) {
    const std::uint32_t bit = 1U << (i % distinct_supports);
    if ((changed & bit) == 0 || !step_checks_[i].has_support) continue;
    touches_.push_back({step_checks_[i].object, Access::write, 0});
    if (i + distinct_supports >= step_checks_.size()) changed &= ~bit;
  }
}

void Execution::check_properties() {
  if (result_.failure != FailureKind::none || tearing_down()) return;
  const bool was_inspecting = std::exchange(inspecting_, true);
  const std::uint32_t attention = std::exchange(attention_, attention_ | attention_inspect);
  for (StepCheck& check : step_checks_) {
    if (check.has_held || !is_of_interest(check.property)) continue;
    const bool holds = check.holds(check.predicate);
    if (check.is_once) {
      check.has_held = holds;
    } else if (!holds) {
      record_failure(FailureKind::property, check.property);
    }
  }
  inspecting_ = was_inspecting;
  attention_ = attention;  // as it was: the root may be running, when it is about to hand over to a task
}

const StepCheck* Execution::first_unheld() const noexcept {
  const auto found = std::find_if(step_checks_.begin(), step_checks_.end(), [this](const StepCheck& check) {
    return check.is_once && !check.has_held && is_of_interest(check.property);
  });
  return found == step_checks_.end() ? nullptr : &*found;
}

void Execution::check_eventually() {
  if (const StepCheck* check = first_unheld())
    fail(FailureKind::property, check->property,
         [] { return std::string("all tasks have ended, and it did not hold after any step"); });
}

void Execution::mark_sometimes(std::string_view name, bool reached) {
  if (tearing_down()) return;
  for (Sometimes& entry : sometimes_)
    if (entry.name == name) {
      entry.reached = entry.reached || reached;
      return;
    }
  sometimes_.push_back({arena_.copy(name), reached});
}

}  // namespace heddle::sim

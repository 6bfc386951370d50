#include "sim/runtime/time.hpp"

namespace heddle::sim {

void yield_now(std::source_location where) {
  Execution& execution = Execution::current();
  execution.suspend(ops::yield_now, Execution::no_object, Access::read, where);
}

Sleeping::Sleeping(Duration duration) {
  Execution& execution = Execution::current();
  timer_ = execution.arm_timer(execution.now() + duration, &Sleeping::on_fire, this);
}

Sleeping::~Sleeping() {
  if (Execution* execution = Execution::current_or_null()) execution->cancel_timer(timer_);
}

void Sleeping::on_fire(void* self) {
  auto& sleeping = *static_cast<Sleeping*>(self);
  sleeping.fired_ = true;
  Execution::current().refresh(sleeping.waiters_);
}

namespace detail {

TimeLimit::TimeLimit(Execution& execution, Duration duration) : execution_(execution), task_(execution.running_task()) {
  timer_ = execution_.arm_timer(execution_.now() + duration, &TimeLimit::on_fire, this);
  execution_.enter_scope(task_, *this);
}

TimeLimit::~TimeLimit() {
  execution_.cancel_timer(timer_);
  task_.scope = outer;
  if (delivered) execution_.report_swallowed(task_);
}

void TimeLimit::caught() {
  delivered = false;
  execution_.scope_unwound(task_, *this);
}

void TimeLimit::on_fire(void* self) {
  auto& limit = *static_cast<TimeLimit*>(self);
  limit.fired = true;
  limit.execution_.cancel_fired(limit.task_);
}

}  // namespace detail
}  // namespace heddle::sim

// Waiting, workers and cancellation: the part of `Execution` that decides whether a waiting task is enabled.
#include <cstring>
#include <exception>

#include "sim/core/execution.hpp"
#include "sim/core/hash.hpp"

namespace heddle::sim {

bool Execution::wait_until(const Op& op, ObjectId object, Access access, Guard guard, TaskSet& waiters, WaitKind kind,
                           std::source_location where, Needs needs) {
  const auto perform_at_once = [&] {
    if (!tearing_down() && !guard.ready(guard.context)) throw_waits_for_ever(op, object);
    return false;
  };
  if (kind == WaitKind::await && running_->pool != nullptr) {
    // An async task finds out whether it has to wait in a step of its own: only then does it give its worker back.
    if (!announce(op, object, access, where)) return perform_at_once();
    if (!schedule()) return false;
    if (guard.ready(guard.context)) return true;
    touch(object, Access::read);
  }
  if (!begin_wait(op, object, access, guard, kind, where, needs)) return perform_at_once();
  const TaskId self = running_->id;
  waiters.insert(self);
  if (!schedule()) return false;  // whatever was waited for may be gone
  waiters.erase(self);
  end_wait();
  return true;
}

void Execution::throw_waits_for_ever(const Op& op, ObjectId object) const {
  throw Error(ErrorCode::usage, "'" + std::string(op.name) + "' on " + object_name(object) +
                                    " would wait for ever: it was called outside of a task, where nobody else runs");
}

bool Execution::suspend(const Op& op, ObjectId object, Access access, std::source_location where) {
  // The answer is there when the strategy says so; a timeout that fires before drops the call.
  const Guard answered{[](const void* task) { return !has_fired_scope(*static_cast<const Task*>(task)); }, running_};
  Task& self = *running_;
  const Needs needs = self.pool == nullptr ? Needs::nothing() : Needs::something();
  if (!begin_wait(op, object, access, answered, WaitKind::await, where, needs) || !schedule()) return false;
  if (self.scope != nullptr && self.pool == nullptr) touch(wake_up_of(self), Access::read);
  end_wait();
  return true;
}

bool Execution::begin_wait(const Op& op, ObjectId object, Access access, Guard guard, WaitKind kind,
                           std::source_location where, Needs needs) {
  if (kind == WaitKind::await && in_task()) {
    give_worker_back(*running_);
    if (!observers_.empty()) [[unlikely]]
      observe([&](Observer& observer) { observer.on_await(*running_, op, object, where); });
    if (options_.cancel == Cancel::each) [[unlikely]]
      choose_cancellation(*running_);
  }
  Task& self = *running_;
  // What lacks a worker, or may be dropped, does not wait for that one step only.
  const bool waits_for_more = self.pool != nullptr || self.scope != nullptr;
  const Needs all_needs = needs.level == Needs::one_step().level && waits_for_more ? Needs::something() : needs;
  if (!announce(op, object, access, where, all_needs)) return false;
  self.guard = guard;
  self.wait = kind;
  self.is_unwinding = thread_state_->uncaught > 0;
  refresh_task(self);
  return true;
}

void Execution::end_wait() {
  Task& self = *running_;
  const WaitKind kind = self.wait;
  const bool ready = self.guard.ready == nullptr || self.guard.ready(self.guard.context);
  self.guard = {};
  self.wait = WaitKind::none;
  if (kind == WaitKind::await) {
    take_worker(self);
    deliver_cancellation(self, ready);
  }
}

ObjectId Execution::wake_up_of(Task& task) {
  if (task.wake_up == no_object) {
    task.wake_up = {static_cast<std::uint32_t>(objects_.size())};
    ObjectRecord& record = objects_.emplace_back();
    record.key = mix(task.key, 0x77616b65U);  // whoever asks first
    record.kind = "wake-up";
    record.name = task.name;
  }
  return task.wake_up;
}

void Execution::refresh(const TaskSet& waiters) {
  waiters.for_each([this](TaskId id) { refresh_task(*tasks_[id]); });
}

bool Execution::has_fired_scope(const Task& task) noexcept {
  for (const CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->fired && !scope->delivered) return true;
  return false;
}

bool Execution::can_be_cancelled(const Task& task) noexcept {
  return !task.cancel_in_flight && !task.is_unwinding && (task.abort_requested || has_fired_scope(task));
}

void Execution::refresh_task(Task& task) {
  if (task.finished || task.wait == WaitKind::none || tearing_down()) return;
  bool ready = task.guard.ready == nullptr || task.guard.ready(task.guard.context);
  if (task.wait == WaitKind::await) {
    ready = ready || can_be_cancelled(task);
    if (WorkerPool* pool = task.pool; pool != nullptr && !pool->unbounded) {
      if (ready) {
        pool->waiting.insert(task.id);
      } else {
        pool->waiting.erase(task.id);
      }
      ready = ready && pool->free > 0;
    }
  }
  if (ready) {
    enabled_.insert(task.id);
    if (has_order_) [[unlikely]]
      hold_back();
  } else {
    disable(task.id);
  }
}

// Tasks that share one thread are ordered by that; those that share several are not.
void Execution::touch_pool(const WorkerPool& pool, Access access) {
  if (pool.is_one_thread) {
    touch(pool.object, access);
  } else {
    touch_unordered(pool.object, access);
  }
}

void Execution::give_worker_back(Task& task) {
  if (!task.holds_worker || tearing_down()) return;
  if (!observers_.empty()) [[unlikely]]
    observe([&](Observer& observer) { observer.on_worker_given_back(task); });
  task.holds_worker = false;
  WorkerPool& pool = *task.pool;
  if (pool.unbounded) return;
  touch_pool(pool, Access::commute);
  if (pool.free++ == 0) enable(pool.waiting);
}

void Execution::take_worker(Task& task) {
  if (task.pool == nullptr) return;
  HEDDLE_CHECK(!task.holds_worker);
  task.holds_worker = true;
  task.worker_since = result_.steps;
  if (!observers_.empty()) [[unlikely]]
    observe([&](Observer& observer) { observer.on_worker_taken(task); });
  WorkerPool& pool = *task.pool;
  if (pool.unbounded) return;
  HEDDLE_CHECK(pool.free > 0);
  touch_pool(pool, Access::write);
  pool.waiting.erase(task.id);
  if (--pool.free == 0) disable(pool.waiting);
}

void Execution::deliver_cancellation(Task& task, bool ready) {
  // An abort is looked at first, as an async runtime does when it polls a task; a timeout only after what it waits for.
  const bool can_abort = task.pool != nullptr;
  if (can_abort || !ready) touch(wake_up_of(task), Access::read);
  const bool is_aborted = can_abort && (task.abort_requested || is_to_be_dropped(task));
  if (ready && !is_aborted) {
    for (CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
      if (scope->is_marked) scope->fired = false;  // not here, then
    return;
  }
  if (!can_be_cancelled(task)) {
    HEDDLE_CHECK(ready);  // else whoever made the guard false did not refresh
    return;
  }
  // A timeout drops it because what it waits for is not ready; an abort does in any case.
  if (!ready && !is_aborted && task.pending.object != no_object) touch(task.pending.object, Access::read);
  if (task.abort_requested) throw_cancelled(task, nullptr);
  CancelScope* outermost = nullptr;
  for (CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->fired && !scope->delivered) outermost = scope;
  HEDDLE_CHECK(outermost != nullptr);
  outermost->delivered = true;
  throw_cancelled(task, outermost);
}

void Execution::throw_cancelled(Task& task, const CancelScope* scope) {
  if (!observers_.empty()) [[unlikely]]
    observe([&](Observer& observer) { observer.on_dropped(task, scope); });
  task.cancel_in_flight = true;
  task.at_cancel = *thread_state_;
  ++cancellations_in_flight_;
  set_attention();
  note([&] {
    if (scope == nullptr) return std::string("aborted here");
    return std::string(scope->is_marked ? "dropped here" : "dropped here: its timeout fired");
  });
  throw Cancelled{scope};
}

void Execution::cancellation_caught(Task& task) noexcept {
  if (!task.cancel_in_flight || tearing_down()) return;
  task.cancel_in_flight = false;
  --cancellations_in_flight_;
  set_attention();
}

void Execution::scope_unwound(Task& task, const CancelScope& scope) {
  cancellation_caught(task);
  if (!observers_.empty()) [[unlikely]]
    observe([&](Observer& observer) { observer.on_unwound(task, scope); });
}

void Execution::enter_scope(Task& task, CancelScope& scope) noexcept {
  scope.outer = task.scope;
  scope.last_hold = hold_serial_;
  task.scope = &scope;
}

bool Execution::is_to_be_dropped(const Task& task) noexcept {
  for (const CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->is_marked && scope->fired && !scope->delivered) return true;
  return false;
}

/// Which of the marked scopes around this await is dropped at it, if any: a decision of the running step.
void Execution::choose_cancellation(Task& task) {
  if (tearing_down() || inspecting_ || task.cancel_in_flight || thread_state_->uncaught > 0) return;
  std::uint32_t marked = 0;
  for (const CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->is_marked && !scope->delivered) ++marked;
  if (marked == 0) return;
  std::uint32_t chosen = alternative(marked + 1);
  if (chosen == 0) return;
  note([] { return std::string("and is to be dropped at its await"); });
  for (CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->is_marked && !scope->delivered && --chosen == 0) scope->fired = true;
}

void Execution::report_swallowed(const Task& task) {
  fail(FailureKind::misuse, "cancellation_swallowed", [&] {
    return "task " + task.name.str() +
           " caught its own cancellation and went on; a catch (...) around an await must rethrow what it does not know";
  });
}

void Execution::request_abort(Task& task) {
  touch(wake_up_of(task), Access::write);
  if (task.finished) return;
  task.abort_requested = true;
  refresh_task(task);
}

}  // namespace heddle::sim

// Waiting, workers and cancellation: the part of `Execution` that decides whether a waiting task is enabled.
#include <cstring>
#include <exception>

#include "sim/core/execution.hpp"

namespace heddle::sim {

bool Execution::wait_until(const Op& op, ObjectId object, Access access, Guard guard, TaskSet& waiters, WaitKind kind,
                           std::source_location where) {
  if (!announce(op, object, access, where)) {
    if (!in_task() && !guard.ready(guard.context))
      throw Error(ErrorCode::usage, "'" + std::string(op.name) + "' on " + object_name(object) +
                                        " would wait for ever: it was called outside of a task, where nobody else runs");
    return false;
  }
  Task& self = *running_;
  waiters.insert(self.id);
  begin_wait(guard, kind);
  const bool live = schedule();
  waiters.erase(self.id);
  return live && end_wait();
}

bool Execution::suspend(const Op& op, ObjectId object, Access access, std::source_location where) {
  if (!announce(op, object, access, where)) return false;
  Task& self = *running_;
  begin_wait({}, WaitKind::await);
  self.had_to_wait = true;
  if (self.pool != nullptr) {
    give_worker_back(self);
    refresh_task(self);
  }
  return schedule() && end_wait();
}

void Execution::begin_wait(Guard guard, WaitKind kind) {
  Task& self = *running_;
  self.guard = guard;
  self.wait = kind;
  self.had_to_wait = false;
  refresh_task(self);
}

bool Execution::end_wait() {
  Task& self = *running_;
  const WaitKind kind = self.wait;
  const bool ready = self.guard.ready == nullptr || self.guard.ready(self.guard.context);
  self.guard = {};
  self.wait = WaitKind::none;
  if (kind == WaitKind::await) {
    take_worker(self);
    if (self.had_to_wait) deliver_cancellation(self, ready);
  }
  return true;
}

void Execution::refresh(const TaskSet& waiters) {
  waiters.for_each([this](TaskId id) { refresh_task(*tasks_[id]); });
}

bool Execution::can_be_cancelled(const Task& task) noexcept {
  if (task.cancel_in_flight) return false;
  if (task.abort_requested) return true;
  for (const CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->fired && !scope->delivered) return true;
  return false;
}

void Execution::refresh_task(Task& task) {
  if (task.finished || task.wait == WaitKind::none || tearing_down()) return;
  bool ready = task.guard.ready == nullptr || task.guard.ready(task.guard.context);
  if (task.wait == WaitKind::await) {
    if (!ready) {
      task.had_to_wait = true;
      give_worker_back(task);
      ready = can_be_cancelled(task);
    }
    if (task.pool != nullptr && !task.holds_worker) {
      if (ready) {
        task.pool->waiting.insert(task.id);
      } else {
        task.pool->waiting.erase(task.id);
      }
      ready = ready && task.pool->free > 0;
    }
  }
  if (ready) {
    enabled_.insert(task.id);
  } else {
    enabled_.erase(task.id);
  }
}

void Execution::give_worker_back(Task& task) {
  if (task.pool == nullptr) return;
  task.pool->waiting.erase(task.id);
  if (!task.holds_worker) return;
  task.holds_worker = false;
  if (task.pool->free++ == 0) enabled_.insert_all(task.pool->waiting);
}

void Execution::take_worker(Task& task) {
  if (task.pool == nullptr || task.holds_worker) return;
  HEDDLE_CHECK(task.pool->free > 0);
  task.holds_worker = true;
  task.pool->waiting.erase(task.id);
  if (--task.pool->free == 0) enabled_.erase_all(task.pool->waiting);
}

void Execution::deliver_cancellation(Task& task, bool ready) {
  if (!can_be_cancelled(task)) return;
  if (task.abort_requested) throw_cancelled(task, nullptr);
  if (ready) return;  // as in an async runtime: what is ready when polled wins against a timeout that has also fired
  CancelScope* outermost = nullptr;
  for (CancelScope* scope = task.scope; scope != nullptr; scope = scope->outer)
    if (scope->fired && !scope->delivered) outermost = scope;
  HEDDLE_CHECK(outermost != nullptr);
  outermost->delivered = true;
  throw_cancelled(task, outermost);
}

void Execution::throw_cancelled(Task& task, const CancelScope* scope) {
  task.cancel_in_flight = true;
  task.at_cancel = *thread_state_;
  ++cancellations_in_flight_;
  set_attention();
  note([&] { return std::string(scope == nullptr ? "aborted here" : "dropped here: its timeout fired"); });
  throw Cancelled{scope};
}

void Execution::cancellation_caught(Task& task) noexcept {
  if (!task.cancel_in_flight || tearing_down()) return;
  task.cancel_in_flight = false;
  --cancellations_in_flight_;
  set_attention();
}

void Execution::report_swallowed(const Task& task) {
  fail(FailureKind::misuse, "cancellation_swallowed", [&] {
    return "task " + task.name.str() +
           " caught its own cancellation and went on; a catch (...) around an await must rethrow what it does not know";
  });
}

void Execution::request_abort(Task& task) {
  if (task.finished) return;
  task.abort_requested = true;
  refresh_task(task);
}

}  // namespace heddle::sim

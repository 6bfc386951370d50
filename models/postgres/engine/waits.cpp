// Waiting for the end of a transaction or in a lock's queue, with time-outs and interruptions.
#include <algorithm>
#include <utility>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/sql_error.hpp"
#include "sim/core/error.hpp"

namespace heddle::pg {

namespace ops {
inline constexpr sim::Op lock_wait{"pg.lock_wait", sim::Unwinds::at_once};
inline constexpr sim::Op go_on{"pg.go_on", sim::Unwinds::at_once};
}  // namespace ops

using sim::Access;

void Engine::update_readiness(Waiter& waiter, bool touches) {
  if (!waiter.active) return;
  const bool granted = may_go_on(waiter);
  if (std::exchange(waiter.granted, granted) != granted && touches) touch_unblocked(waiter);
  const bool ready = waiter.doomed || waiter.lock_timed_out || waiter.statement_timed_out || waiter.cancelled ||
                     waiter.terminated || granted;
  if (ready == waiter.ready) return;
  waiter.ready = ready;
  waiter.execution->refresh(waiter.task);
}

/// Who looks for a deadlock depends on it. Several may have to get out of a waiter's way, in any order.
void Engine::touch_unblocked(const Waiter& waiter) {
  footprint_.object(waiter.object, Access::commute);
}

void Engine::refresh_waiters() {
  for (std::size_t i = 0; i < sessions_.size(); ++i)
    if (sessions_[i].waiter.active) update_readiness(sessions_[i].waiter);
}

bool Engine::may_go_on(const Waiter& waiter) const {
  if (waiter.kind == Waiter::Kind::xid) {
    // XactLockTableWait goes over to the whole transaction when a savepoint is released.
    const XidRecord& record = xids_[waiter.xid];
    if (record.state == XidRecord::State::running) return false;
    return record.state != XidRecord::State::aborted || !record.released || has_ended(record.tx);
  }
  return is_free(*waiter.lock, waiter.session, waiter.mode, &waiter) || is_dissolved(waiter);
}

/// F25: once a change has been committed the queue before its version dissolves. Each in it finds nothing to wait for,
/// and goes on to the new version; the first to come there wins.
bool Engine::is_dissolved(const Waiter& waiter) const {
  if (waiter.lock->kind != HeavyLock::Kind::tuple) return false;
  const Version& version = *waiter.lock->version;
  if (version.deleter == no_tx || !is_committed(version.deleter)) return false;
  const auto has_to_wait = [&](std::uint32_t session, TableLockMode mode) {
    if (session == waiter.session || !conflict(mode, waiter.mode)) return false;
    return std::any_of(version.lockers.begin(), version.lockers.end(), [&](const Locker& locker) {
      return is_running(locker.xid) && xids_[locker.xid].session != session &&
             conflict(queue_mode(locker.strength), mode);
    });
  };
  for (const HeavyLock::Holding& holding : waiter.lock->holdings)
    if (has_to_wait(holding.session, holding.mode)) return false;
  for (const Waiter* other : waiter.lock->waiters) {
    if (other == &waiter) break;
    if (has_to_wait(other->session, other->mode)) return false;
  }
  return true;
}

namespace {

/// The time-outs of one wait; whatever has not fired is cancelled when the wait ends.
struct WaitTimers {
  sim::Execution& execution;
  std::optional<sim::TimerId> lock;
  std::optional<sim::TimerId> statement;
  std::optional<sim::TimerId> deadlock = std::nullopt;
  ~WaitTimers() {
    if (deadlock) execution.cancel_timer(*deadlock);
    if (lock) execution.cancel_timer(*lock);
    if (statement) execution.cancel_timer(*statement);
  }
};

struct DeadlockCheck {
  Engine& engine;
  Waiter& waiter;
};

template <bool Waiter::* flag>
void on_timeout(void* context) {
  Waiter& waiter = *static_cast<Waiter*>(context);
  waiter.*flag = true;
  waiter.ready = true;
  waiter.execution->touch(waiter.object, Access::write);
  waiter.execution->refresh(waiter.task);
}

}  // namespace

void Engine::on_deadlock_timeout(void* check) {
  const auto& due = *static_cast<DeadlockCheck*>(check);
  due.engine.check_deadlock(due.waiter);
}

void Engine::touch_wait(const Waiter& waiter) {
  if (waiter.row != nullptr) {
    footprint_.row(*waiter.row, tables_[waiter.row->table]);
  } else {
    touch(*waiter.lock, TableLockMode::access_exclusive);
  }
  footprint_.object(waiter.object, Access::write);
}

void Engine::begin_wait(StatementContext& statement) {
  Waiter& waiter = statement.session.waiter;
  sim::Execution* execution = execution_;
  if (execution == nullptr || !execution->in_task()) {
    const std::string what = waiter.row != nullptr                         ? tables_[waiter.row->table].schema->name
                             : waiter.lock->kind == HeavyLock::Kind::table ? tables_[waiter.lock->key].schema->name
                                                                           : "an advisory lock";
    if (waiter.lock != nullptr) std::erase(waiter.lock->waiters, &waiter);
    throw sim::Error(sim::ErrorCode::usage, "a statement on " + what +
                                                " would wait for ever: it was executed outside of a task, where nobody "
                                                "else runs");
  }
  pin(statement);
  if (waiter.row != nullptr) make_dirty(*waiter.row);
  waiter.active = true;
  waiter.granted = waiter.ready = waiter.doomed = waiter.lock_timed_out = waiter.statement_timed_out = false;
  waiter.cancelled = waiter.terminated = false;
  waiter.execution = execution;
  waiter.task = execution->running_task().id;
  touch_wait(waiter);
}

void Engine::end_wait(Waiter& waiter) noexcept {
  waiter.active = false;
  if (waiter.lock == nullptr) return;
  std::erase(waiter.lock->waiters, &waiter);
  if (!waiter.execution->tearing_down()) refresh(*waiter.lock);
}

void Engine::let_others_pass(StatementContext& statement) {
  if (!statement.has_waited || options_.deadlocks == DeadlockSearch::after_timeout) return;
  if (!execution_->step(ops::go_on, sim::Execution::no_object, Access::read, statement.where)) throw sim::Unwind{};
  check_for_interrupts(statement.session);
}

void Engine::check_for_interrupts(Session& session) {
  footprint_.object(session.object(), Access::read);
  if (session.terminated)
    throw SqlError(sqlstate::admin_shutdown, "terminating connection due to administrator command");
}

void Engine::wait(StatementContext& statement) {
  Waiter& waiter = statement.session.waiter;
  statement.has_waited = true;
  begin_wait(statement);
  struct Ended {
    Engine& engine;
    Waiter& waiter;
    ~Ended() { engine.end_wait(waiter); }
  } ended{*this, waiter};
  if (waiter.row != nullptr) {
    footprint_.blocked(*waiter.row);
  } else {
    footprint_.blocked(*waiter.lock);
  }
  resolve_deadlocks(waiter);
  sim::Execution& execution = *waiter.execution;
  if (!waiter.doomed) {
    WaitTimers timers{execution, std::nullopt, std::nullopt};
    const Settings& settings = statement.session.settings;
    if (settings.lock_timeout.count() > 0)
      timers.lock =
          execution.arm_timer(execution.now() + settings.lock_timeout, &on_timeout<&Waiter::lock_timed_out>, &waiter);
    if (settings.statement_timeout.count() > 0)
      timers.statement = execution.arm_timer(statement.deadline, &on_timeout<&Waiter::statement_timed_out>, &waiter);
    DeadlockCheck check{*this, waiter};
    if (options_.deadlocks == DeadlockSearch::after_timeout)
      timers.deadlock = execution.arm_timer(execution.now() + settings.deadlock_timeout, &on_deadlock_timeout, &check);
    const sim::Guard granted{[](const void* self) { return static_cast<const Waiter*>(self)->ready; }, &waiter};
    const bool has_object = waiter.row != nullptr ? waiter.row->has_object : waiter.lock->has_object;
    const sim::ObjectId object = !has_object             ? sim::Execution::no_object
                                 : waiter.row != nullptr ? waiter.row->object
                                                         : waiter.lock->object;
    if (!execution.begin_wait(ops::lock_wait, object, Access::write, granted, sim::WaitKind::await, statement.where) ||
        !execution.schedule())
      throw sim::Unwind{};
    execution.end_wait();
    touch_wait(waiter);
  }
  if (waiter.doomed) throw SqlError(sqlstate::deadlock_detected, "deadlock detected");
  if (waiter.cancelled || waiter.terminated || !may_go_on(waiter)) throw_if_interrupted(waiter);
}

void Engine::throw_if_interrupted(const Waiter& waiter) const {
  if (waiter.terminated)
    throw SqlError(sqlstate::admin_shutdown, "terminating connection due to administrator command");
  if (waiter.cancelled) throw SqlError(sqlstate::query_canceled, "canceling statement due to user request");
  if (waiter.lock_timed_out) throw SqlError(sqlstate::lock_not_available, "canceling statement due to lock timeout");
  if (waiter.statement_timed_out)
    throw SqlError(sqlstate::query_canceled, "canceling statement due to statement timeout");
}

void Engine::interrupt(Session& session, bool terminate) {
  Waiter& waiter = session.waiter;
  footprint_.object(waiter.object, Access::write);
  if (!waiter.active) return;
  (terminate ? waiter.terminated : waiter.cancelled) = true;
  update_readiness(waiter);
}

}  // namespace heddle::pg

// Row locks: granting, queueing, waiting, time-outs; and waits for unique keys.
#include <algorithm>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/sql_error.hpp"
#include "sim/core/error.hpp"

namespace heddle::pg {

namespace ops {
inline constexpr sim::Op lock_wait{"pg.lock_wait", sim::Unwinds::at_once};
}

using sim::Access;

bool Engine::is_held_against(const Row& row, TxId tx, LockStrength strength) const {
  return std::any_of(row.lockers.begin(), row.lockers.end(),
                     [&](const Locker& locker) { return locker.tx != tx && conflict(locker.strength, strength); });
}

bool Engine::has_pending_change(const Row& row, TxId tx) const {
  if (row.newest == nullptr || transactions_[tx].committed) return false;
  for (const Version* version = row.first; version != nullptr; version = version->next)
    if (version->creator == tx || version->deleter == tx) return true;
  return false;
}

bool Engine::may_go_on(const Waiter& waiter) const {
  if (waiter.kind == Waiter::Kind::heavy) return is_free(*waiter.lock, waiter.session, waiter.mode, &waiter);
  const Row& row = *waiter.row;
  if (waiter.held_back_by != Waiter::nobody) return false;
  if (waiter.kind == Waiter::Kind::key) return !has_pending_change(row, waiter.blocker);
  if (waiter.passed != nullptr && waiter.passed->deleter != waiter.blocker) return true;
  return !is_held_against(row, waiter.tx, waiter.strength) && is_first_in_queue(waiter);
}

bool Engine::is_first_in_queue(const Waiter& waiter) {
  // F25: once a change has been committed the queue dissolves, and whoever comes first wins.
  if (!waiter.queued || waiter.row->changes != waiter.seen_changes) return true;
  for (const Waiter* other : waiter.row->waiters) {
    if (other == &waiter) break;
    if (other->kind == Waiter::Kind::row_lock && other->queued && conflict(other->strength, waiter.strength))
      return false;
  }
  return true;
}

void Engine::update_readiness(Waiter& waiter) {
  const bool ready = waiter.doomed || waiter.lock_timed_out || waiter.statement_timed_out || waiter.cancelled ||
                     waiter.terminated || may_go_on(waiter);
  if (ready == waiter.ready || !waiter.active) return;
  waiter.ready = ready;
  waiter.execution->refresh(waiter.task);
}

void Engine::refresh(Row& row) {
  for (Waiter* waiter : row.waiters) update_readiness(*waiter);
}

void Engine::grant(Session& session, Row& row, LockStrength strength, bool waits) {
  make_dirty(row);
  for (Locker& locker : row.lockers) {
    if (locker.tx != session.tx) continue;
    if (locker.strength >= strength) return;
    session.undo.push_back({Undo::Kind::lock, true, locker.strength, &row, nullptr, nullptr});
    if (locker.strength <= LockStrength::share && strength > LockStrength::share) {
      footprint_.released(row);
      footprint_.held(row, false, waits);
    }
    locker.strength = strength;
    row.has_dead_update = false;
    refresh(row);
    return;
  }
  session.undo.push_back({Undo::Kind::lock, false, strength, &row, nullptr, nullptr});
  row.lockers.push_back({session.tx, strength});
  row.has_dead_update = false;
  footprint_.held(row, strength <= LockStrength::share, waits);
  refresh(row);
}

bool Engine::stands_in_line(const Session& session, const Row& row, LockStrength strength) {
  if (!row.has_dead_update || strength != LockStrength::share) return false;
  if (std::any_of(row.lockers.begin(), row.lockers.end(), [&](const Locker& l) { return l.tx == session.tx; }))
    return false;
  return std::any_of(row.waiters.begin(), row.waiters.end(), [&](const Waiter* waiter) {
    return waiter->kind == Waiter::Kind::row_lock && waiter->queued && conflict(waiter->strength, strength);
  });
}

void Engine::pin(StatementContext& statement) {
  if (statement.pinned) return;
  // Whatever the statement reads after the wait it reads under the snapshot of this step.
  for (const std::uint16_t table : statement.tables) footprint_.table(tables_[table], table, Access::read);
  statement.pinned = true;
}

void Engine::refuse(const StatementContext& statement, const Version& seen) const {
  const char* text = seen.next == nullptr && !statement.is_select
                         ? "could not serialize access due to concurrent delete"
                         : "could not serialize access due to concurrent update";
  throw SqlError(sqlstate::serialization_failure, text);
}

LockResult Engine::lock(StatementContext& statement, Version& seen, LockStrength strength, WaitPolicy policy,
                        bool follow) {
  Session& session = statement.session;
  Row& row = *seen.row;
  using Outcome = LockResult::Outcome;
  bool has_waited = false;
  for (;;) {
    footprint_.row(row, tables_[row.table]);
    Version* current = &seen;
    bool gone = false;
    bool key_gone = false;
    while (!gone && current->deleter != no_tx && current->deleter != session.tx && is_committed(current->deleter)) {
      key_gone = key_gone || current->key_gone;
      gone = current->next == nullptr;
      if (!gone) current = current->next;
    }
    if (strength == LockStrength::key_share && !key_gone) current = &seen;  // F52: what it saw is good enough
    const bool superseded = gone || current != &seen;
    if (superseded && statement.repeatable) refuse(statement, seen);
    if (gone) return {Outcome::deleted, nullptr};
    if (current->deleter == session.tx) return {Outcome::own, current};
    if (superseded && !follow) return {Outcome::moved, current};
    // Who follows the chain waits for a change of the version it comes to, even one that its lock would tolerate, and
    // has no place in a queue meanwhile (heapam_tuple_lock).
    const bool is_changing = superseded && current->deleter != no_tx;
    if (!is_changing && !is_held_against(row, session.tx, strength) &&
        (has_waited || !stands_in_line(session, row, strength))) {
      grant(session, row, strength, policy == WaitPolicy::block);
      return {superseded ? Outcome::moved : Outcome::granted, current};
    }
    // KEY SHARE gets past the update of another column, and then stands before what its transaction did to the new
    // version; that wait heeds no policy (heap_lock_updated_tuple).
    const bool is_ahead =
        strength == LockStrength::key_share && current == &seen && seen.deleter != no_tx && !seen.key_gone;
    if (is_ahead) policy = WaitPolicy::block;
    if (policy == WaitPolicy::skip_locked) return {Outcome::skipped, nullptr};
    if (policy == WaitPolicy::nowait)
      throw SqlError(sqlstate::lock_not_available,
                     "could not obtain lock on row in relation \"" + tables_[row.table].schema->name + "\"");
    if (is_changing) {
      wait_for_change(statement, row, current->deleter);
      continue;
    }
    const TxId updater = seen.deleter;
    wait_for_row(statement, row, strength, is_ahead ? &seen : nullptr);
    has_waited = true;
    // Once that change is undone it takes its lock whoever else has got one by now (heap_lock_tuple does not look
    // again).
    if (is_ahead && seen.deleter != updater && (seen.deleter == no_tx || !seen.key_gone)) {
      grant(session, row, strength, true);
      return {Outcome::granted, &seen};
    }
  }
}

void Engine::wait_for_row(StatementContext& statement, Row& row, LockStrength strength, const Version* passed) {
  Waiter& waiter = statement.session.waiter;
  waiter.kind = Waiter::Kind::row_lock;
  waiter.strength = strength;
  waiter.passed = passed;
  if (passed != nullptr) waiter.blocker = passed->deleter;
  waiter.seen_changes = row.changes;
  // F26: who holds a lock on the row already does not queue for a stronger one.
  waiter.queued = passed == nullptr && std::none_of(row.lockers.begin(), row.lockers.end(), [&](const Locker& locker) {
                    return locker.tx == statement.session.tx;
                  });
  waiter.row = &row;
  row.waiters.push_back(&waiter);
  wait(statement);
}

void Engine::wait_for_change(StatementContext& statement, Row& row, TxId blocker) {
  Waiter& waiter = statement.session.waiter;
  waiter.kind = Waiter::Kind::key;
  waiter.queued = false;
  waiter.blocker = blocker;
  waiter.row = &row;
  row.waiters.push_back(&waiter);
  wait(statement);
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
    auto& queue = waiter.row != nullptr ? waiter.row->waiters : waiter.lock->waiters;
    std::erase(queue, &waiter);
    throw sim::Error(sim::ErrorCode::usage, "a statement on " + what +
                                                " would wait for ever: it was executed outside of a task, where nobody "
                                                "else runs");
  }
  pin(statement);
  if (waiter.row != nullptr) make_dirty(*waiter.row);
  waiter.active = true;
  waiter.ready = waiter.doomed = waiter.lock_timed_out = waiter.statement_timed_out = false;
  waiter.cancelled = waiter.terminated = false;
  waiter.held_back_by = Waiter::nobody;
  waiter.tx = statement.session.tx;
  waiter.execution = execution;
  waiter.task = execution->running_task().id;
  touch_wait(waiter);
}

void Engine::end_wait(Waiter& waiter) noexcept {
  waiter.active = false;
  std::erase(waiter.row != nullptr ? waiter.row->waiters : waiter.lock->waiters, &waiter);
  if (waiter.execution->tearing_down()) return;
  if (waiter.row != nullptr) {
    refresh(*waiter.row);
  } else {
    refresh(*waiter.lock);
  }
}

void Engine::wait(StatementContext& statement) {
  Waiter& waiter = statement.session.waiter;
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
  if (!waiter.active) return;
  (terminate ? waiter.terminated : waiter.cancelled) = true;
  footprint_.object(waiter.object, Access::write);
  update_readiness(waiter);
}

Engine::Conflict Engine::find_conflict(StatementContext& statement, std::uint16_t ordinal, const Value* values,
                                       std::optional<std::size_t> only, const Row* except) {
  Table& table = tables_[ordinal];
  const TxId own = statement.session.tx;
  for (std::size_t i = only.value_or(0); i < (only ? *only + 1 : table.indexes.size()); ++i) {
    const KeyIndex& index = table.indexes[i];
    if (index.has_null(values)) continue;
    const std::uint64_t hash = index.hash_of(values);
    for (;;) {
      footprint_.new_key(table, ordinal, i, hash);
      Version* live = nullptr;
      Version* pending = nullptr;
      TxId blocker = no_tx;
      index.each(hash, [&](const Version& entry) {
        Row& row = *entry.row;
        if (&row == except || row.newest == nullptr) return true;
        footprint_.read_row(row, table);
        for (Version* version = row.first; version != nullptr && live == nullptr && pending == nullptr;
             version = version->next) {
          if (!index.same_key(version->values, values)) continue;
          const bool created = version->creator == own || is_committed(version->creator);
          const bool ended = version->deleter != no_tx && (version->deleter == own || is_committed(version->deleter));
          if (created && version->deleter == no_tx) live = version;
          if (ended || live != nullptr) continue;
          pending = version;
          blocker = created ? version->deleter : version->creator;
        }
        return live == nullptr && pending == nullptr;
      });
      if (live != nullptr) return {live, i};
      if (pending == nullptr) break;
      wait_for_change(statement, *pending->row, blocker);
    }
  }
  return {};
}

}  // namespace heddle::pg

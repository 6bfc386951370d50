// Row locks, as heapam.c takes them: heap_lock_tuple, heap_update and heap_delete wait for whoever has marked a
// version, one transaction after the other, with a place in the version's queue; heapam_tuple_lock follows a row to its
// newest version. Function names in brackets are the server's.
#include <algorithm>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

/// A statement's place in the queue of a version (heap_acquire_tuplock), given back at the end.
class Engine::TupleQueue {
 public:
  TupleQueue(Engine& engine, StatementContext& statement, Version& version, LockStrength strength)
      : engine_(engine), statement_(statement), version_(version), mode_(queue_mode(strength)) {}
  TupleQueue(const TupleQueue&) = delete;
  TupleQueue& operator=(const TupleQueue&) = delete;
  ~TupleQueue() {
    if (!is_held_) return;
    HeavyLock& queue = *version_.queue;
    const sim::Execution* execution = engine_.execution();
    if (execution != nullptr && execution->tearing_down()) return;
    HeavyLock::Holding* const own = queue.find(statement_.session.index, mode_);
    queue.holdings.erase(queue.holdings.begin() + (own - queue.holdings.data()));
    engine_.refresh(queue);
  }
  /// False if it would have to wait, and `policy` is not to.
  bool enter(WaitPolicy policy) {
    if (is_held_) return true;
    HeavyLock& queue = engine_.queue_of(version_);
    if (!engine_.is_free(queue, statement_.session.index, mode_, nullptr)) {
      if (policy != WaitPolicy::block) return false;
      engine_.enqueue(statement_, queue, mode_);
    }
    queue.add(statement_.session.index, mode_);
    engine_.refresh(queue);
    return is_held_ = true;
  }

 private:
  Engine& engine_;
  StatementContext& statement_;
  Version& version_;
  TableLockMode mode_;
  bool is_held_ = false;
};

void Engine::pin(StatementContext& statement) {
  if (statement.pinned) return;
  // Whatever the statement reads after the wait it reads under the snapshot of this step.
  for (const std::uint16_t table : statement.tables) footprint_.table(tables_[table], table, sim::Access::read);
  statement.pinned = true;
}

void Engine::refuse(const StatementContext& statement, TupleResult result) {
  throw SqlError(sqlstate::serialization_failure, result == TupleResult::deleted && !statement.is_select
                                                      ? "could not serialize access due to concurrent delete"
                                                      : "could not serialize access due to concurrent update");
}

void Engine::refuse_nowait(const Row& row) const {
  throw SqlError(sqlstate::lock_not_available,
                 "could not obtain lock on row in relation \"" + tables_[row.table].schema->name + "\"");
}

/// XactLockTableWait.
bool Engine::wait_for_xid(StatementContext& statement, Row& row, Xid xid, WaitPolicy policy) {
  if (!is_running(xid)) return true;
  if (policy != WaitPolicy::block) return false;
  Waiter& waiter = statement.session.waiter;
  waiter.kind = Waiter::Kind::xid;
  waiter.xid = xid;
  waiter.row = &row;
  waiter.lock = nullptr;
  wait(statement);
  footprint_.row(row, tables_[row.table]);
  return true;
}

/// MultiXactIdWait: for one after the other of those who are in the mark now.
bool Engine::wait_for_mark(StatementContext& statement, Version& version, LockStrength strength, WaitPolicy policy) {
  if (!version.is_multi) return wait_for_xid(statement, *version.row, version.lockers[0].xid, policy);
  const std::size_t count = version.lockers.size();
  auto* members = static_cast<Locker*>(arena_.allocate(count * sizeof(Locker), alignof(Locker)));
  std::copy_n(version.lockers.begin(), count, members);
  return std::all_of(members, members + count, [&](const Locker& member) {
    return is_own(statement.session, member.xid) || !conflict(member.strength, strength) ||
           wait_for_xid(statement, *version.row, member.xid, policy);
  });
}

namespace {

bool is_changed_in_key(const Version& version) {
  return std::any_of(version.lockers.begin(), version.lockers.end(),
                     [](const Locker& locker) { return locker.strength == LockStrength::update; });
}

bool is_locked_exclusively(const Version& version) {
  return std::any_of(version.lockers.begin(), version.lockers.end(),
                     [](const Locker& locker) { return locker.strength >= LockStrength::no_key_update; });
}

}  // namespace

bool Engine::must_wait(StatementContext& statement, Version& version, LockStrength strength, bool lock_updates,
                       std::optional<TupleResult>& result) {
  const Session& session = statement.session;
  switch (strength) {
    case LockStrength::key_share:
      for (;;) {
        if (is_changed_in_key(version)) break;
        const bool updated = !is_only_locked(version);
        if (lock_updates && updated) {
          const TupleResult newer = lock_newer(statement, version, strength);
          if (newer != TupleResult::ok) {
            result = newer;
            return false;
          }
        }
        if (is_only_locked(version) || (updated && !is_changed_in_key(version))) return false;
      }
      break;
    case LockStrength::share:
      if (is_only_locked(version) && !is_locked_exclusively(version)) return false;
      break;
    case LockStrength::no_key_update:
      if (version.is_multi ? !find_mark_conflict(session, version, strength).conflicts
                           : version.lockers[0].strength == LockStrength::key_share)
        return false;
      break;
    case LockStrength::update:
      break;
  }
  return version.is_multi || !is_own(session, version.lockers[0].xid);
}

/// heap_lock_tuple. `lock_updates`: the newer versions of an update in progress are locked, too.
Engine::TupleResult Engine::lock_version(StatementContext& statement, Version& version, LockStrength strength,
                                         WaitPolicy policy, bool lock_updates) {
  Session& session = statement.session;
  Row& row = *version.row;
  TupleQueue queue(*this, statement, version, strength);
  bool is_first_look = true;
  bool is_member = false;
  for (;;) {
    footprint_.row(row, tables_[row.table]);
    const TupleState state = state_of(session, version);
    if (state == TupleState::own) return TupleResult::own;
    if (state == TupleState::free) break;
    if (std::exchange(is_first_look, false)) {
      for (const Locker& locker : version.lockers) {
        if (!is_own(session, locker.xid)) continue;
        if (locker.strength >= strength) return TupleResult::ok;
        is_member = is_member || version.is_multi;
      }
    }
    std::optional<TupleResult> result;
    if (!must_wait(statement, version, strength, lock_updates, result)) {
      if (result) return *result;
      break;
    }
    if (state == TupleState::updated) return TupleResult::updated;
    if (state == TupleState::deleted) return TupleResult::deleted;
    if (!is_member && !queue.enter(policy)) return TupleResult::blocked;
    if (!is_marked(version)) continue;
    const std::uint32_t marks = version.marks;
    const bool was_only_locked = is_only_locked(version);
    if (!wait_for_mark(statement, version, strength, policy)) return TupleResult::blocked;
    if (lock_updates && !was_only_locked) {
      const TupleResult newer = lock_newer(statement, version, strength);
      if (newer != TupleResult::ok) return newer;
    }
    if (version.marks != marks) continue;
    if (!was_changed(version)) break;
    return version.next != nullptr ? TupleResult::updated : TupleResult::deleted;
  }
  note_lock(session, row, strength, policy == WaitPolicy::block);
  mark(session, version, strength, false);
  return TupleResult::ok;
}

/// heap_lock_updated_tuple.
Engine::TupleResult Engine::lock_newer(StatementContext& statement, Version& version, LockStrength strength) {
  for (Version* newer = version.next; newer != nullptr;) {
    const std::optional<TupleResult> result = try_lock_newer(statement, *newer, strength);
    if (!result) continue;
    if (*result != TupleResult::ok) return *result;
    if (xids_[newer->creator_xid].state == XidRecord::State::aborted || !was_changed(*newer)) break;
    newer = newer->next;
  }
  return TupleResult::ok;
}

/// Nothing if it has waited, and must look again.
std::optional<Engine::TupleResult> Engine::try_lock_newer(StatementContext& statement, Version& version,
                                                          LockStrength strength) {
  Session& session = statement.session;
  if (xids_[version.creator_xid].state == XidRecord::State::aborted) return TupleResult::ok;
  if (is_marked(version)) {
    for (const Locker& locker : version.lockers) {
      if (is_own(session, locker.xid)) return TupleResult::ok;
      if (!conflict(locker.strength, strength)) continue;
      if (is_running(locker.xid)) {
        static_cast<void>(wait_for_xid(statement, *version.row, locker.xid, WaitPolicy::block));
        return std::nullopt;
      }
      if (locker.updates && xids_[locker.xid].state == XidRecord::State::committed)
        return version.next != nullptr ? TupleResult::updated : TupleResult::deleted;
    }
  }
  note_lock(session, *version.row, strength, true);
  mark(session, version, strength, false);
  return TupleResult::ok;
}

/// What heapam_tuple_lock does with a version that turns out to have been updated: goes to the row's newest, and waits
/// there for a change in progress, even one that the lock would tolerate. Nothing if `version` is to be locked.
std::optional<LockResult> Engine::follow(StatementContext& statement, Version*& version, WaitPolicy policy) {
  using Outcome = LockResult::Outcome;
  Row& row = *version->row;
  for (version = version->next;;) {
    footprint_.row(row, tables_[row.table]);
    const TxId deleter = version->deleter;
    if (deleter == no_tx) return std::nullopt;
    if (deleter == statement.session.tx) return LockResult{Outcome::own, version};
    if (is_committed(deleter)) {
      if (version->next == nullptr) return LockResult{Outcome::deleted, nullptr};
      version = version->next;
    } else if (!wait_for_xid(statement, row, changer_of(*version), policy)) {
      if (policy == WaitPolicy::nowait) refuse_nowait(row);
      return LockResult{Outcome::skipped, nullptr};
    }
  }
}

LockResult Engine::lock_newest(StatementContext& statement, Version& seen, LockStrength strength, WaitPolicy policy,
                               bool lock_updates) {
  using Outcome = LockResult::Outcome;
  for (Version* version = &seen;;) {
    const TupleResult result = lock_version(statement, *version, strength, policy, lock_updates);
    switch (result) {
      case TupleResult::ok:
        return {version == &seen ? Outcome::granted : Outcome::moved, version};
      case TupleResult::own:
        return {Outcome::own, version};
      case TupleResult::blocked:
        if (policy == WaitPolicy::nowait) refuse_nowait(*seen.row);
        return {Outcome::skipped, nullptr};
      case TupleResult::updated:
      case TupleResult::deleted:
        break;
    }
    if (statement.repeatable) refuse(statement, result);
    if (result == TupleResult::deleted) return {Outcome::deleted, nullptr};
    if (const std::optional<LockResult> end = follow(statement, version, policy)) return *end;
  }
}

LockResult Engine::lock(StatementContext& statement, Version& seen, LockStrength strength, WaitPolicy policy) {
  return lock_newest(statement, seen, strength, policy, true);
}

LockResult Engine::lock_existing(StatementContext& statement, Version& seen, LockStrength strength) {
  using Outcome = LockResult::Outcome;
  const TupleResult result = lock_version(statement, seen, strength, WaitPolicy::block, false);
  if (result == TupleResult::ok) return {Outcome::granted, &seen};
  if (result == TupleResult::own) return {Outcome::own, &seen};
  if (statement.repeatable) refuse(statement, result);
  return {result == TupleResult::deleted ? Outcome::deleted : Outcome::moved, seen.next};
}

/// The waits of heap_update and heap_delete.
Engine::TupleResult Engine::wait_to_change(StatementContext& statement, Version& version, LockStrength strength) {
  const Session& session = statement.session;
  TupleQueue queue(*this, statement, version, strength);
  const auto outcome = [&] {
    if (!was_changed(version)) return TupleResult::ok;
    return version.next != nullptr ? TupleResult::updated : TupleResult::deleted;
  };
  for (;;) {
    footprint_.row(*version.row, tables_[version.row->table]);
    switch (state_of(session, version)) {
      case TupleState::free:
        return TupleResult::ok;
      case TupleState::own:
        return TupleResult::own;
      case TupleState::updated:
        return TupleResult::updated;
      case TupleState::deleted:
        return TupleResult::deleted;
      case TupleState::marked:
        break;
    }
    bool is_member = false;
    if (version.is_multi) {
      const MarkConflict found = find_mark_conflict(session, version, strength);
      if (!found.conflicts) return outcome();
      is_member = found.is_member;
    } else if (is_own(session, version.lockers[0].xid) ||
               (strength == LockStrength::no_key_update && version.lockers[0].strength == LockStrength::key_share)) {
      return TupleResult::ok;
    }
    if (!is_member) queue.enter(WaitPolicy::block);
    if (!is_marked(version)) continue;
    const std::uint32_t marks = version.marks;
    static_cast<void>(wait_for_mark(statement, version, strength, WaitPolicy::block));
    if (version.marks == marks) return outcome();
  }
}

LockResult Engine::prepare_change(StatementContext& statement, Version& seen, LockStrength strength) {
  using Outcome = LockResult::Outcome;
  const TupleResult result = wait_to_change(statement, seen, strength);
  if (result == TupleResult::ok) return {Outcome::granted, &seen};
  if (result == TupleResult::own) return {Outcome::own, &seen};
  if (statement.repeatable) refuse(statement, result);
  if (result == TupleResult::deleted) return {Outcome::deleted, nullptr};
  return lock_newest(statement, seen, strength, WaitPolicy::block, false);
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
      Xid blocker = no_xid;
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
          blocker = created ? changer_of(*version) : version->creator_xid;
        }
        return live == nullptr && pending == nullptr;
      });
      if (live != nullptr) return {live, i};
      if (pending == nullptr) break;
      static_cast<void>(wait_for_xid(statement, *pending->row, blocker, WaitPolicy::block));
    }
  }
  return {};
}

}  // namespace heddle::pg

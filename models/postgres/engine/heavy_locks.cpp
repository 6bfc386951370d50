// Table locks and advisory locks.
#include <algorithm>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

using sim::Access;

namespace {

/// Every statement takes one of these, and no two of them conflict.
bool is_everyday(const HeavyLock& lock, TableLockMode mode) {
  return lock.kind == HeavyLock::Kind::table && mode <= TableLockMode::row_exclusive;
}

/// Taking and releasing modes that do not conflict commutes.
Access access_of(const HeavyLock& lock, TableLockMode mode) {
  return is_everyday(lock, mode) ? Access::commute : Access::write;
}

}  // namespace

void Engine::touch(HeavyLock& lock, TableLockMode mode) {
  if (!footprint_.is_on()) return;
  if (lock.kind == HeavyLock::Kind::tuple) {
    footprint_.row(*lock.version->row, tables_[lock.version->row->table]);
    return;
  }
  footprint_.heavy_lock(lock, lock.kind == HeavyLock::Kind::table ? std::string_view(tables_[lock.key].schema->name)
                                                                  : std::string_view());
  footprint_.object(lock.object, access_of(lock, mode));
}

HeavyLock& Engine::advisory_lock(std::uint64_t key, std::uint8_t space) {
  for (std::size_t i = 0; i < advisory_locks_.size(); ++i)
    if (advisory_locks_[i].key == key && advisory_locks_[i].space == space) return advisory_locks_[i];
  HeavyLock& lock = advisory_locks_.take();
  lock.kind = HeavyLock::Kind::advisory;
  lock.key = key;
  lock.space = space;
  lock.has_object = false;
  lock.holdings.clear();
  lock.waiters.clear();
  return lock;
}

bool Engine::is_free(const HeavyLock& lock, std::uint32_t session, TableLockMode mode, const Waiter* own) const {
  for (const HeavyLock::Holding& holding : lock.holdings)
    if (holding.session != session && conflict(holding.mode, mode)) return false;
  for (const Waiter* other : lock.waiters) {
    if (other == own) break;
    if (conflict(other->mode, mode)) return false;
  }
  return true;
}

void Engine::refresh(HeavyLock& lock) {
  for (Waiter* waiter : lock.waiters) update_readiness(*waiter);
}

void Engine::hold(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session, bool waits) {
  HeavyLock::Holding* holding = lock.find(session.index, mode);
  if (holding == nullptr) {
    if (!is_everyday(lock, mode)) footprint_.held(lock, mode == TableLockMode::share, waits);
    holding = &lock.add(session.index, mode);
  }
  if (for_session) {
    ++holding->for_session;
    ++session.session_locks;
  } else {
    ++holding->for_transaction;
    session.held.push_back({&lock, mode});
  }
  if (!lock.waiters.empty()) refresh(lock);
}

void Engine::drop(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session) {
  touch(lock, mode);
  HeavyLock::Holding* holding = lock.find(session.index, mode);
  --(for_session ? holding->for_session : holding->for_transaction);
  if (for_session) --session.session_locks;
  if (holding->for_session + holding->for_transaction > 0) return;
  if (!is_everyday(lock, mode)) footprint_.released(lock);
  lock.holdings.erase(lock.holdings.begin() + (holding - lock.holdings.data()));
  for (Waiter* waiter : lock.waiters) {
    // Whether it is the last to go or not.
    if (waiter->session != session.index && conflict(waiter->mode, mode)) touch_unblocked(*waiter);
    update_readiness(*waiter, false);
  }
}

void Engine::release_held(Session& session, std::size_t mark) {
  while (session.held.size() > mark) {
    const HeldLock last = session.held.back();
    session.held.pop_back();
    drop(session, *last.lock, last.mode, false);
  }
}

bool Engine::try_lock(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session, bool waits) {
  touch(lock, mode);
  if (lock.find(session.index, mode) == nullptr && !is_free(lock, session.index, mode, nullptr)) return false;
  hold(session, lock, mode, for_session, waits);
  return true;
}

HeavyLock& Engine::queue_of(Version& version) {
  if (version.queue != nullptr) return *version.queue;
  HeavyLock& lock = queues_.take();
  lock.kind = HeavyLock::Kind::tuple;
  lock.version = &version;
  lock.has_object = false;
  lock.holdings.clear();
  lock.waiters.clear();
  version.queue = &lock;
  return lock;
}

void Engine::lock(StatementContext& statement, HeavyLock& lock, TableLockMode mode, bool for_session) {
  if (try_lock(statement.session, lock, mode, for_session, true)) return;
  enqueue(statement, lock, mode);
  hold(statement.session, lock, mode, for_session, true);
}

/// ProcSleep: waits until the lock can be taken.
void Engine::enqueue(StatementContext& statement, HeavyLock& lock, TableLockMode mode) {
  Session& session = statement.session;
  Waiter& waiter = session.waiter;
  waiter.kind = Waiter::Kind::heavy;
  waiter.mode = mode;
  waiter.lock = &lock;
  waiter.row = lock.kind == HeavyLock::Kind::tuple ? lock.version->row : nullptr;
  // Who holds the lock in another mode goes before those that it keeps waiting.
  const auto holds_against = [&](std::uint32_t holder, TableLockMode wanted) {
    return std::any_of(lock.holdings.begin(), lock.holdings.end(), [&](const HeavyLock::Holding& holding) {
      return holding.session == holder && conflict(holding.mode, wanted);
    });
  };
  auto place = lock.waiters.begin();
  while (place != lock.waiters.end() && !holds_against(session.index, (*place)->mode)) ++place;
  if (place != lock.waiters.end() && holds_against((*place)->session, mode)) {
    touch(lock, mode);
    footprint_.object((*place)->object, Access::read);
    footprint_.blocked(lock);
    throw SqlError(sqlstate::deadlock_detected, "deadlock detected");  // each waits for the other: found at once
  }
  place = lock.waiters.insert(place, &waiter);
  if (is_free(lock, session.index, mode, &waiter)) {
    lock.waiters.erase(place);
  } else {
    wait(statement);
    touch(lock, mode);
  }
}

void Engine::lock_table(StatementContext& statement, std::uint16_t table, TableLockMode mode, bool nowait) {
  Session& session = statement.session;
  HeavyLock& heavy = tables_[table].lock;
  for (const HeldLock& held : session.held)
    if (held.lock == &heavy && held.mode == mode) return;
  if (!nowait) {
    lock(statement, heavy, mode, false);
  } else if (!try_lock(session, heavy, mode, false)) {
    throw SqlError(sqlstate::lock_not_available,
                   "could not obtain lock on relation \"" + tables_[table].schema->name + "\"");
  }
}

bool Engine::unlock_advisory(Session& session, std::uint64_t key, std::uint8_t space, TableLockMode mode) {
  HeavyLock& heavy = advisory_lock(key, space);
  touch(heavy, mode);
  const HeavyLock::Holding* holding = heavy.find(session.index, mode);
  if (holding == nullptr || holding->for_session == 0) return false;
  drop(session, heavy, mode, true);
  return true;
}

void Engine::unlock_all_advisory(Session& session) {
  std::vector<HeavyLock*>& locks = advisory_order_;  // by key: they were made in the order of the schedule
  locks.clear();
  for (std::size_t i = 0; i < advisory_locks_.size(); ++i) locks.push_back(&advisory_locks_[i]);
  std::sort(locks.begin(), locks.end(), [](const HeavyLock* a, const HeavyLock* b) {
    return std::tie(a->space, a->key) < std::tie(b->space, b->key);
  });
  for (HeavyLock* const heavy : locks) {
    for (const TableLockMode mode : {TableLockMode::share, TableLockMode::exclusive}) {
      HeavyLock::Holding* holding = heavy->find(session.index, mode);
      if (holding == nullptr || holding->for_session == 0) continue;
      session.session_locks -= holding->for_session - 1;
      holding->for_session = 1;
      drop(session, *heavy, mode, true);
    }
  }
}

}  // namespace heddle::pg

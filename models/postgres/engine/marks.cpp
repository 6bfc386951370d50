// The mark on a version: who locks, updates or deletes it, as heapam.c keeps it in a tuple's xmax. A mark is one
// transaction's, or a multixact of several; members that have ended stay in a multixact until the next one replaces it,
// and count in some of the server's tests. Function names in brackets are the server's.
#include <algorithm>

#include "models/postgres/engine/engine.hpp"
#include "sim/core/error.hpp"

namespace heddle::pg {

using State = XidRecord::State;

Xid Engine::current_xid(Session& session) {
  const auto make = [&](Xid& xid, std::size_t depth) {
    if (xid != no_xid) return;
    xids_.take() = {session.tx, session.index, State::running, false};
    xid = static_cast<Xid>(xids_.size() - 1);
    session.xids.push_back({xid, depth});
  };
  make(session.xid, 0);
  if (session.savepoints.empty()) return session.xid;
  if (session.savepoints.back().xid == no_xid)
    for (std::size_t i = 0; i < session.savepoints.size(); ++i) make(session.savepoints[i].xid, i + 1);
  return session.savepoints.back().xid;
}

void Engine::end_xids(Session& session, std::size_t depth, State state) {
  std::erase_if(session.xids, [&](const OwnXid& own) {
    if (own.depth < depth) return false;
    xids_[own.xid].state = state;
    return true;
  });
  for (std::size_t i = depth == 0 ? 0 : depth - 1; i < session.savepoints.size(); ++i)
    session.savepoints[i].xid = no_xid;
  if (depth == 0) session.xid = no_xid;
}

void Engine::release_savepoint(Session& session, std::size_t position) {
  for (OwnXid& own : session.xids) {
    if (own.depth <= position) continue;
    own.depth = position;
    xids_[own.xid].released = true;
  }
}

bool Engine::has_running(const Version& version) const {
  return std::any_of(version.lockers.begin(), version.lockers.end(),
                     [&](const Locker& locker) { return is_running(locker.xid); });
}

/// Whether somebody who is not through has updated or deleted the version, or somebody has for good.
bool Engine::was_changed(const Version& version) const {
  return std::any_of(version.lockers.begin(), version.lockers.end(),
                     [&](const Locker& locker) { return locker.updates && xids_[locker.xid].state != State::aborted; });
}

bool Engine::is_marked(const Version& version) const {
  return has_running(version) || was_changed(version);
}

Engine::TupleState Engine::state_of(const Session& session, const Version& version) const {
  if (!is_marked(version)) return TupleState::free;
  const auto changer = std::find_if(version.lockers.begin(), version.lockers.end(), [&](const Locker& locker) {
    return locker.updates && xids_[locker.xid].state != State::aborted;
  });
  if (changer == version.lockers.end()) return has_running(version) ? TupleState::marked : TupleState::free;
  if (is_own(session, changer->xid)) return TupleState::own;
  if (has_running(version)) return TupleState::marked;
  return version.next != nullptr ? TupleState::updated : TupleState::deleted;
}

/// DoesMultiXactIdConflict.
Engine::MarkConflict Engine::find_mark_conflict(const Session& session, const Version& version,
                                                LockStrength strength) const {
  MarkConflict result;
  for (const Locker& locker : version.lockers) {
    if (is_own(session, locker.xid)) {
      result.is_member = true;
    } else if (conflict(locker.strength, strength) &&
               (is_running(locker.xid) || (locker.updates && xids_[locker.xid].state == State::committed))) {
      result.conflicts = true;
    }
  }
  return result;
}

void Engine::sort_members(Version& version) const {
  // By xid, as the server: the order in which transactions first wrote. Where schedules are explored that order must
  // not matter, and the sessions' stands for it.
  const bool by_time = options_.order == PhysicalOrder::by_time;
  std::sort(version.lockers.begin(), version.lockers.end(), [&](const Locker& a, const Locker& b) {
    if (!by_time && xids_[a.xid].session != xids_[b.xid].session) return xids_[a.xid].session < xids_[b.xid].session;
    return std::tie(a.xid, a.strength, a.updates) < std::tie(b.xid, b.strength, b.updates);
  });
}

/// compute_new_xmax_infomask.
void Engine::mark(Session& session, Version& version, LockStrength strength, bool updates) {
  make_dirty(*version.row);
  const Locker added{current_xid(session), strength, updates};
  auto& lockers = version.lockers;
  ++version.marks;
  if (!is_marked(version)) {
    lockers.assign(1, added);
    version.is_multi = false;
  } else if (!version.is_multi && lockers[0].xid == added.xid) {
    lockers[0].strength = std::max(lockers[0].strength, strength);
    lockers[0].updates = updates;
  } else if (std::find(lockers.begin(), lockers.end(), added) == lockers.end()) {
    std::erase_if(lockers, [&](const Locker& locker) {
      return !is_running(locker.xid) && !(locker.updates && xids_[locker.xid].state == State::committed);
    });
    lockers.push_back(added);
    version.is_multi = true;
    sort_members(version);
  }
}

/// What heap_update leaves on the new tuple of those who hold locks on the old one.
void Engine::carry_mark(const Version& from, Version& to) const {
  if (!is_marked(from)) return;
  to.lockers = from.lockers;
  to.is_multi = from.is_multi;
  if (!from.is_multi) to.lockers[0].strength = LockStrength::key_share;
}

std::optional<LockStrength> Engine::held_lock(const Session& session, const Row& row) const {
  std::optional<LockStrength> strongest;
  for (const Version* version = row.first; version != nullptr; version = version->next)
    for (const Locker& locker : version->lockers)
      if (is_own(session, locker.xid)) strongest = std::max(strongest.value_or(locker.strength), locker.strength);
  return strongest;
}

/// `waits`: for observers, whether the statement would wait for it.
void Engine::note_lock(Session& session, Row& row, LockStrength strength, bool waits) {
  make_dirty(row);
  const std::optional<LockStrength> held = held_lock(session, row);
  session.undo.push_back({Undo::Kind::lock, held.has_value(), &row, nullptr, nullptr});
  const bool is_shared = strength <= LockStrength::share;
  if (held && (is_shared || *held > LockStrength::share)) return;
  if (held) footprint_.released(row);
  footprint_.held(row, is_shared, waits);
}

Xid Engine::changer_of(const Version& version) const {
  for (const Locker& locker : version.lockers)
    if (locker.updates && xids_[locker.xid].state != State::aborted) return locker.xid;
  return no_xid;
}

}  // namespace heddle::pg

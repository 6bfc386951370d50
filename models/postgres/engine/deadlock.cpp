// Deadlocks. The server looks for a cycle once, some time after a wait began, so that any member of a cycle may be the
// one that finds it (F21). Here the search runs when a wait begins, and the victim is a decision among all that wait in
// a cycle with the one who closed it (if that leaves another cycle, there is another victim), unless the database was
// opened with `DeadlockSearch::after_timeout`. Nothing else happens between the closing of a cycle and the choice of
// its victim. A cycle in which somebody waits only because another is ahead in a queue is dissolved, if that can be, by
// letting him pass (soft_deadlock.cpp).
#include <algorithm>
#include <utility>

#include "models/postgres/engine/engine.hpp"
#include "sim/core/error.hpp"

namespace heddle::pg {

using sim::Access;

template <class F>
void Engine::each_blocker(const Waiter& waiter, F&& visit) const {
  if (waiter.kind == Waiter::Kind::xid) {
    visit(xids_[waiter.xid].session);
    return;
  }
  for (const HeavyLock::Holding& holding : waiter.lock->holdings)
    if (holding.session != waiter.session && conflict(holding.mode, waiter.mode)) visit(holding.session);
  for (const Waiter* other : waiter.lock->waiters) {
    if (other == &waiter) return;
    if (conflict(other->mode, waiter.mode)) visit(other->session);
  }
}

/// Once in each search, however often it comes by.
void Engine::note_searched(const Waiter& waiter) {
  if (std::exchange(searched_[waiter.session], 1) == 0) footprint_.object(waiter.object, Access::read);
}

bool Engine::find_cycle(std::uint32_t from, std::uint32_t target, std::vector<std::uint32_t>& path) {
  const Waiter& waiter = sessions_[from].waiter;
  note_searched(waiter);
  if (!waiter.active || waiter.doomed || visited_[from] != 0 || may_go_on(waiter)) return false;
  visited_[from] = 1;
  path.push_back(from);
  bool found = false;
  each_blocker(waiter, [&](std::uint32_t blocker) {
    if (!found) found = blocker == target || find_cycle(blocker, target, path);
  });
  if (!found) path.pop_back();
  return found;
}

void Engine::check_deadlock(Waiter& waiter) {
  searched_.assign(sessions_.size(), 0);
  visited_.assign(sessions_.size(), 0);
  cycle_.clear();
  if (!find_cycle(waiter.session, waiter.session, cycle_) || dissolve_deadlock(waiter)) return;
  waiter.doomed = waiter.ready = true;
  footprint_.object(waiter.object, Access::write);
  waiter.execution->refresh(waiter.task);
}

std::vector<std::uint32_t> Engine::blockers(const Session& session) const {
  std::vector<std::uint32_t> result;
  if (session.waiter.active && !may_go_on(session.waiter))
    each_blocker(session.waiter, [&](std::uint32_t blocker) { result.push_back(blocker); });
  return result;
}

/// Adds to the cycle everybody else who waits in some cycle with its closer.
void Engine::add_members(std::uint32_t closer) {
  std::vector<std::uint32_t>& path = path_;
  const std::size_t found = cycle_.size();
  for (std::uint32_t other = 0; other < sessions_.size(); ++other) {
    if (std::find(cycle_.begin(), cycle_.begin() + static_cast<std::ptrdiff_t>(found), other) !=
        cycle_.begin() + static_cast<std::ptrdiff_t>(found))
      continue;
    const Waiter& waiter = sessions_[other].waiter;
    if (!waiter.active || waiter.doomed) continue;
    bool in_both_ways = true;
    for (const auto& [from, to] : {std::pair(closer, other), std::pair(other, closer)}) {
      path.clear();
      visited_.assign(sessions_.size(), 0);
      in_both_ways = in_both_ways && find_cycle(from, to, path);
    }
    if (in_both_ways) cycle_.push_back(other);
  }
}

void Engine::resolve_deadlocks(Waiter& closer) {
  if (options_.deadlocks == DeadlockSearch::after_timeout) return;
  searched_.assign(sessions_.size(), 0);
  for (;;) {
    visited_.assign(sessions_.size(), 0);
    cycle_.clear();
    if (!find_cycle(closer.session, closer.session, cycle_)) return;
    if (dissolve_deadlock(closer)) return;
    add_members(closer.session);
    sim::Execution& execution = *closer.execution;
    const std::uint32_t victim = cycle_[execution.alternative(static_cast<std::uint32_t>(cycle_.size()))];
    Waiter& chosen = sessions_[victim].waiter;
    execution.note([&] { return "deadlock: session-" + std::to_string(victim) + " is the victim"; });
    chosen.doomed = true;
    footprint_.object(chosen.object, Access::write);
    if (&chosen == &closer) return;
    chosen.ready = true;
    execution.refresh(chosen.task);
  }
}

}  // namespace heddle::pg

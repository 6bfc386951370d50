// Dissolves deadlocks by re-ordering queues, as DeadLockCheck in PostgreSQL's deadlock.c does: who waits only because
// another is ahead in the same queue (a soft edge) may be let past, if no cycle is left then. Tried are the soft edges
// of the cycle that is found, then in addition those of the cycle that this leaves, and so on.
#include <algorithm>

#include "models/postgres/engine/engine.hpp"

namespace heddle::pg {

class Engine::SoftDeadlock {
 public:
  SoftDeadlock(Engine& engine, Waiter& start) : engine_(engine), start_(start) {}

  /// False if there is no way out. Otherwise the queues are in their new orders.
  bool solve() {
    std::vector<Edge> edges;
    if (!test(edges)) return false;
    if (edges.empty()) return true;
    constexpr std::size_t most_constraints = 16;
    if (constraints_.size() == most_constraints) return false;
    for (const Edge& edge : edges) {
      constraints_.push_back(edge);
      if (solve()) return true;
      constraints_.pop_back();
    }
    restore();
    return false;
  }
  void wake() {
    for (const Order& order : saved_) engine_.refresh(*order.lock);
  }

 private:
  struct Edge {
    Waiter* waiter = nullptr;  ///< has to come before `blocker`
    Waiter* blocker = nullptr;
  };
  struct Order {
    HeavyLock* lock = nullptr;
    std::vector<Waiter*> waiters;
  };

  void restore() {
    for (Order& order : saved_) order.lock->waiters = order.waiters;
  }

  /// False if there is a cycle without soft edges. `edges`: the soft edges of a cycle, if there is one.
  bool test(std::vector<Edge>& edges) {
    restore();
    for (const Edge& constraint : constraints_)
      if (!sort(*constraint.waiter->lock)) return false;
    const auto check = [&](const Waiter& waiter) {
      std::vector<Edge> found;
      engine_.visited_.assign(engine_.sessions_.size(), 0);
      if (!find(waiter.session, waiter.session, found)) return true;
      edges = found;
      return !found.empty();
    };
    for (const Edge& constraint : constraints_)
      if (!check(*constraint.waiter) || !check(*constraint.blocker)) return false;
    return check(start_);
  }

  /// Orders the queue as the constraints ask, and as it was otherwise (TopoSort). False if they contradict each other.
  bool sort(HeavyLock& lock) {
    if (std::none_of(saved_.begin(), saved_.end(), [&](const Order& order) { return order.lock == &lock; }))
      saved_.push_back({&lock, lock.waiters});
    std::vector<Waiter*> remaining = lock.waiters;
    for (std::size_t place = lock.waiters.size(); place > 0; --place) {
      const auto has_to_precede = [&](const Waiter* waiter) {
        return std::any_of(constraints_.begin(), constraints_.end(), [&](const Edge& edge) {
          return edge.waiter == waiter &&
                 std::find(remaining.begin(), remaining.end(), edge.blocker) != remaining.end();
        });
      };
      const auto last = std::find_if_not(remaining.rbegin(), remaining.rend(), has_to_precede);
      if (last == remaining.rend()) return false;
      lock.waiters[place - 1] = *last;
      remaining.erase(std::next(last).base());
    }
    return true;
  }

  bool find(std::uint32_t at, std::uint32_t target, std::vector<Edge>& soft) {
    Waiter& waiter = engine_.sessions_[at].waiter;
    engine_.note_searched(waiter);
    if (!waiter.active || waiter.doomed || engine_.visited_[at] != 0 || engine_.may_go_on(waiter)) return false;
    engine_.visited_[at] = 1;
    const auto leads_back = [&](std::uint32_t next) { return next == target || find(next, target, soft); };
    if (waiter.kind == Waiter::Kind::xid) return leads_back(engine_.xids_[waiter.xid].session);
    for (const HeavyLock::Holding& holding : waiter.lock->holdings)
      if (holding.session != at && conflict(holding.mode, waiter.mode) && leads_back(holding.session)) return true;
    for (Waiter* other : waiter.lock->waiters) {
      if (other == &waiter) break;
      if (!conflict(other->mode, waiter.mode) || !leads_back(other->session)) continue;
      soft.push_back({&waiter, other});
      return true;
    }
    return false;
  }

  Engine& engine_;
  Waiter& start_;
  std::vector<Edge> constraints_;
  std::vector<Order> saved_;
};

bool Engine::dissolve_deadlock(Waiter& waiter) {
  SoftDeadlock search(*this, waiter);
  if (!search.solve()) return false;
  search.wake();
  return true;
}

}  // namespace heddle::pg

// Sees a lock-order cycle close where that is no deadlock for the scheduler: because a database ends one of the
// transactions, or because the tasks do not wait, but ask again and again for leases that the others hold.
#pragma once

#include <vector>

#include "properties/lock_order.hpp"

namespace heddle::properties {

/// Fails the execution, as "deadlock", once every task of `inversion` holds what its edge leads from and is kept from
/// what it leads to: it waits, or has been refused twice since it took what it holds.
class CycleWatch final : public sim::Observer {
 public:
  CycleWatch(sim::World& world, const Inversion& inversion);
  ~CycleWatch() override;

  void on_held(const sim::Hold& hold) override;
  void on_released(const sim::Hold& hold, const sim::Task& by) override;
  void on_blocked(const sim::Task& task, sim::ObjectId object, bool is_refused) override;

 private:
  /// What the task of an edge wants and does not get.
  struct Want {
    bool waits = false;
    std::uint32_t refusals = 0;
  };

  /// Whether the scheduler keeps the edge's task waiting.
  [[nodiscard]] bool waits(const LockOrderEdge& edge) const;
  [[nodiscard]] bool closes() const;
  [[nodiscard]] const sim::Hold* held_by(std::uint64_t task, std::uint64_t object) const;
  [[nodiscard]] std::string text() const;

  sim::Execution& execution_;
  const Inversion& inversion_;
  std::vector<Want> wants_;  // by edge
};

}  // namespace heddle::properties

// A periodic sync coordinator: passes, its gate, and the drain of the pass in flight. The rules that stand the races
// are the defaults; each scenario bends the one that it is about.
#pragma once

#include <optional>

#include "scenarios/quiesce/clearing_latch.hpp"
#include "scenarios/quiesce/gate.hpp"
#include "scenarios/quiesce/surroundings.hpp"
#include "sim/sync/notify.hpp"

namespace heddle::scenarios::quiesce {

/// How `quiesce` treats a clear that may be under way.
enum class QuiesceRule : std::uint8_t {
  hold_gate,       ///< hold the gate like everybody else
  check_then_act,  ///< leave it to the clear if there is one; else raise the gate: two critical sections
};

struct CoordinatorRules {
  GateKind gate = GateKind::refcounted;
  QuiesceRule quiesce = QuiesceRule::hold_gate;
};

class Coordinator {
 public:
  Coordinator(Store& store, Host& host, const CoordinatorRules& rules = {})
      : store_(store), host_(host), rules_(rules), gate_(rules.gate) {}

  /// A pass is in flight, until it is destroyed.
  class [[nodiscard]] Pass {
   public:
    explicit Pass(Coordinator& coordinator) : coordinator_(&coordinator) {}
    Pass(Pass&& other) noexcept : coordinator_(std::exchange(other.coordinator_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (coordinator_ != nullptr) coordinator_->end_pass();
    }

   private:
    Coordinator* coordinator_;
  };

  /// Nothing when another pass is in flight, when the gate is up, or for good after `close`.
  std::optional<Pass> begin_pass();
  /// One pass: reads, works for `duration`, stores, tells the host. False: it was refused.
  bool sync_now(sim::Duration duration);

  /// Lets no new pass begin, and waits until the one in flight has ended.
  void quiesce();
  /// Waits until no pass is in flight. The gate is the caller's affair.
  void drain();
  /// Wipes the store: latch and gate are held from before the drain until after the wipe.
  void clear();
  /// No pass ever begins again.
  void close() { closing_.store(true); }
  [[nodiscard]] bool is_syncing() const { return is_syncing_.load(); }

  [[nodiscard]] Gate& gate() noexcept { return gate_; }
  [[nodiscard]] ClearingLatch& clearing() noexcept { return clearing_; }
  [[nodiscard]] Store& store() noexcept { return store_; }

 private:
  void end_pass();

  Store& store_;
  Host& host_;
  CoordinatorRules rules_;
  Gate gate_;
  ClearingLatch clearing_{LatchKind::refcounted};
  sim::Atomic<bool> is_syncing_{false, "is_syncing"};
  sim::Atomic<bool> closing_{false, "closing"};
  sim::Notify pass_ended_{"pass ended"};
};

}  // namespace heddle::scenarios::quiesce

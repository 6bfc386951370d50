// The gate of a coordinator: while somebody holds it up, no new pass begins.
#pragma once

#include <utility>

#include "sim/sync/atomic.hpp"
#include "sim/sync/resource.hpp"

namespace heddle::scenarios::quiesce {

enum class GateKind : std::uint8_t {
  flag,        ///< up or down: whoever lets go first takes it down, whoever else still needs it
  refcounted,  ///< holders are counted
};

class Gate {
 public:
  explicit Gate(GateKind kind = GateKind::refcounted) : kind_(kind) {}

  /// Holds the gate up, until it is destroyed.
  class [[nodiscard]] Hold {
   public:
    explicit Hold(Gate& gate) : gate_(&gate) { gate_->add(); }
    Hold(Hold&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    /// Leaves the gate up: the process has ended, and no destructor runs.
    void abandon() noexcept { gate_ = nullptr; }
    ~Hold() {
      if (gate_ != nullptr) gate_->subtract();
    }

   private:
    Gate* gate_;
  };
  Hold hold() { return Hold(*this); }

  /// By hand; whoever adds must subtract, however it ends.
  void add(std::source_location where = std::source_location::current()) {
    kind_ == GateKind::flag ? holders_.store(1) : static_cast<void>(holders_.fetch_add(1));
    held_.taken(where);
  }
  void subtract() {
    kind_ == GateKind::flag ? holders_.store(0) : static_cast<void>(holders_.fetch_sub(1));
    held_.given_back();
  }
  /// Takes it down, whoever holds it.
  void reopen() { holders_.store(0); }
  [[nodiscard]] bool is_raised() const { return holders_.load() > 0; }
  [[nodiscard]] bool is_down_at_the_end() const noexcept { return holders_.peek() == 0; }

 private:
  GateKind kind_;
  sim::Atomic<int> holders_{0, "quiescing"};
  sim::Resource held_{"gate", "quiescing"};
};

}  // namespace heddle::scenarios::quiesce

// The registry's clearing latch of one key: while somebody holds it, no worker for that key may be spawned.
#pragma once

#include "sim/sync/atomic.hpp"

namespace heddle::scenarios::quiesce {

enum class LatchKind : std::uint8_t {
  set,         ///< the key is in a set of keys, or it is not: the first holder that lets go takes it out
  refcounted,  ///< holders are counted
};

class ClearingLatch {
 public:
  explicit ClearingLatch(LatchKind kind) : kind_(kind) {}

  /// Holds the latch, until it is destroyed.
  class [[nodiscard]] Hold {
   public:
    explicit Hold(ClearingLatch& latch) : latch_(latch) { latch_.raise(); }
    ~Hold() { latch_.lower(); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    ClearingLatch& latch_;
  };
  Hold hold() { return Hold(*this); }
  [[nodiscard]] bool is_raised() const { return level_.load() > 0; }

 private:
  void raise() {
    if (kind_ == LatchKind::set) {
      level_.store(1);
    } else {
      level_.fetch_add(1);
    }
  }
  void lower() {
    if (kind_ == LatchKind::set) {
      level_.store(0);
    } else {
      level_.fetch_sub(1);
    }
  }

  LatchKind kind_;
  sim::Atomic<int> level_{0, "clearing"};
};

}  // namespace heddle::scenarios::quiesce

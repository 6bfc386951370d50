// The code under test: a lease that ends when its holder releases it, or by itself after a time.
//
// It is ordinary code that takes its atomics and its clock from heddle::sim. Its release comes in two variants: one
// that everybody writes first, and one that is right.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>

#include "sim/core/world.hpp"
#include "sim/sync/atomic.hpp"

namespace lease {

namespace sim = heddle::sim;

enum class Release {
  unconditional,  // deletes the entry, whoever holds it
  if_mine,        // deletes the entry if it is still the one that acquiring it wrote
};

struct Entry {
  std::uint32_t holder = 0;  // 0: free
  sim::Duration expires{};

  friend bool operator==(const Entry&, const Entry&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Entry& entry) {
    if (entry.holder == 0) return out << "free";
    return out << "held by " << entry.holder << " until " << entry.expires.count() / 1'000'000 << " ms";
  }
};

class Lease {
 public:
  Lease(Release release, sim::Duration time_to_live) : release_(release), time_to_live_(time_to_live) {}

  /// What was written, if the lease was free or had expired; to be given to `release`.
  std::optional<Entry> try_acquire(std::uint32_t holder) {
    Entry seen = entry_.load();
    if (seen.holder != 0 && sim::now() < seen.expires) return std::nullopt;
    const Entry mine{holder, sim::now() + time_to_live_};
    if (!entry_.compare_exchange(seen, mine)) return std::nullopt;
    return mine;
  }

  bool is_held_as(const Entry& mine) const { return entry_.load() == mine; }

  void release(Entry mine) {
    if (release_ == Release::unconditional) {
      entry_.store(Entry{});
    } else {
      entry_.compare_exchange(mine, Entry{});
    }
  }

 private:
  Release release_;
  sim::Duration time_to_live_;
  sim::Atomic<Entry> entry_{Entry{}, "lease"};
};

}  // namespace lease

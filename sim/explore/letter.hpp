// A letter is a step as an exploration names it: the task, the data alternatives it takes, and the footprint it had
// when it was last seen. A schedule is a word of such letters; words that differ by swapping neighbours that are
// independent are the same trace (Mazurkiewicz). Tasks and objects are named by ranks: the order in which the
// exploration first met their keys, which no schedule changes.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "sim/core/op.hpp"

namespace heddle::sim {

/// Gives each key a rank, the same in every execution. `index` is where the key is looked for first: what has the same
/// index in two executions nearly always has the same key.
class Ranks {
 public:
  std::uint32_t rank(std::uint32_t index, std::uint64_t key) {
    if (index < recent_.size() && recent_[index].key == key) [[likely]]
      return recent_[index].rank;
    return look_up(index, key);
  }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t rank = 0;
  };
  std::uint32_t look_up(std::uint32_t index, std::uint64_t key);

  std::vector<Entry> recent_;
  boost::unordered::unordered_flat_map<std::uint64_t, std::uint32_t> ranks_;
};

/// One data alternative, out of how many.
struct Alternative {
  std::uint32_t chosen = 0;
  std::uint32_t options = 0;
  friend bool operator==(const Alternative&, const Alternative&) = default;
};

/// An object, by its rank, and an access to it.
class Touched {
 public:
  Touched() = default;
  Touched(std::uint32_t object, Access access) : code_(object << 2U | static_cast<std::uint32_t>(access)) {}
  [[nodiscard]] std::uint32_t object() const noexcept { return code_ >> 2U; }
  [[nodiscard]] Access access() const noexcept { return static_cast<Access>(code_ & 3U); }
  [[nodiscard]] std::uint32_t code() const noexcept { return code_; }
  friend bool operator==(Touched, Touched) = default;

 private:
  std::uint32_t code_ = 0;
};

/// Which of the objects are touched, and how: two bits for each, up to a remainder: 1 read, 2 commute, 3 write (or more
/// than one of them).
struct FootprintMask {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void add(Touched touched) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (touched.object() % 64);
    if (touched.access() != Access::commute) low |= bit;
    if (touched.access() != Access::read) high |= bit;
  }
  [[nodiscard]] bool conflicts_with(const FootprintMask& other) const noexcept {
    const std::uint64_t both = (low | high) & (other.low | other.high);
    const std::uint64_t both_read = low & ~high & other.low & ~other.high;
    const std::uint64_t both_commute = ~low & high & ~other.low & other.high;
    return (both & ~both_read & ~both_commute) != 0;
  }
  friend bool operator==(const FootprintMask&, const FootprintMask&) = default;
};

class Footprint {
 public:
  void clear() noexcept {
    touched_.clear();
    mask_ = {};
    is_wide_ = false;
  }
  /// Nothing happens if it is there already.
  void add(Touched touched);
  void add(const Footprint& other);
  [[nodiscard]] bool conflicts_with(const Footprint& other) const noexcept;
  [[nodiscard]] const FootprintMask& mask() const noexcept { return mask_; }
  /// Whether the mask leaves open which object is touched.
  [[nodiscard]] bool is_wide() const noexcept { return is_wide_; }
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed) const noexcept;
  friend bool operator==(const Footprint& a, const Footprint& b) noexcept { return a.touched_ == b.touched_; }

 private:
  boost::container::small_vector<Touched, 4> touched_;
  FootprintMask mask_;
  bool is_wide_ = false;
};

struct Letter {
  std::uint32_t task = 0;  ///< its rank
  boost::container::small_vector<Alternative, 1> alternatives;
  Footprint footprint;

  /// Of a step whose footprint is not known yet; forgets another one's.
  void reset(std::uint32_t new_task);
  [[nodiscard]] std::uint64_t hash() const noexcept;
  friend bool operator==(const Letter&, const Letter&) = default;
};

/// Whether `other` is the step `known`, or may turn out to be. How many alternatives a step has depends on what comes
/// before it: only what both were asked in the same way tells them apart.
[[nodiscard]] bool may_be_same_step(const Letter& known, const Letter& other) noexcept;

}  // namespace heddle::sim

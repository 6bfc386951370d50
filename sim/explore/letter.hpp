// A letter is a step as an exploration names it: the task, the data alternatives it takes, and the footprint it had
// when it was last seen. A schedule is a word of such letters; words that differ by swapping neighbours that are
// independent are the same trace (Mazurkiewicz). Tasks and objects are named by ranks: the order in which the
// exploration first met their keys, which no schedule changes.
#pragma once

#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <span>
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
  friend bool operator==(Touched, Touched) = default;

 private:
  std::uint32_t code_ = 0;
};

class Footprint {
 public:
  void clear() noexcept {
    touched_.clear();
    masks_ = {};
  }
  /// Nothing happens if it is there already.
  void add(Touched touched);
  void add(const Footprint& other);
  [[nodiscard]] bool conflicts_with(const Footprint& other) const noexcept {
    const auto& [read, commute, write] = masks_;
    const auto& [other_read, other_commute, other_write] = other.masks_;
    const std::uint64_t common = (write & (other_read | other_commute | other_write)) |
                                 (other_write & (read | commute)) | (read & other_commute) | (commute & other_read);
    return common != 0 && has_conflict(other);
  }

 private:
  [[nodiscard]] bool has_conflict(const Footprint& other) const noexcept;

  boost::container::small_vector<Touched, 4> touched_;
  std::array<std::uint64_t, access_classes> masks_{};  // by access: a bit for each object, up to a remainder
};

struct Letter {
  std::uint32_t task = 0;  ///< its rank
  /// Whether the footprint is what the step has where it stands, and not a guess from another place.
  bool is_exact = true;
  /// Where it is performed, its other data alternatives are to be explored, too.
  bool opens_alternatives = false;
  Footprint footprint;
  boost::container::small_vector<Alternative, 1> alternatives;

  /// Two guesses at one footprint: it may be either.
  void merge_guess(const Letter& other);
  /// Of a step whose footprint is not known yet; forgets another one's.
  void reset(std::uint32_t new_task);
};

/// Whether `other` is the step `known`, or may turn out to be. How many alternatives a step has depends on what comes
/// before it: only what both were asked in the same way tells them apart.
[[nodiscard]] bool may_be_same_step(const Letter& known, const Letter& other) noexcept;

/// A sequence of letters that belong to somebody else.
using Sequence = std::vector<const Letter*>;

enum class WeakInitial : std::uint8_t {
  no,
  yes,
  no_as_far_as_known,     ///< a footprint that speaks against it is not exact
  with_all_alternatives,  ///< it stands for one alternative of a step that `v` does not have
};

/// Whether `letter` can come first in some sequence equivalent to `v`, or can be put before it without changing
/// anything
/// ("weak initials" of Abdulla et al.).
[[nodiscard]] WeakInitial weak_initial(const Letter& letter, std::span<const Letter* const> v) noexcept;

}  // namespace heddle::sim

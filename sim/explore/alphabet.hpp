// The letters that an exploration has met, each kept once: what wakeup trees and sleep sets hold are names of letters.
// Trees are larger than caches, an alphabet hardly ever is.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "sim/explore/letter.hpp"

namespace heddle::sim {

using LetterId = std::uint32_t;

/// A letter in a sequence.
struct Sign {
  LetterId letter = 0;
  /// Whether the footprint is what the step has where it stands, and not a guess from another place.
  bool is_exact = true;
};

/// A sequence of steps that could follow some prefix.
using Sequence = std::vector<Sign>;

enum class WeakInitial : std::uint8_t {
  no,
  yes,
  no_as_far_as_known,     ///< a footprint that speaks against it is not exact
  with_all_alternatives,  ///< it stands for one alternative of a step that the sequence does not have
};

class Alphabet {
 public:
  /// The id of a letter like this one. `guess`: where to look first.
  [[nodiscard]] LetterId id(const Letter& letter, LetterId guess = 0) {
    if (guess < letters_.size() && letters_[guess] == letter) return guess;
    return look_up(letter);
  }
  /// Stays where it is.
  [[nodiscard]] const Letter& operator[](LetterId id) const noexcept { return letters_[id]; }
  [[nodiscard]] std::uint32_t task(LetterId id) const noexcept { return summaries_[id].task; }
  [[nodiscard]] bool has_alternatives(LetterId id) const noexcept { return summaries_[id].has_alternatives; }
  [[nodiscard]] bool are_in_conflict(LetterId a, LetterId b) const noexcept {
    const Summary& x = summaries_[a];
    const Summary& y = summaries_[b];
    if (!x.mask.conflicts_with(y.mask)) return false;
    return !(x.is_wide || y.is_wide) || letters_[a].footprint.conflicts_with(letters_[b].footprint);
  }
  /// Of one step, whose footprint may be either.
  [[nodiscard]] LetterId merge(LetterId id, LetterId other);

  /// Whether `sign` can come first in some sequence equivalent to `v`, or can be put before it without changing
  /// anything ("weak initials" of Abdulla et al.).
  [[nodiscard]] WeakInitial weak_initial(Sign sign, std::span<const Sign> v) const noexcept;
  /// Whether all that begins with `v` is explored where the letters of `sleep` were.
  [[nodiscard]] bool is_covered_by(std::span<const LetterId> sleep, std::span<const Sign> v) const;
  /// Of a task some of whose data alternatives sleep, the first one that does not; nothing if all do.
  [[nodiscard]] std::optional<Alternative> waking_alternative(std::span<const LetterId> sleep,
                                                              std::uint32_t task) const;
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  /// What is nearly always all that is asked.
  struct Summary {
    std::uint32_t task = 0;
    bool has_alternatives = false;
    bool is_wide = false;
    FootprintMask mask;
  };
  LetterId look_up(const Letter& letter);

  std::vector<Summary> summaries_;
  std::deque<Letter> letters_;
  boost::unordered::unordered_flat_map<std::uint64_t, LetterId> ids_;  // by hash, or hash of the hash if that is taken
};

}  // namespace heddle::sim

#include "sim/explore/alphabet.hpp"

#include <algorithm>

#include "sim/core/hash.hpp"

namespace heddle::sim {

LetterId Alphabet::look_up(const Letter& letter) {
  for (std::uint64_t hash = letter.hash();; hash = mix(hash, 1)) {
    const auto [entry, is_new] = ids_.try_emplace(hash, static_cast<LetterId>(letters_.size()));
    if (is_new) {
      letters_.push_back(letter);
      summaries_.push_back(
          {letter.task, !letter.alternatives.empty(), letter.footprint.is_wide(), letter.footprint.mask()});
      return entry->second;
    }
    if (letters_[entry->second] == letter) return entry->second;
  }
}

LetterId Alphabet::merge(LetterId id, LetterId other) {
  if (id == other) return id;
  Letter merged = letters_[id];
  merged.footprint.add(letters_[other].footprint);
  return this->id(merged, id);
}

WeakInitial Alphabet::weak_initial(Sign sign, std::span<const Sign> v) const noexcept {
  const std::uint32_t own_task = task(sign.letter);
  for (const Sign other : v) {
    if (task(other.letter) == own_task) {
      const bool may_be = !has_alternatives(sign.letter) || !has_alternatives(other.letter) ||
                          may_be_same_step(letters_[sign.letter], letters_[other.letter]);
      return may_be ? WeakInitial::yes : WeakInitial::no;
    }
    if (are_in_conflict(sign.letter, other.letter))
      return sign.is_exact && other.is_exact ? WeakInitial::no : WeakInitial::no_as_far_as_known;
  }
  return has_alternatives(sign.letter) ? WeakInitial::with_all_alternatives : WeakInitial::yes;
}

bool Alphabet::is_covered_by(std::span<const LetterId> sleep, std::span<const Sign> v) const {
  return std::any_of(sleep.begin(), sleep.end(), [&](LetterId id) {
    switch (weak_initial({id}, v)) {
      case WeakInitial::yes:
        return true;
      case WeakInitial::with_all_alternatives:
        return !waking_alternative(sleep, task(id)) && std::all_of(sleep.begin(), sleep.end(), [&](LetterId other) {
          return task(other) != task(id) || weak_initial({other}, v) == WeakInitial::with_all_alternatives;
        });
      default:
        return false;
    }
  });
}

std::optional<Alternative> Alphabet::waking_alternative(std::span<const LetterId> sleep, std::uint32_t task) const {
  std::uint32_t options = 0;
  for (const LetterId id : sleep)
    if (this->task(id) == task && has_alternatives(id))
      options = std::max(options, letters_[id].alternatives[0].options);
  for (std::uint32_t chosen = 0; chosen < options; ++chosen) {
    const bool sleeps = std::any_of(sleep.begin(), sleep.end(), [&](LetterId id) {
      const auto& alternatives = letters_[id].alternatives;
      return this->task(id) == task && alternatives.size() == 1 && alternatives[0].chosen == chosen;
    });
    if (!sleeps) return Alternative{chosen, options};
  }
  return std::nullopt;
}

std::size_t Alphabet::bytes() const noexcept {
  return letters_.size() * (sizeof(Letter) + sizeof(Summary) + sizeof(std::pair<std::uint64_t, LetterId>));
}

}  // namespace heddle::sim

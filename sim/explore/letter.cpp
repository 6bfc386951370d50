#include "sim/explore/letter.hpp"

#include <algorithm>

namespace heddle::sim {

std::uint32_t Ranks::look_up(std::uint32_t index, std::uint64_t key) {
  const auto [entry, is_new] = ranks_.try_emplace(key, static_cast<std::uint32_t>(ranks_.size()));
  if (index >= recent_.size()) recent_.resize(index + 1);
  recent_[index] = {key, entry->second};
  return entry->second;
}

void Footprint::add(Touched touched) {
  if (std::find(touched_.begin(), touched_.end(), touched) != touched_.end()) return;
  touched_.push_back(touched);
  masks_[static_cast<std::size_t>(touched.access())] |= std::uint64_t{1} << (touched.object() % 64);
}

void Footprint::add(const Footprint& other) {
  for (const Touched touched : other.touched_) add(touched);
}

bool Footprint::has_conflict(const Footprint& other) const noexcept {
  for (const Touched x : touched_)
    for (const Touched y : other.touched_)
      if (x.object() == y.object() && conflicts(x.access(), y.access())) return true;
  return false;
}

void Letter::merge_guess(const Letter& other) {
  footprint.add(other.footprint);
}

void Letter::reset(std::uint32_t new_task) {
  task = new_task;
  is_exact = true;
  opens_alternatives = false;
  footprint.clear();
  alternatives.clear();
}

bool may_be_same_step(const Letter& known, const Letter& other) noexcept {
  if (known.task != other.task) return false;
  const std::size_t common = std::min(known.alternatives.size(), other.alternatives.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (known.alternatives[i].options != other.alternatives[i].options) return true;
    if (known.alternatives[i].chosen != other.alternatives[i].chosen) return false;
  }
  return true;
}

WeakInitial weak_initial(const Letter& letter, std::span<const Letter* const> v) noexcept {
  for (const Letter* other : v) {
    if (other->task == letter.task) return may_be_same_step(letter, *other) ? WeakInitial::yes : WeakInitial::no;
    if (letter.footprint.conflicts_with(other->footprint))
      return letter.is_exact && other->is_exact ? WeakInitial::no : WeakInitial::no_as_far_as_known;
  }
  return letter.alternatives.empty() ? WeakInitial::yes : WeakInitial::with_all_alternatives;
}

}  // namespace heddle::sim

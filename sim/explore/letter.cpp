#include "sim/explore/letter.hpp"

#include <algorithm>

#include "sim/core/hash.hpp"

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
  mask_.add(touched);
  is_wide_ = is_wide_ || touched.object() >= 64;
}

void Footprint::add(const Footprint& other) {
  for (const Touched touched : other.touched_) add(touched);
}

bool Footprint::conflicts_with(const Footprint& other) const noexcept {
  for (const Touched x : touched_)
    for (const Touched y : other.touched_)
      if (x.object() == y.object() && conflicts(x.access(), y.access())) return true;
  return false;
}

std::uint64_t Footprint::hash(std::uint64_t seed) const noexcept {
  for (const Touched touched : touched_) seed = mix(seed, touched.code());
  return seed;
}

void Letter::reset(std::uint32_t new_task) {
  task = new_task;
  alternatives.clear();
  footprint.clear();
}

std::uint64_t Letter::hash() const noexcept {
  std::uint64_t hash = task;
  for (const Alternative& alternative : alternatives)
    hash = mix(hash, std::uint64_t{alternative.options} << 32U | alternative.chosen);
  return footprint.hash(mix(hash, alternatives.size()));
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

}  // namespace heddle::sim

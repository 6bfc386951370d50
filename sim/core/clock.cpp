#include "sim/core/clock.hpp"

#include <algorithm>

#include "sim/core/error.hpp"

namespace heddle::sim {

TimerId Clock::arm(Duration deadline, std::uint64_t key, Action action, void* context) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot].action = action;
  slots_[slot].context = context;
  const Entry entry{std::max(deadline, now_), key, slot};
  const auto later_first = [](const Entry& a, const Entry& b) {
    return a.deadline != b.deadline ? a.deadline > b.deadline : a.key > b.key;
  };
  timers_.insert(std::upper_bound(timers_.begin(), timers_.end(), entry, later_first), entry);
  return {slot, slots_[slot].generation};
}

bool Clock::cancel(TimerId id) noexcept {
  if (id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return false;
  const auto entry = std::find_if(timers_.begin(), timers_.end(), [&](const Entry& e) { return e.slot == id.slot; });
  if (entry == timers_.end()) return false;
  timers_.erase(entry);
  ++slots_[id.slot].generation;
  free_.push_back(id.slot);
  return true;
}

std::uint32_t Clock::due() const noexcept {
  std::uint32_t count = 0;
  for (auto entry = timers_.rbegin(); entry != timers_.rend() && entry->deadline == timers_.back().deadline; ++entry)
    ++count;
  return count;
}

void Clock::fire(std::uint32_t k) {
  HEDDLE_CHECK(k < due());
  const auto entry = timers_.end() - 1 - static_cast<std::ptrdiff_t>(k);
  now_ = entry->deadline;
  const std::uint32_t slot = entry->slot;
  timers_.erase(entry);
  ++slots_[slot].generation;
  free_.push_back(slot);
  slots_[slot].action(slots_[slot].context);
}

void Clock::reset() noexcept {
  now_ = Duration{};
  timers_.clear();
  free_.clear();
  for (std::size_t i = slots_.size(); i > 0; --i) {
    ++slots_[i - 1].generation;
    free_.push_back(static_cast<std::uint32_t>(i - 1));
  }
}

}  // namespace heddle::sim

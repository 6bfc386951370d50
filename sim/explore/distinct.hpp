// Counts distinct 64-bit hashes, and how many were seen exactly once or twice, in bounded memory: when the table is
// full, only hashes with one more leading zero bit are kept (adaptive sampling, Flajolet, Computing 1990), and counts
// are scaled up accordingly.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

namespace heddle::sim {

class DistinctCounter {
 public:
  explicit DistinctCounter(std::size_t capacity = std::size_t{1} << 20U) : capacity_(capacity) {}

  void add(std::uint64_t hash) {
    if ((hash & mask_) != 0) return;
    std::uint8_t& count = seen_[hash];
    if (count < 3) ++count;
    if (seen_.size() > capacity_) thin_out();
  }
  /// Adds all that another one has counted.
  void merge(const DistinctCounter& other) {
    while (mask_ < other.mask_) thin_out();
    for (const auto& [hash, times] : other.seen_) {
      if ((hash & mask_) != 0) continue;
      std::uint8_t& count = seen_[hash];
      count = static_cast<std::uint8_t>(count + times > 3 ? 3 : count + times);
    }
    while (seen_.size() > capacity_) thin_out();
  }
  [[nodiscard]] std::uint64_t distinct() const noexcept { return seen_.size() * scale(); }
  [[nodiscard]] std::uint64_t seen_once() const { return count_of(1); }
  [[nodiscard]] std::uint64_t seen_twice() const { return count_of(2); }
  /// False once counts are scaled.
  [[nodiscard]] bool is_exact() const noexcept { return mask_ == 0; }

 private:
  [[nodiscard]] std::uint64_t scale() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::uint64_t count_of(std::uint8_t n) const {
    std::uint64_t matching = 0;
    for (const auto& entry : seen_) matching += entry.second == n ? 1 : 0;  // a sum: the order does not matter
    return matching * scale();
  }
  void thin_out() {
    mask_ = mask_ * 2 + 1;
    boost::unordered::erase_if(seen_, [this](const auto& entry) { return (entry.first & mask_) != 0; });
  }

  std::size_t capacity_;
  std::uint64_t mask_ = 0;
  boost::unordered_flat_map<std::uint64_t, std::uint8_t> seen_;
};

}  // namespace heddle::sim

// A set of tasks as a bitset: the enabled tasks, the tasks that wait for an object. Iteration is in id order, so it is
// deterministic. The first 64 tasks live in one word; the rest in a vector that is grown by `reserve`.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/core/op.hpp"

namespace heddle::sim {

class TaskSet {
 public:
  void insert(TaskId id) {
    if (id < 64) [[likely]] {
      first_ |= bit(id);
    } else {
      const std::size_t word = id / 64 - 1;
      if (word >= rest_.size()) rest_.resize(word + 1, 0);
      rest_[word] |= bit(id);
      wide_ = true;
    }
  }
  void erase(TaskId id) noexcept {
    if (id < 64) [[likely]] {
      first_ &= ~bit(id);
    } else if (id / 64 - 1 < rest_.size()) {
      rest_[id / 64 - 1] &= ~bit(id);
    }
  }
  [[nodiscard]] bool contains(TaskId id) const noexcept {
    if (id < 64) [[likely]]
      return (first_ & bit(id)) != 0;
    return id / 64 - 1 < rest_.size() && (rest_[id / 64 - 1] & bit(id)) != 0;
  }
  void insert_all(const TaskSet& other) {
    first_ |= other.first_;
    if (!other.wide_) [[likely]]
      return;
    if (other.rest_.size() > rest_.size()) rest_.resize(other.rest_.size(), 0);
    for (std::size_t i = 0; i < other.rest_.size(); ++i) rest_[i] |= other.rest_[i];
    wide_ = true;
  }
  void erase_all(const TaskSet& other) noexcept {
    first_ &= ~other.first_;
    if (!other.wide_) [[likely]]
      return;
    for (std::size_t i = 0; i < rest_.size() && i < other.rest_.size(); ++i) rest_[i] &= ~other.rest_[i];
  }
  void clear() noexcept {
    first_ = 0;
    if (wide_) [[unlikely]]
      rest_.assign(rest_.size(), 0);
    wide_ = false;
  }
  /// Of the first 64 tasks, those in the set.
  [[nodiscard]] std::uint64_t first_word() const noexcept { return first_; }
  [[nodiscard]] bool empty() const noexcept { return first_ == 0 && (!wide_ || size() == 0); }
  [[nodiscard]] std::uint32_t size() const noexcept {
    int count = std::popcount(first_);
    if (wide_) [[unlikely]]
      for (const std::uint64_t word : rest_) count += std::popcount(word);
    return static_cast<std::uint32_t>(count);
  }
  /// The task of rank `k` (0-based) in id order. Precondition: `k < size()`.
  [[nodiscard]] TaskId nth(std::uint32_t k) const noexcept {
    if (!wide_) [[likely]]
      return select(first_, k);
    const auto in_first = static_cast<std::uint32_t>(std::popcount(first_));
    if (k < in_first) return select(first_, k);
    k -= in_first;
    for (std::size_t i = 0;; ++i) {
      const auto count = static_cast<std::uint32_t>(std::popcount(rest_[i]));
      if (k < count) return static_cast<TaskId>(64 * (i + 1)) + select(rest_[i], k);
      k -= count;
    }
  }
  /// Calls `f(id)` for each member in id order; `f` may insert or erase any member.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint64_t word = first_; word != 0; word &= word - 1) f(static_cast<TaskId>(std::countr_zero(word)));
    if (!wide_) [[likely]]
      return;
    for (std::size_t i = 0; i < rest_.size(); ++i)
      for (std::uint64_t word = rest_[i]; word != 0; word &= word - 1)
        f(static_cast<TaskId>(64 * (i + 1)) + static_cast<TaskId>(std::countr_zero(word)));
  }

 private:
  static constexpr std::uint64_t bit(TaskId id) noexcept { return std::uint64_t{1} << (id % 64); }
  // The rank is random, so for the usual few tasks a loop over it would be mispredicted at almost every step.
  static TaskId select(std::uint64_t word, std::uint32_t k) noexcept {
    while (k >= 4) {
      word &= word - 1;
      --k;
    }
    const std::uint64_t second = word & (word - 1);
    const std::uint64_t third = second & (second - 1);
    const std::uint64_t by_rank[4] = {word, second, third, third & (third - 1)};
    return static_cast<TaskId>(std::countr_zero(by_rank[k]));
  }

  std::uint64_t first_ = 0;
  bool wide_ = false;  // `rest_` may have members
  std::vector<std::uint64_t> rest_;
};

}  // namespace heddle::sim

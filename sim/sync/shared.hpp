// State shared by several handles, and queues, in the execution's arena: nothing is allocated from the heap. Not for
// use beyond the execution they were made in.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "sim/core/execution.hpp"

namespace heddle::sim {

template <class T>
struct ArenaAllocator {
  using value_type = T;
  ArenaAllocator() = default;
  template <class U>
  ArenaAllocator(const ArenaAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert
  [[nodiscard]] T* allocate(std::size_t n) {
    return static_cast<T*>(Execution::current().arena().allocate(n * sizeof(T), alignof(T)));
  }
  void deallocate(T*, std::size_t) noexcept {}
  friend bool operator==(const ArenaAllocator&, const ArenaAllocator&) = default;
};

template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> make_shared_in_arena(Args&&... args) {
  return std::allocate_shared<T>(ArenaAllocator<T>{}, std::forward<Args>(args)...);
}

/// A FIFO of values. What it outgrows stays in the arena until the execution ends.
template <class T>
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() { clear(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  void push(T value) {
    if (size_ == capacity_) grow();
    new (memory_ + (first_ + size_) % capacity_) T(std::move(value));
    ++size_;
  }
  /// Precondition: `!empty()`.
  [[nodiscard]] T pop() {
    T value = std::move(memory_[first_]);
    std::destroy_at(memory_ + first_);
    first_ = (first_ + 1) % capacity_;
    --size_;
    return value;
  }
  void clear() noexcept {
    while (!empty()) static_cast<void>(pop());
  }

 private:
  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 4 : 2 * capacity_;
    T* memory = ArenaAllocator<T>{}.allocate(capacity);
    for (std::size_t i = 0; i < size_; ++i) {
      T* const old = memory_ + (first_ + i) % capacity_;
      new (memory + i) T(std::move(*old));
      std::destroy_at(old);
    }
    memory_ = memory;
    capacity_ = capacity;
    first_ = 0;
  }

  T* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace heddle::sim

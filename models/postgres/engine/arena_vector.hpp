// A growing array in an arena: never freed singly, no destructors. For what a statement gathers while it runs.
#pragma once

#include <memory>
#include <type_traits>

#include "sim/core/arena.hpp"

namespace heddle::pg {

template <class T>
class ArenaVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ArenaVector(sim::Arena& arena) : arena_(&arena) {}
  void push_back(const T& value) {
    if (size_ == capacity_) grow();
    data_[size_++] = value;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return data_[i]; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  [[nodiscard]] T* data() noexcept { return data_; }

 private:
  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 8 : capacity_ * 2;
    auto* data = static_cast<T*>(arena_->allocate(capacity * sizeof(T), alignof(T)));
    std::uninitialized_copy_n(data_, size_, data);
    data_ = data;
    capacity_ = capacity;
  }

  sim::Arena* arena_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// A non-owning reference to something callable.
template <class Signature>
class FunctionRef;
template <class Result, class... Args>
class FunctionRef<Result(Args...)> {
 public:
  template <class F>
  FunctionRef(F& function)  // NOLINT(google-explicit-constructor)
      : object_(&function),
        call_([](void* object, Args... args) -> Result { return (*static_cast<F*>(object))(args...); }) {}
  Result operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  Result (*call_)(void*, Args...);
};

}  // namespace heddle::pg

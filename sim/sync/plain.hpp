// `Plain<T>`: data that is not atomic. Two tasks that access it, one of them writing, without anything that orders the
// two in C++'s sense - a lock, a release that is acquired, a join - race, and the execution fails with `data_race`.
// Accesses are no scheduling points: a program without data races cannot tell.
#pragma once

#include <utility>

#include "sim/core/execution.hpp"

namespace heddle::sim {

namespace detail {

class PlainAccesses {
 public:
  explicit PlainAccesses(Name name);
  void read(std::source_location where) const;
  void write(std::source_location where) const;
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  void judge(const WeakMemory::Race& race, bool writes, std::source_location where) const;

  ObjectId object_;
  WeakMemory::Location plain_ = 0;
};

}  // namespace detail

template <class T>
class Plain {
 public:
  explicit Plain(T initial = T{}, Name name = {}) : accesses_(name), value_(std::move(initial)) {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  [[nodiscard]] const T& read(std::source_location where = std::source_location::current()) const {
    accesses_.read(where);
    return value_;
  }
  void write(T value, std::source_location where = std::source_location::current()) {
    accesses_.write(where);
    value_ = std::move(value);
  }
  /// For changes in place: a write.
  [[nodiscard]] T& modify(std::source_location where = std::source_location::current()) {
    accesses_.write(where);
    return value_;
  }
  /// For properties and checks: no access.
  [[nodiscard]] const T& peek() const noexcept { return value_; }
  [[nodiscard]] ObjectId object() const noexcept { return accesses_.object(); }

 private:
  detail::PlainAccesses accesses_;
  T value_;
};

}  // namespace heddle::sim

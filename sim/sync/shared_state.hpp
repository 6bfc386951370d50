// Plain state that tasks share: what a scenario keeps to judge its tasks by, such as how many hold something right now.
// Looking at it or changing it is part of the running step and no scheduling point, but belongs to the step's
// footprint: without that, exploration would take steps for independent that the state can tell apart.
#pragma once

#include <utility>

#include "sim/core/execution.hpp"

namespace heddle::sim {

template <class T>
class SharedState {
 public:
  explicit SharedState(T initial = T{}, Name name = {})
      : object_(Execution::current().add_object("shared", name)), value_(std::move(initial)) {}
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

  [[nodiscard]] const T& read() const {
    Execution::current().touch_unordered(object_, Access::read);
    return value_;
  }
  [[nodiscard]] T& write() {
    Execution::current().touch_unordered(object_, Access::write);
    return value_;
  }
  /// For properties and checks after the tasks have ended: not part of a footprint.
  [[nodiscard]] const T& peek() const noexcept { return value_; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  ObjectId object_;
  T value_;
};

}  // namespace heddle::sim

// Orders that steps of different tasks have to keep.
#pragma once

#include <cstdint>

#include "sim/core/op.hpp"

namespace heddle::sim {

/// The k-th step of a task, counted from 1.
struct StepOfTask {
  TaskId task = 0;
  std::uint32_t step = 0;
};

/// Only executions are run in which one step comes before another, or the other does not happen. Tasks are named by
/// their keys. This divides what there is to explore: by the order of two steps that conflict.
struct Precedence {
  struct Step {
    std::uint64_t task = 0;
    std::uint32_t step = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };
  Step before;
  Step after;
  friend bool operator==(const Precedence&, const Precedence&) = default;
};

/// The same in one execution.
struct StepOrder {
  StepOfTask before;
  StepOfTask after;
  bool is_kept = false;  ///< the first step is over
};

}  // namespace heddle::sim

// The happens-before relation of a recorded execution: vector clocks over its events (Mattern, 1989), from footprints,
// spawns and joins.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/core/trace.hpp"

namespace heddle::sim {

class HappensBefore {
 public:
  HappensBefore(const Recording& recording, const std::vector<TaskInfo>& tasks, std::size_t objects);

  /// Whether event `a` happens before event `b`, or is it. Indexes into `Recording::events`.
  [[nodiscard]] bool ordered(std::size_t a, std::size_t b) const { return clock(b)[task_[a]] >= index_[a]; }
  /// The earlier events that depend on the step (task, footprint), which comes after all of `task`'s events before
  /// `position`, and that nothing else orders before it; latest first. An event that comes before another of the list
  /// through dependences is in it too.
  [[nodiscard]] std::vector<std::size_t> unordered_conflicts(TaskId task, std::span<const AccessRecord> footprint,
                                                             std::size_t position) const;
  /// 0-based: the how many-th event of its task this is.
  [[nodiscard]] std::uint32_t ordinal(std::size_t event) const { return index_[event] - 1; }

 private:
  struct Touch {
    std::uint32_t event = 0;
    Access access = Access::read;
  };
  [[nodiscard]] std::span<const std::uint32_t> clock(std::size_t event) const {
    return std::span(clocks_).subspan(event * width_, width_);
  }
  /// What happened before a step of `task` at `position` through its own earlier steps, its creation and what it joins.
  [[nodiscard]] std::vector<std::uint32_t> program_order(TaskId task, std::size_t position) const;

  const Recording& recording_;
  const std::vector<TaskInfo>& tasks_;
  std::size_t width_;
  std::vector<TaskId> task_;
  std::vector<std::uint32_t> index_;  // 1-based among the events of the task
  std::vector<std::uint32_t> clocks_;
  std::vector<std::vector<Touch>> touches_;  // by object
};

}  // namespace heddle::sim

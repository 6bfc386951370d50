// How many steps each task makes, and which objects tasks share, as seen in one execution: what the strategies that
// weigh tasks by the work left to them start from. Tasks and objects are named by ranks (see letter.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/explore/letter.hpp"

namespace heddle::sim {

class Profile {
 public:
  void begin();
  void add(const Execution& execution, const Strategy::Step& step);
  /// The execution is over: adds to each task's steps those of the tasks that it made.
  void finish(const Execution& execution);

  /// Steps of the task and of all that it makes; 1 if the task was not seen.
  [[nodiscard]] std::uint32_t steps_of_subtree(std::uint32_t task) const;
  /// Of these, the ones that touch the object.
  [[nodiscard]] std::uint32_t accesses(std::uint32_t task, std::uint32_t object) const;
  /// The objects that at least two tasks touch and one writes.
  [[nodiscard]] const std::vector<std::uint32_t>& shared() const noexcept { return shared_; }

  [[nodiscard]] std::uint32_t rank_of_task(const Execution& execution, TaskId task);
  [[nodiscard]] std::uint32_t rank_of_object(const Execution& execution, ObjectId object);

 private:
  struct ObjectUse {
    std::vector<std::uint32_t> by_task;  // steps that touch it, by the task's rank
    bool is_written = false;
  };

  Ranks task_ranks_;
  Ranks object_ranks_;
  std::vector<std::uint32_t> own_steps_;
  std::vector<std::uint32_t> subtree_steps_;
  std::vector<ObjectUse> objects_;
  std::vector<std::uint32_t> shared_;
};

}  // namespace heddle::sim

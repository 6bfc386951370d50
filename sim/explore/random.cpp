#include "sim/explore/random.hpp"

#include "sim/core/execution.hpp"

namespace heddle::sim {

TaskId Random::next_task(const Execution& execution) {
  const TaskSet& enabled = execution.enabled();
  return enabled.nth(rng_.below(enabled.size()));
}

}  // namespace heddle::sim

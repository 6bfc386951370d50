// Divides what there is to explore by the order of steps that race: in one part the one comes first, in the other part
// the other. Where both steps conflict, no trace is in two parts; every execution that ends is in one at least. So DPOR
// explores the parts one by one, or at the same time, with no need to know of one another.
#pragma once

#include <vector>

#include "sim/core/step_order.hpp"
#include "sim/core/world.hpp"

namespace heddle::sim {

/// The orders that an execution has to keep to belong to a part.
using Division = std::vector<Precedence>;

/// At most `parts`, by races that are seen in one execution of each part. `execution` is used to run the program.
[[nodiscard]] std::vector<Division> divide(const Program& program, Execution& execution, std::size_t parts);

}  // namespace heddle::sim

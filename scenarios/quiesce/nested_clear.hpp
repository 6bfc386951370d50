#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

/// races.md, section 2: two clears of the same key hold the clearing latch at the same time.
[[nodiscard]] Scenario nested_clear();

}  // namespace heddle::scenarios

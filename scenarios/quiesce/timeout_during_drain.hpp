#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

/// races.md, section 2: a timeout drops a drain at its await point, and with it the subtraction that stands after the
/// await.
[[nodiscard]] Scenario timeout_during_drain();

}  // namespace heddle::scenarios

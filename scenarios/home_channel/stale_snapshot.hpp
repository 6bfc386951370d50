// home_channel/challenged_overwrites and closed_overwrites: the stale snapshot of checkpoint_reopens in the other
// handlers, which decide on it.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario challenged_overwrites();
[[nodiscard]] Scenario closed_overwrites();

}  // namespace heddle::scenarios

// home_channel/unknown_channel: an event for a channel that was never stored.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario unknown_channel();

}  // namespace heddle::scenarios

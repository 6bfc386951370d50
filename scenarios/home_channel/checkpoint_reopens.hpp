// home_channel/checkpoint_reopens: an event handler writes back a channel that an RPC has finalized in the meantime.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario checkpoint_reopens();

}  // namespace heddle::scenarios

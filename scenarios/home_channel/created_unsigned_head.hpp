// home_channel/created_unsigned_head: a state that the node need not sign while the channel is Void becomes the head of
// a channel that is Open.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario created_unsigned_head();

}  // namespace heddle::scenarios

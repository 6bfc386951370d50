// home_channel/connection_lost: the connection of an RPC is lost somewhere in its transaction.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario connection_lost();

}  // namespace heddle::scenarios

// home_channel/lock_order_two_assets: two events lock the same two balances, in opposite order.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario lock_order_two_assets();

}  // namespace heddle::scenarios

// channel_pool/lease_expiry: the holder of a lease outlives its TTL.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario lease_expiry();

}  // namespace heddle::scenarios

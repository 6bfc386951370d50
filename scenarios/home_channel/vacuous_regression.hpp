// home_channel/vacuous_regression: a regression test of the lock that sleeps instead of waiting until the lock is
// contended. It passes, and shows nothing: the race that it is for never takes place in it.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario vacuous_regression();

}  // namespace heddle::scenarios

// home_channel/fake_home_deposit: what checkpoint_reopens is worth to a thief. A reopened channel accepts a deposit
// that nothing on the chain backs, and the user spends it.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario fake_home_deposit();

}  // namespace heddle::scenarios

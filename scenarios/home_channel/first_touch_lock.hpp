// home_channel/first_touch_lock: FOR UPDATE of a row that does not exist yet locks nothing.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario first_touch_lock();

}  // namespace heddle::scenarios

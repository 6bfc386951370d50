// quiesce: start, stop, quiesce and destroy of one coordinator.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario superseded_during_quiesce();
[[nodiscard]] Scenario cancelled_drain();
[[nodiscard]] Scenario stop_is_cancel_only();
[[nodiscard]] Scenario restart_in_place();

}  // namespace heddle::scenarios

// quiesce: a store is wiped while passes, workers and other operations want their way.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario quiesce_during_clear();
[[nodiscard]] Scenario spawn_during_clear();
[[nodiscard]] Scenario orphan_alive_during_clear();
[[nodiscard]] Scenario host_wipes_on_error();

}  // namespace heddle::scenarios

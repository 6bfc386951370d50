// flame: a funding pass that takes its lock twice, beside others who change or read what it funds by.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario apply_changes();
[[nodiscard]] Scenario apply_changes_lock_order();
[[nodiscard]] Scenario single_worker();

}  // namespace heddle::scenarios

// home_channel/sqlite_hides_the_race: the handlers of checkpoint_reopens, tested on SQLite instead of PostgreSQL.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario sqlite_hides_the_race();

}  // namespace heddle::scenarios

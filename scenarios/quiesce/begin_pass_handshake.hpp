#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

/// races.md, section 2: a pass begins while the coordinator is quiesced, and each side writes its flag and reads the
/// other's.
[[nodiscard]] Scenario begin_pass_handshake();

}  // namespace heddle::scenarios

// The exhaustive strategy that suits a program: optimal DPOR; or depth-first search with the happens-before cache,
// where a property is looked at after every step without having said what it looks at (which would make all steps
// dependent), where timers may fire early
// only so often, where the body chooses after its tasks have run, or where executions end while background tasks or
// early timers could go on.
#pragma once

#include <memory>

#include "sim/core/world.hpp"

namespace heddle::sim {

/// Runs the program once to find out; the last of these is found out on the way, and exploration begins again then.
[[nodiscard]] std::unique_ptr<Strategy> exhaustive(const Program& program, const ExecutionOptions& options = {});

}  // namespace heddle::sim

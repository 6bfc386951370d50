// Walks through a timeline by hand, forwards and backwards.
#pragma once

#include <cstdio>

#include "sim/replay/timeline.hpp"

namespace heddle::cli {

/// Reads commands, one a line, from `input` until it ends: n or nothing for the next step, p for the previous one, a
/// number to go to that step, q to quit. Prints the step after each.
void step_through(const sim::Timeline& timeline, std::FILE* input);

}  // namespace heddle::cli

// The terminal view of a schedule: a column (lane) per task, a row per step, time going down. What runs is text; a task
// that was preempted, although it could have gone on, shows a dotted line until it runs again.
#pragma once

#include <string>

#include "sim/replay/timeline.hpp"

namespace heddle::sim {

struct LanesOptions {
  std::size_t width =
      100;  ///< of the terminal, in characters, at least 40; too narrow for a lane per task gives a list instead
  bool colour = false;        ///< ANSI escape sequences
  bool ascii = false;         ///< no box-drawing characters
  bool locations = false;     ///< file:line of each step, at the right
  bool verdict = true;        ///< what is violated, below the lanes
  std::size_t max_rows = 80;  ///< beyond that, the middle of long uninterrupted runs is left out, then the beginning
};

/// Lines that end with '\n'; none longer than `options.width`.
[[nodiscard]] std::string render_lanes(const Timeline& timeline, const LanesOptions& options = {});

}  // namespace heddle::sim

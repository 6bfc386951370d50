// The command line `heddle`: lists, explores, checks, replays, shrinks and fuzzes the scenarios of a catalogue.
#pragma once

#include <vector>

#include "scenarios/scenario.hpp"

namespace heddle::cli {

/// Runs one command and returns the exit code of the process (see `Exit` in commands.hpp). Prints results to stdout,
/// and one sentence to stderr when the command line, a token or a file is at fault.
int run_command_line(int argc, const char* const* argv, const std::vector<scenarios::Scenario>& catalogue);

}  // namespace heddle::cli

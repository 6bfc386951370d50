// The commands of `heddle`, one source file each, and their options as the command line gives them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"

namespace heddle::cli {

using Catalogue = std::vector<scenarios::Scenario>;
using scenarios::Scenario;
using scenarios::Variant;

/// Exit codes, the same for every command. Where several apply, the highest counts.
enum class Exit : int {
  ok = 0,        ///< nothing is violated; every expectation is met
  violated = 1,  ///< a violation was found or reproduced; an expectation is not met
  usage = 2,     ///< bad input: arguments, names, tokens, files
  diverged = 3,  ///< a body is not deterministic, or a recorded schedule no longer fits the program
};
[[nodiscard]] constexpr Exit worse(Exit a, Exit b) noexcept {
  return a < b ? b : a;
}

struct ListOptions {
  std::vector<std::string> selectors;
  bool json = false;
};
Exit list(const Catalogue& catalogue, const ListOptions& options);

struct RunOptions {
  std::string target;  ///< SCENARIO[:VARIANT]
  std::string strategy = "exhaustive";
  std::uint64_t seed = 0;
  std::uint64_t executions = 0;                              ///< 0: no limit
  std::chrono::nanoseconds time = std::chrono::seconds(60);  ///< for each variant
  unsigned jobs = 1;                                         ///< threads; 0: one per core
  std::string property;
  std::string cancel;  ///< "each", or empty: as the variant says
  std::string out;     ///< directory of failure files; empty: none are written
  bool json = false;
};
Exit run(const Catalogue& catalogue, const RunOptions& options);

struct CheckCommandOptions {
  std::vector<std::string> selectors;  ///< FAMILY, SCENARIO or SCENARIO:VARIANT; empty: everything
  std::uint64_t seed = 0;
  std::chrono::nanoseconds time = std::chrono::seconds(60);  ///< for each exploration
  bool json = false;
};
Exit check(const Catalogue& catalogue, const CheckCommandOptions& options);

struct ReplayOptions {
  std::string recording;  ///< a token or the path of a failure file
  std::string scenario;   ///< what the recording must be for; empty: whatever it names
  bool json = false;
  bool step = false;
};
Exit replay(const Catalogue& catalogue, const ReplayOptions& options);

struct ShrinkCommandOptions {
  std::string recording;
  std::string out;
  std::chrono::nanoseconds time = std::chrono::seconds(10);
  bool json = false;
};
Exit shrink(const Catalogue& catalogue, const ShrinkCommandOptions& options);

struct FuzzOptions {
  std::vector<std::string> selectors;
  std::chrono::nanoseconds time = std::chrono::seconds(60);
  unsigned jobs = 0;  ///< threads; 0: one per core
  std::string out;
  std::uint64_t seed = 0;
  bool only_holding = false;  ///< leave out variants that are expected to violate something
  bool json = false;
};
Exit fuzz(const Catalogue& catalogue, const FuzzOptions& options);

struct IsolationOptions {
  std::string file;  ///< a specification for isolationtester; "-": standard input
  std::string level = "rc";
  std::string server;  ///< URI; empty: the model
  bool all = false;
  std::uint64_t most = 1'000'000;  ///< interleavings
};
Exit isolation_command(const IsolationOptions& options);

struct ConfirmOptions {
  std::string recording;
  std::string server;  ///< URI
};
Exit confirm(const Catalogue& catalogue, const ConfirmOptions& options);

}  // namespace heddle::cli

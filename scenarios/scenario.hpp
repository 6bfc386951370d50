// A scenario: a workload and its properties, run against several variants of the protocol under test. Each variant says
// what exploring it must show, so that a property which cannot fail, and a fix which does not hold, are both noticed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/world.hpp"

namespace heddle::scenarios {

/// What exploring a variant must show.
struct Expectation {
  /// Each of these is violated by some schedule. Empty: the variant holds.
  std::vector<std::string> violates = {};
  /// Properties that hold although others are violated, or all of the scenario's when `violates` is empty.
  std::vector<std::string> holds = {};
  /// The schedule space is too large to exhaust: a random campaign of this many executions finds nothing (in a variant
  /// that holds). 0: it is exhausted.
  std::uint64_t sampled_executions = 0;

  [[nodiscard]] bool all_hold() const noexcept { return violates.empty(); }
};

struct Variant {
  std::string name;
  std::string summary;  ///< one line: what this implementation does
  Expectation expected;
  sim::Program program;
  sim::ExecutionOptions execution;  ///< the time mode and bounds that the scenario needs
};

struct Scenario {
  std::string family;   ///< "home_channel", "quiesce", ...
  std::string name;     ///< "checkpoint_reopens"
  std::string summary;  ///< one line: what it shows
  std::vector<std::string> properties;
  std::vector<Variant> variants;

  [[nodiscard]] std::string path() const { return family + "/" + name; }
  [[nodiscard]] const Variant* find_variant(std::string_view variant) const;
};

/// All scenarios, in the order in which they are listed to people. Built on first use.
[[nodiscard]] const std::vector<Scenario>& catalogue();
/// "family/name", or just "name" where that is unique; null when there is none.
[[nodiscard]] const Scenario* find_scenario(std::string_view path, const std::vector<Scenario>& among = catalogue());

}  // namespace heddle::scenarios

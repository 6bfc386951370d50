// Checks a variant against its `Expectation`: what it is expected to violate must be found, and what it is expected to
// hold must be exhausted. Each expected property is looked for on its own (`ExecutionOptions::only_property`), so that
// one violation cannot hide another.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::scenarios {

/// How hard to look; for each exploration anew.
struct CheckOptions {
  std::uint64_t executions = 100'000;  ///< of each random strategy that looks for a violation
  std::chrono::nanoseconds time = std::chrono::seconds(60);
  std::uint64_t seed = 0;
};

/// One exploration and what it was to show.
struct Finding {
  std::string property;  ///< empty: all of the scenario's properties, and that nothing deadlocks or throws
  bool should_hold = true;
  bool agrees = false;
  sim::Verdict verdict;
  std::string disagreement = {};  ///< one sentence; empty when it agrees
};

struct VariantCheck {
  std::string scenario;
  std::string variant;
  std::vector<Finding> findings;

  [[nodiscard]] bool agrees() const noexcept;
};

/// Explores `variant` once for each property that it is expected to violate, once for each that holds although others
/// are violated, or once for all when nothing is to be violated. Violations are looked for by random walk, PCT and
/// depth-first search in turn; what holds is exhausted by depth-first search (or sampled, where the expectation says
/// that it is too large).
[[nodiscard]] VariantCheck check_variant(const Scenario& scenario, const Variant& variant,
                                         const CheckOptions& options = {});

}  // namespace heddle::scenarios

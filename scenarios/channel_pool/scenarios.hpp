// The scenarios of the channel pool; what each shows is said where it is defined.
#pragma once

#include <string>
#include <vector>

#include "scenarios/channel_pool/channel_pool.hpp"
#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

[[nodiscard]] Scenario acquire();
[[nodiscard]] Scenario with_lock_double();
[[nodiscard]] Scenario claim_lock_expires();
[[nodiscard]] Scenario lru_document();
[[nodiscard]] Scenario lru_order();
[[nodiscard]] Scenario scan_failure();
[[nodiscard]] Scenario locked_ids_scan();
[[nodiscard]] Scenario uncertain_outcome();
[[nodiscard]] Scenario all_busy();
[[nodiscard]] Scenario release_fails();
[[nodiscard]] Scenario scale();

namespace channel_pool {

inline Scenario make_scenario(std::string name, std::string summary, std::vector<std::string> properties,
                              std::vector<Variant> variants) {
  return {"channel_pool", std::move(name), std::move(summary), std::move(properties), std::move(variants)};
}

/// A variant that runs `run(world, protocol)`.
template <class Run>
Variant make_variant(std::string name, std::string summary, const Protocol& protocol, Expectation expected, Run run,
                     const sim::ExecutionOptions& options = {}) {
  return {std::move(name), std::move(summary), std::move(expected),
          [protocol, run](sim::World& world) { run(world, protocol); }, options};
}

}  // namespace channel_pool
}  // namespace heddle::scenarios

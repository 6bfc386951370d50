// A variant that is a workload with one choice made.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

template <class Choice>
[[nodiscard]] Variant workload_variant(std::string name, std::string summary, void (*workload)(sim::World&, Choice),
                                       std::type_identity_t<Choice> choice, Expectation expected,
                                       const sim::ExecutionOptions& execution = {}) {
  return {std::move(name), std::move(summary), std::move(expected),
          [workload, choice](sim::World& world) { workload(world, choice); }, execution};
}

}  // namespace heddle::scenarios

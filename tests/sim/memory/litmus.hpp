// Litmus tests: small programs of weak memory, and what can be seen of them.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "sim/core/world.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::sim::testing {

using Outcomes = std::set<std::string>;

/// What `litmus`, a function from a `World` to a text, returns in any execution.
template <class F>
Outcomes outcomes_of(F litmus, ExecutionOptions options = {}) {
  Outcomes outcomes;
  ExploreOptions explore_options;
  explore_options.execution = std::move(options);
  // What is seen before the exploration has met a weak order is possible in weak memory as well.
  const Verdict verdict = explore([&](World& world) { outcomes.insert(litmus(world)); }, explore_options);
  if (!verdict.exhausted()) outcomes.insert("not exhausted: " + evidence_line(verdict));
  return outcomes;
}

}  // namespace heddle::sim::testing

// Which variants a word on the command line means, and what to say when it means none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/replay/commands.hpp"

namespace heddle::cli {

struct Target {
  const Scenario* scenario = nullptr;
  const Variant* variant = nullptr;

  [[nodiscard]] std::string name() const { return scenario->path() + ":" + variant->name; }
};

/// "SCENARIO" (all its variants) or "SCENARIO:VARIANT"; a scenario may be named without its family where that is
/// unique. Throws `Error{unknown_name}`, suggesting the nearest name.
[[nodiscard]] std::vector<Target> find_targets(const Catalogue& catalogue, std::string_view text);
/// The same for several words, which may also name a family. None: the whole catalogue. Without duplicates.
[[nodiscard]] std::vector<Target> select_targets(const Catalogue& catalogue, const std::vector<std::string>& selectors);

/// Throws `Error{unknown_name}` unless a failure of `scenario` can have this property's name.
void require_property(const Scenario& scenario, const std::string& property);

/// " (did you mean 'x'?)", or nothing when no candidate is near.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace heddle::cli

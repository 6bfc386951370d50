#include "tools/replay/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/core/error.hpp"

namespace heddle::cli {
namespace {

using sim::Error;
using sim::ErrorCode;

/// Insertions, deletions and substitutions between two words (Levenshtein, 1966).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

[[noreturn]] void throw_unknown_scenario(const Catalogue& catalogue, std::string_view text) {
  std::vector<std::string> families;
  std::vector<std::string> candidates;
  for (const Scenario& scenario : catalogue) {
    if (scenario.name == text) families.push_back(scenario.family);
    candidates.push_back(scenario.path());
    candidates.push_back(scenario.name);
    candidates.push_back(scenario.family);
  }
  if (families.size() > 1)
    throw Error(ErrorCode::unknown_name,
                fmt::format("scenario name '{}' is not unique; name its family too: {}/{} or {}/{}", text, families[0],
                            text, families[1], text));
  throw Error(ErrorCode::unknown_name, fmt::format("there is no scenario '{}'{}; `heddle list` shows all of them", text,
                                                   suggestion(text, candidates)));
}

std::vector<Target> variants_of(const Scenario& scenario) {
  std::vector<Target> targets;
  for (const Variant& variant : scenario.variants) targets.push_back({&scenario, &variant});
  return targets;
}

std::vector<Target> variants_of_family(const Catalogue& catalogue, std::string_view family) {
  std::vector<Target> targets;
  for (const Scenario& scenario : catalogue) {
    if (scenario.family != family) continue;
    const std::vector<Target> own = variants_of(scenario);
    targets.insert(targets.end(), own.begin(), own.end());
  }
  return targets;
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = word.size() / 3 + 2;  // farther than that is another word
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= nearest_distance) continue;
    nearest = &candidate;
    nearest_distance = distance;
  }
  return nearest == nullptr ? std::string() : fmt::format(" (did you mean '{}'?)", *nearest);
}

std::vector<Target> find_targets(const Catalogue& catalogue, std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view scenario_name = text.substr(0, colon);
  const Scenario* const scenario = scenarios::find_scenario(scenario_name, catalogue);
  if (scenario == nullptr) throw_unknown_scenario(catalogue, scenario_name);
  if (colon == std::string_view::npos) return variants_of(*scenario);
  const std::string_view variant_name = text.substr(colon + 1);
  if (const Variant* const variant = scenario->find_variant(variant_name)) return {{scenario, variant}};
  std::vector<std::string> names;
  for (const Variant& variant : scenario->variants) names.push_back(variant.name);
  throw Error(ErrorCode::unknown_name,
              fmt::format("scenario {} has no variant '{}'{}; it has {}", scenario->path(), variant_name,
                          suggestion(variant_name, names), fmt::join(names, ", ")));
}

std::vector<Target> select_targets(const Catalogue& catalogue, const std::vector<std::string>& selectors) {
  std::vector<Target> selected;
  const auto add = [&](const std::vector<Target>& targets) {
    for (const Target& target : targets) {
      const bool is_new = std::none_of(selected.begin(), selected.end(),
                                       [&](const Target& known) { return known.variant == target.variant; });
      if (is_new) selected.push_back(target);
    }
  };
  for (const std::string& selector : selectors) {
    const std::vector<Target> family = variants_of_family(catalogue, selector);
    add(family.empty() ? find_targets(catalogue, selector) : family);
  }
  if (selectors.empty())
    for (const Scenario& scenario : catalogue) add(variants_of(scenario));
  return selected;
}

void require_property(const Scenario& scenario, const std::string& property) {
  // Failures that any program can have, besides the scenario's own.
  static const std::vector<std::string> general = {"deadlock", "exception", "step_limit", "unlock_by_owner",
                                                   "cancellation_swallowed"};
  if (property.empty() || property.starts_with("sometimes(")) return;
  std::vector<std::string> known = scenario.properties;
  known.insert(known.end(), general.begin(), general.end());
  if (std::find(known.begin(), known.end(), property) != known.end()) return;
  throw Error(ErrorCode::unknown_name,
              fmt::format("scenario {} has no property '{}'{}; it has {}", scenario.path(), property,
                          suggestion(property, known), fmt::join(scenario.properties, ", ")));
}

}  // namespace heddle::cli

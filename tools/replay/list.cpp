// `heddle list`: what there is to explore, and what exploring it is expected to show.
#include <fmt/format.h>

#include <algorithm>

#include "tools/replay/commands.hpp"
#include "tools/replay/target.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

std::string expected_verdict(const Variant& variant) {
  const scenarios::Expectation& expected = variant.expected;
  if (!expected.all_hold()) return fmt::format("violates {}", fmt::join(expected.violates, ", "));
  if (expected.sampled_executions == 0) return "holds";
  return fmt::format("holds in {} sampled executions", expected.sampled_executions);
}

nlohmann::ordered_json scenario_json(const Scenario& scenario) {
  nlohmann::ordered_json variants = nlohmann::ordered_json::array();
  for (const Variant& variant : scenario.variants)
    variants.push_back({{"name", variant.name},
                        {"summary", variant.summary},
                        {"expected", variant.expected.all_hold() ? "holds" : "violates"},
                        {"violates", variant.expected.violates},
                        {"holds", variant.expected.holds},
                        {"sampled_executions", variant.expected.sampled_executions}});
  return {{"scenario", scenario.path()}, {"family", scenario.family},         {"name", scenario.name},
          {"summary", scenario.summary}, {"properties", scenario.properties}, {"variants", variants}};
}

void print_scenario(const Scenario& scenario) {
  std::size_t width = 0;
  for (const Variant& variant : scenario.variants) width = std::max(width, variant.name.size());
  fmt::print("{}: {}\n", scenario.path(), scenario.summary);
  fmt::print("  properties: {}\n", fmt::join(scenario.properties, ", "));
  for (const Variant& variant : scenario.variants) {
    fmt::print("  {:<{}}  {}\n", variant.name, width, expected_verdict(variant));
    fmt::print("  {:<{}}  {}\n", "", width, variant.summary);
  }
}

}  // namespace

Exit list(const Catalogue& catalogue, const ListOptions& options) {
  std::vector<const Scenario*> selected;
  for (const Target& target : select_targets(catalogue, options.selectors))
    if (selected.empty() || selected.back() != target.scenario) selected.push_back(target.scenario);
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  for (const Scenario* scenario : selected) {
    if (options.json) {
      document.push_back(scenario_json(*scenario));
    } else {
      print_scenario(*scenario);
      fmt::print("\n");
    }
  }
  if (options.json) print_json({{"command", "list"}, {"scenarios", document}});
  return Exit::ok;
}

}  // namespace heddle::cli

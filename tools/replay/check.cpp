// `heddle check`: every variant against what it is expected to show.
#include "scenarios/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "tools/replay/commands.hpp"
#include "tools/replay/target.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

std::string subject_of(const scenarios::Finding& finding) {
  return finding.property.empty() ? "all properties" : finding.property;
}

std::string_view expected_of(const scenarios::Finding& finding) {
  return finding.should_hold ? "holds" : "violates";
}

/// The widths of the columns that do not depend on what is found.
struct Columns {
  std::size_t variant = 0;
  std::size_t property = std::string_view("all properties").size();

  explicit Columns(const std::vector<Target>& targets) {
    for (const Target& target : targets) {
      variant = std::max(variant, target.variant->name.size());
      for (const std::string& name : target.variant->expected.violates) property = std::max(property, name.size());
      for (const std::string& name : target.variant->expected.holds) property = std::max(property, name.size());
    }
  }
};

void print(const scenarios::VariantCheck& check, const Columns& columns) {
  for (const scenarios::Finding& finding : check.findings) {
    fmt::print("  {:<4}  {:<{}}  {:<8}  {:<{}}  {}\n", finding.agrees ? "ok" : "FAIL", check.variant, columns.variant,
               expected_of(finding), subject_of(finding), columns.property, sim::evidence_line(finding.verdict));
    if (!finding.agrees) fmt::print("        {}\n", finding.disagreement);
    for (const sim::WorstCase& worst : finding.verdict.worst)
      if (finding.should_hold && worst.value.count() > 0) fmt::print("        {}\n", sim::worst_case_line(worst));
  }
  std::fflush(stdout);
}

nlohmann::ordered_json json_of(const scenarios::VariantCheck& check) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const scenarios::Finding& finding : check.findings) {
    nlohmann::ordered_json json{
        {"property", finding.property}, {"expected", expected_of(finding)}, {"agrees", finding.agrees}};
    if (!finding.agrees) json["disagreement"] = finding.disagreement;
    json["verdict"] = to_json(finding.verdict);
    findings.push_back(std::move(json));
  }
  return {{"scenario", check.scenario}, {"variant", check.variant}, {"agrees", check.agrees()}, {"findings", findings}};
}

}  // namespace

Exit check(const Catalogue& catalogue, const CheckCommandOptions& options) {
  const std::vector<Target> targets = select_targets(catalogue, options.selectors);
  const Columns columns(targets);
  const scenarios::CheckOptions check_options{.time = options.time, .seed = options.seed};
  nlohmann::ordered_json document = nlohmann::ordered_json::array();
  std::size_t findings = 0;
  std::size_t disagreements = 0;
  const Scenario* printed = nullptr;
  for (const Target& target : targets) {
    const scenarios::VariantCheck result = scenarios::check_variant(*target.scenario, *target.variant, check_options);
    findings += result.findings.size();
    disagreements += static_cast<std::size_t>(std::count_if(result.findings.begin(), result.findings.end(),
                                                            [](const scenarios::Finding& f) { return !f.agrees; }));
    if (options.json) {
      document.push_back(json_of(result));
      continue;
    }
    if (std::exchange(printed, target.scenario) != target.scenario) fmt::print("{}\n", target.scenario->path());
    print(result, columns);
  }
  const Exit exit = disagreements == 0 ? Exit::ok : Exit::violated;
  if (options.json) {
    print_json({{"command", "check"}, {"exit_code", static_cast<int>(exit)}, {"variants", document}});
  } else {
    fmt::print("{} variants, {} verdicts: {}\n", targets.size(), findings,
               disagreements == 0 ? "all as expected" : fmt::format("{} not as expected", disagreements));
  }
  return exit;
}

}  // namespace heddle::cli

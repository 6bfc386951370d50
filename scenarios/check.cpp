#include "scenarios/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/explore/dfs.hpp"
#include "sim/explore/pct.hpp"
#include "sim/explore/random.hpp"

namespace heddle::scenarios {
namespace {

constexpr std::string_view sometimes_prefix = "sometimes(";

sim::ExploreOptions explore_options(const Variant& variant, const CheckOptions& options, const std::string& property) {
  sim::ExploreOptions explore;
  explore.execution = variant.execution;
  explore.execution.only_property = property;
  explore.budget.time = options.time;
  return explore;
}

/// Explores until `property` is violated. Failures that no property can mask, such as deadlocks, are passed over.
sim::Verdict look_for(const std::string& property, const Variant& variant, sim::Strategy& strategy,
                      sim::ExploreOptions explore) {
  const std::uint64_t last = explore.budget.executions;
  for (;;) {
    sim::Verdict verdict = sim::explore(variant.program, strategy, explore);
    const bool passes_over = verdict.outcome == sim::Outcome::violated && verdict.failure->property != property &&
                             verdict.unreached.empty() && !strategy.is_exhaustive();
    if (!passes_over) return verdict;
    explore.first_execution = verdict.failure->execution + 1;
    if (explore.first_execution >= last) return verdict;
    explore.budget.executions = last - explore.first_execution;
  }
}

sim::Verdict find_violation(const std::string& property, const Variant& variant, const CheckOptions& options) {
  sim::ExploreOptions explore = explore_options(variant, options, property);
  sim::Dfs dfs;
  if (property.starts_with(sometimes_prefix))
    return sim::explore(variant.program, static_cast<sim::Strategy&>(dfs), explore);
  sim::Random random(options.seed);
  sim::Pct pct(3, options.seed);
  sim::ExploreOptions sampled = explore;
  sampled.budget.executions = options.executions;
  for (sim::Strategy* strategy : {static_cast<sim::Strategy*>(&random), static_cast<sim::Strategy*>(&pct)}) {
    sim::Verdict verdict = look_for(property, variant, *strategy, sampled);
    if (verdict.violates(property) || verdict.outcome == sim::Outcome::not_deterministic) return verdict;
  }
  return look_for(property, variant, dfs, explore);
}

bool is_violated(const sim::Verdict& verdict, const std::string& property) {
  if (verdict.violates(property)) return true;
  return verdict.outcome == sim::Outcome::violated &&
         std::any_of(verdict.unreached.begin(), verdict.unreached.end(),
                     [&](const std::string& name) { return fmt::format("{}{})", sometimes_prefix, name) == property; });
}

Finding expect_violation(const std::string& property, const Variant& variant, const CheckOptions& options) {
  Finding finding{.property = property, .should_hold = false, .verdict = find_violation(property, variant, options)};
  finding.agrees = is_violated(finding.verdict, property);
  if (finding.agrees) return finding;
  const sim::Verdict& verdict = finding.verdict;
  if (verdict.outcome == sim::Outcome::violated) {
    finding.disagreement = fmt::format("{} was expected to be violated, but {} was: {}", property,
                                       verdict.failure->property, verdict.failure->message);
  } else if (verdict.outcome == sim::Outcome::not_deterministic) {
    finding.disagreement = verdict.problem;
  } else if (verdict.exhausted()) {
    finding.disagreement = fmt::format("{} was expected to be violated, but no schedule violates it", property);
  } else {
    finding.disagreement =
        fmt::format("{} was expected to be violated, but no schedule was found within the budget", property);
  }
  return finding;
}

sim::Verdict explore_all(const std::string& property, const Variant& variant, const CheckOptions& options) {
  sim::ExploreOptions explore = explore_options(variant, options, property);
  if (variant.expected.sampled_executions == 0) return sim::explore(variant.program, explore);
  explore.budget.executions = variant.expected.sampled_executions;
  return sim::explore(variant.program, sim::Random{options.seed}, explore);
}

Finding expect_to_hold(const std::string& property, const Variant& variant, const CheckOptions& options) {
  Finding finding{.property = property, .should_hold = true, .verdict = explore_all(property, variant, options)};
  const sim::Verdict& verdict = finding.verdict;
  const std::uint64_t sampled = variant.expected.sampled_executions;
  const std::string subject = property.empty() ? "all properties were" : property + " was";
  switch (verdict.outcome) {
    case sim::Outcome::violated:
      finding.disagreement = fmt::format("{} expected to hold, but {} is violated: {}", subject,
                                         verdict.failure->property, verdict.failure->message);
      break;
    case sim::Outcome::not_deterministic:
      finding.disagreement = verdict.problem;
      break;
    case sim::Outcome::bounded:
      finding.disagreement = fmt::format("{} to be exhausted, but {} executions were cut at {} steps", subject,
                                         verdict.evidence.cut, verdict.options.step_limit);
      break;
    case sim::Outcome::sampled:
      if (sampled == 0 || verdict.evidence.executions < sampled)
        finding.disagreement = fmt::format("{} to be {}, but the time was up after {} executions", subject,
                                           sampled == 0 ? "exhausted" : fmt::format("sampled {} times", sampled),
                                           verdict.evidence.executions);
      break;
    case sim::Outcome::exhausted:
      break;
  }
  finding.agrees = finding.disagreement.empty();
  return finding;
}

}  // namespace

bool VariantCheck::agrees() const noexcept {
  return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.agrees; });
}

VariantCheck check_variant(const Scenario& scenario, const Variant& variant, const CheckOptions& options) {
  VariantCheck check{scenario.path(), variant.name, {}};
  if (variant.expected.all_hold()) {
    check.findings.push_back(expect_to_hold("", variant, options));
    return check;
  }
  for (const std::string& property : variant.expected.violates)
    check.findings.push_back(expect_violation(property, variant, options));
  for (const std::string& property : variant.expected.holds)
    check.findings.push_back(expect_to_hold(property, variant, options));
  return check;
}

}  // namespace heddle::scenarios

#include "tests/regressions/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "scenarios/check.hpp"
#include "sim/core/error.hpp"
#include "sim/replay/report.hpp"

namespace heddle::test {
namespace {

std::string problem_with_schedule(const sim::Program& program, const sim::FailureFile& file, const std::string& text) {
  sim::Token token = sim::decode(text);
  if (token.naming != file.naming) return "its token is for another variant";
  const sim::TokenReplay replay = sim::replay_token(program, token);
  if (!replay.verdict.failure) return fmt::format("{} is no longer violated", file.property);
  if (replay.verdict.failure->property != file.property)
    return fmt::format("{} is violated instead of {}", replay.verdict.failure->property, file.property);
  if (!replay.reproduced)
    return fmt::format("the trace is {:016x} instead of {:016x}; {}", replay.verdict.failure->trace_hash,
                       token.trace_hash, replay.verdict.problem);
  return {};
}

}  // namespace

std::string RegressionFile::name() const {
  std::string name = fmt::format("{}-{}-{}-{}", scenario->family, scenario->name, variant->name, property);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-' && c != '.'; }, '_');
  return name + ".json";
}

std::vector<RegressionFile> regression_files(const std::vector<scenarios::Scenario>& catalogue) {
  std::vector<RegressionFile> files;
  for (const scenarios::Scenario& scenario : catalogue)
    for (const scenarios::Variant& variant : scenario.variants) {
      if (variant.expected.sampled_executions > 0) continue;  // a schedule of hundreds of tasks is read by nobody
      for (const std::string& property : variant.expected.violates)
        if (!property.starts_with("sometimes(")) files.push_back({&scenario, &variant, property});
    }
  return files;
}

std::optional<sim::Program> find_program(const sim::Naming& naming) {
  const scenarios::Scenario* const scenario = scenarios::find_scenario(naming.scenario);
  if (scenario == nullptr) return std::nullopt;
  const scenarios::Variant* const variant = scenario->find_variant(naming.variant);
  if (variant == nullptr) return std::nullopt;
  return variant->program;
}

std::string problem_with(const RegressionFile& wanted, const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / wanted.name();
  if (!std::filesystem::exists(path)) return "is missing";
  try {
    const sim::FailureFile file = sim::read_failure_file(path);
    if (file.naming != wanted.naming() || file.property != wanted.property) return "is of something else";
    for (const std::string* token : {&file.token, &file.found_token}) {
      if (token->empty() && token == &file.found_token) continue;
      const std::string problem = problem_with_schedule(wanted.variant->program, file, *token);
      if (!problem.empty()) return (token == &file.token ? "shrunk: " : "as found: ") + problem;
    }
  } catch (const sim::Error& error) {
    return error.what();
  }
  return {};
}

std::string regenerate(const RegressionFile& wanted, const std::filesystem::path& directory) {
  scenarios::Variant variant = *wanted.variant;
  variant.expected = {.violates = {wanted.property}};
  const scenarios::VariantCheck check = scenarios::check_variant(*wanted.scenario, variant);
  const scenarios::Finding& finding = check.findings.front();
  if (!finding.agrees || !finding.verdict.failure)
    throw sim::Error(sim::ErrorCode::usage, fmt::format("{}: {}", wanted.name(), finding.disagreement));
  const sim::Report report = sim::make_report(variant.program, *finding.verdict.failure, finding.verdict.options,
                                              wanted.naming(), {.strategy = finding.verdict.evidence.strategy});
  std::filesystem::create_directories(directory);
  const std::filesystem::path path = directory / wanted.name();
  std::ofstream out(path);
  out << sim::to_json(sim::to_failure_file(report));
  out.close();
  if (!out) throw sim::Error(sim::ErrorCode::io, fmt::format("cannot write '{}'", path.string()));
  return fmt::format("{}: {}", path.string(), sim::describe(report.shrunk));
}

}  // namespace heddle::test

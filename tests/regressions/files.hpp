// The failure files of the catalogue: one for each property that a variant is expected to violate, with the schedule as
// it was found and as it was shrunk. Every build replays them, so that builds which disagree about a trace are noticed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/scenario.hpp"
#include "sim/replay/failure_file.hpp"

namespace heddle::test {

struct RegressionFile {
  const scenarios::Scenario* scenario = nullptr;
  const scenarios::Variant* variant = nullptr;
  std::string property;

  [[nodiscard]] sim::Naming naming() const { return {scenario->path(), variant->name, {}}; }
  /// "family-scenario-variant-property.json"
  [[nodiscard]] std::string name() const;
};

/// What the catalogue calls for. Not among them: a `sometimes` that no schedule reaches, which has no schedule.
[[nodiscard]] std::vector<RegressionFile> regression_files(
    const std::vector<scenarios::Scenario>& catalogue = scenarios::catalogue());

/// The program that a file was made for, if it is still there.
[[nodiscard]] std::optional<sim::Program> find_program(const sim::Naming& naming);

/// What is wrong with `file` in `directory`: it is missing, of something else, or one of its schedules no longer gives
/// the recorded failure by the recorded trace. Empty: nothing.
[[nodiscard]] std::string problem_with(const RegressionFile& file, const std::filesystem::path& directory);

/// Looks for the failure, shrinks it and writes the file. Returns what it wrote, as a line for people. Throws
/// `sim::Error` when no schedule shows the failure.
std::string regenerate(const RegressionFile& file, const std::filesystem::path& directory);

}  // namespace heddle::test

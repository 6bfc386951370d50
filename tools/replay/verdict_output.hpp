// Verdicts and reports for people and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/explore/explorer.hpp"
#include "sim/replay/report.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/target.hpp"

namespace heddle::cli {

[[nodiscard]] nlohmann::ordered_json to_json(const sim::Verdict& verdict);
[[nodiscard]] nlohmann::ordered_json to_json(const sim::Report& report);
[[nodiscard]] std::string format_hash(std::uint64_t trace_hash);

/// Prints one JSON document to stdout.
void print_json(const nlohmann::ordered_json& document);

[[nodiscard]] sim::Naming naming_of(const Target& target);
[[nodiscard]] Exit exit_code_of(const sim::Verdict& verdict) noexcept;

/// Writes the failure file of a report and returns its path; nothing for an empty directory or a failure without a
/// schedule.
std::string write_report(const sim::Report& report, const std::string& directory);

}  // namespace heddle::cli

// The determinism self-check: the same decisions must give the same execution.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/core/execution.hpp"

namespace heddle::sim {

/// Re-executes `schedule` and compares with `first`, the result it gave before (with hashes). Returns a sentence that
/// names the first step that differs, or nothing.
[[nodiscard]] std::optional<std::string> find_difference(const Program& program, const std::vector<Decision>& schedule,
                                                         const ExecutionResult& first, const ExecutionOptions& options);

}  // namespace heddle::sim

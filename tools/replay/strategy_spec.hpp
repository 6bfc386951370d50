// Strategies by the names that people select them with: "random", "pct:3", "dfs:preemptions=2".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/core/world.hpp"

namespace heddle::cli {

/// Selects the exhaustive strategy that suits the program.
inline constexpr std::string_view exhaustive_spec = "exhaustive";

/// Throws `Error{unknown_name}` or `Error{usage}`.
[[nodiscard]] std::unique_ptr<sim::Strategy> make_strategy(std::string_view spec, std::uint64_t seed);

/// The same, with `exhaustive_spec` as well.
[[nodiscard]] std::unique_ptr<sim::Strategy> make_strategy(std::string_view spec, std::uint64_t seed,
                                                           const sim::Program& program,
                                                           const sim::ExecutionOptions& options);

/// What can be selected, for help texts.
[[nodiscard]] std::string strategy_help();

}  // namespace heddle::cli

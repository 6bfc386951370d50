#include "tools/replay/strategy_spec.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/exhaustive.hpp"
#include "sim/explore/pct.hpp"
#include "sim/explore/portfolio.hpp"
#include "sim/explore/pos.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/surw.hpp"
#include "tools/replay/target.hpp"

namespace heddle::cli {
namespace {

using sim::Error;
using sim::ErrorCode;
using Made = std::unique_ptr<sim::Strategy>;

/// A name, or a name up to the number that follows it.
struct Kind {
  std::string_view name;
  std::string_view help;
  bool takes_number = false;
  Made (*make)(std::uint32_t number, std::uint64_t seed) = nullptr;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"random", "random", false,
       [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Random>(seed); }},
      {"pct", "pct (depth 3)", false,
       [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Pct>(3, seed); }},
      {"pct:", "pct:DEPTH", true,
       [](std::uint32_t depth, std::uint64_t seed) -> Made { return std::make_unique<sim::Pct>(depth, seed); }},
      {"pos", "pos", false, [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Pos>(seed); }},
      {"surw", "surw", false,
       [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Surw>(seed); }},
      {"urw", "urw", false, [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Urw>(seed); }},
      {"portfolio", "portfolio (the random ones in turn)", false,
       [](std::uint32_t, std::uint64_t seed) -> Made { return std::make_unique<sim::Portfolio>(seed); }},
      {"dpor", "dpor (each trace once)", false,
       [](std::uint32_t, std::uint64_t) -> Made { return std::make_unique<sim::Dpor>(); }},
      {"dpor:source", "dpor:source (source-DPOR, a second opinion)", false,
       [](std::uint32_t, std::uint64_t) -> Made {
         return std::make_unique<sim::Dpor>(sim::Dpor{}.with_source_sets());
       }},
      {"dpor:nodes=", "dpor:nodes=N", true,
       [](std::uint32_t n, std::uint64_t) -> Made { return std::make_unique<sim::Dpor>(n); }},
      {"dfs:cached", "dfs:cached (with a happens-before cache)", false,
       [](std::uint32_t, std::uint64_t) -> Made { return std::make_unique<sim::Dfs>(sim::Dfs{}.cached()); }},
      {"dfs", "dfs (every interleaving)", false,
       [](std::uint32_t, std::uint64_t) -> Made { return std::make_unique<sim::Dfs>(); }},
      {"dfs:fair", "dfs:fair (for programs that spin and yield)", false,
       [](std::uint32_t, std::uint64_t) -> Made { return std::make_unique<sim::Dfs>(sim::Dfs{}.fair()); }},
      {"dfs:preemptions=", "dfs:preemptions=N", true,
       [](std::uint32_t n, std::uint64_t) -> Made {
         return std::make_unique<sim::Dfs>(sim::Dfs::preemption_bounded(n));
       }},
      {"dfs:delays=", "dfs:delays=N", true,
       [](std::uint32_t n, std::uint64_t) -> Made { return std::make_unique<sim::Dfs>(sim::Dfs::delay_bounded(n)); }},
  };
  return all;
}

}  // namespace

Made make_strategy(std::string_view spec, std::uint64_t seed, const sim::Program& program,
                   const sim::ExecutionOptions& options) {
  return spec == exhaustive_spec ? sim::exhaustive(program, options) : make_strategy(spec, seed);
}

Made make_strategy(std::string_view spec, std::uint64_t seed) {
  const std::size_t digits = spec.find_last_not_of("0123456789") + 1;
  const std::string_view name = spec.substr(0, digits);
  const std::string_view number_text = spec.substr(digits);
  std::vector<std::string> names{std::string(exhaustive_spec)};
  for (const Kind& kind : kinds()) {
    names.emplace_back(kind.name);
    if (kind.name != name) continue;
    std::uint32_t number = 0;
    if (kind.takes_number != !number_text.empty()) break;
    if (kind.takes_number &&
        std::from_chars(number_text.data(), number_text.data() + number_text.size(), number).ec != std::errc{})
      throw Error(ErrorCode::usage, fmt::format("the number in strategy '{}' is too large", spec));
    return kind.make(number, seed);
  }
  throw Error(ErrorCode::unknown_name,
              fmt::format("there is no strategy '{}'{}; there are {}", spec, suggestion(spec, names), strategy_help()));
}

std::string strategy_help() {
  std::string text(exhaustive_spec);
  text += " (dpor, or dfs:cached where that does not suit)";
  for (const Kind& kind : kinds()) text += fmt::format("{}{}", text.empty() ? "" : ", ", kind.help);
  return text;
}

}  // namespace heddle::cli

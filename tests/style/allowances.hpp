// The exceptions to the style rules: one file and one rule each, with the reason. An entry that is no longer needed
// fails the tests as well.
#pragma once

#include <string_view>
#include <vector>

namespace heddle::style {

struct Allowance {
  std::string_view path;
  std::string_view rule;
  std::string_view reason;
};

inline const std::vector<Allowance>& allowances() {
  static const std::vector<Allowance> list = {
      {"sim/explore/dfs.hpp", "unordered_container", "a cache that is only looked up, never iterated"},
      {"sim/explore/letter.hpp", "unordered_container", "keys that are only looked up, never iterated"},
      {"sim/explore/alphabet.hpp", "unordered_container", "hashes that are only looked up, never iterated"},
      {"sim/explore/distinct.hpp", "unordered_container", "one lookup per execution; only counted, never iterated"},
      {"models/postgres/text_map.hpp", "unordered_container",
       "names and texts that are only looked up, never iterated"},
      {"sim/explore/parallel.hpp", "wall_clock", "a budget of wall time; what an execution does cannot depend on it"},
      {"sim/explore/parallel.hpp", "floating_point", "figures for people about a campaign; nothing is decided by them"},
      {"sim/explore/parallel.cpp", "floating_point", "figures for people about a campaign; nothing is decided by them"},
      {"sim/explore/exploration.hpp", "floating_point",
       "figures for people about a campaign; nothing is decided by them"},
      {"sim/explore/exploration.cpp", "floating_point",
       "figures for people about a campaign; nothing is decided by them"},
      {"sim/replay/explain.cpp", "wall_clock", "a budget of wall time; what an execution does cannot depend on it"},
      {"sim/replay/shrinker.hpp", "wall_clock", "a budget of wall time; what an execution does cannot depend on it"},
      {"sim/explore/verdict.hpp", "floating_point", "figures for people about a campaign; nothing is decided by them"},
      {"sim/explore/verdict.cpp", "floating_point", "figures for people about a campaign; nothing is decided by them"},
      {"sim/core/strategy.hpp", "floating_point", "an estimate for people; nothing is decided by it"},
      {"sim/explore/dfs.hpp", "floating_point", "an estimate for people; nothing is decided by it"},
      {"sim/explore/dfs.cpp", "floating_point", "an estimate for people; nothing is decided by it"},
      {"sim/explore/dpor.hpp", "floating_point", "an estimate for people; nothing is decided by it"},
      {"sim/explore/dpor.cpp", "floating_point", "an estimate for people; nothing is decided by it"},
      {"sim/explore/exhaustive.cpp", "floating_point", "an estimate for people; nothing is decided by it"},
  };
  return list;
}

}  // namespace heddle::style

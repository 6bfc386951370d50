// Why a schedule fails: which orders matter. The events' vector clocks (Mattern, 1989) give the pairs of dependent
// steps of different tasks that are races: nothing else orders them. Each is flipped (the first one's task is held back
// until the second one has happened, then the original order goes on as far as it fits) and the run is judged again.
//
// Not detected: failures that need two flips at once to go away; and a flip that holds back a task may change more than
// that one order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/explore/explorer.hpp"

namespace heddle::sim {

enum class Flip : std::uint8_t {
  passes,           ///< in the other order nothing is violated
  fails_the_same,   ///< the order does not matter
  fails_otherwise,  ///< another failure appears
  impossible,       ///< the second step cannot come first
  not_tried,        ///< the budget was used up
};

struct Race {
  std::uint64_t first = 0;   ///< the step, 1-based
  std::uint64_t second = 0;  ///< the step; 0: an operation that never happened, because its task waits for ever
  Flip flip = Flip::not_tried;
  std::string other_failure;  ///< `fails_otherwise`: its signature
  std::string sentence;  ///< "If `deposit-0`'s load balance (step 1) came after `deposit-1`'s store balance (step 3),
                         ///< the run passes."
};

struct Explanation {
  std::vector<Race> races;  ///< in schedule order
  std::uint64_t executions = 0;
  bool complete = true;  ///< every race was flipped
  /// What to tell people: the flips that make the run pass first, then those that change the failure; the rest are
  /// counted.
  [[nodiscard]] std::vector<std::string> sentences() const;
};

struct ExplainOptions {
  ExecutionOptions execution = {};
  Budget budget = {.executions = 300, .time = std::chrono::seconds(2)};
};

/// Throws `Error{diverged}` when `failure` does not reproduce. Cost: one execution per race, and O(steps^2) comparisons
/// at worst.
[[nodiscard]] Explanation explain(const Program& program, const Failure& failure, const ExplainOptions& options = {});

}  // namespace heddle::sim

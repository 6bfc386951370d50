// Exploration by several threads. Random strategies share the numbers of executions: what an execution does depends on
// its number only, and the failure with the lowest number is the one that counts. DPOR is divided into searches with
// nothing in common (see divide.hpp); other exhaustive strategies run in one thread.
//
// What is reported does not depend on how many threads there are. A search that fails is therefore run again by one
// thread up to the failure that comes first in its order.
#pragma once

#include <chrono>
#include <cstdint>

#include "sim/explore/explorer.hpp"

namespace heddle::sim {

class Exploration;

/// Wall time, for budgets.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  [[nodiscard]] bool is_over(const Budget& budget) const {
    return budget.time.count() != 0 && Clock::now() - start_ >= budget.time;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

enum class Progress : std::uint8_t {
  goes_on,  ///< the executions asked for were run
  ran_out,  ///< the strategy has nothing left to explore
  stopped,  ///< the verdict is settled, or the budget is used up
};

/// The first executions, in the calling thread.
[[nodiscard]] Progress explore_first(std::uint64_t executions, Exploration& exploration, Strategy& strategy,
                                     const ExploreOptions& options, const Stopwatch& watch);
[[nodiscard]] Verdict explore_alone(const Program& program, Strategy& strategy, const ExploreOptions& options);
[[nodiscard]] Verdict explore_in_parallel(const Program& program, Strategy& strategy, const ExploreOptions& options);

}  // namespace heddle::sim

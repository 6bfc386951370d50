// The work behind `shrink`: the best schedule so far, the edits that try to better it, and the search that proves it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "sim/replay/plan.hpp"
#include "sim/replay/shrink.hpp"

namespace heddle::sim {

class Shrinker {
 public:
  Shrinker(const Program& program, const Failure& failure, const ShrinkOptions& options);
  Shrunk run();

 private:
  using WallClock = std::chrono::steady_clock;
  enum class Search : std::uint8_t { found, none, unfinished };

  // shrink.cpp: edits.
  void start_from_original();
  void edit_until_stable();
  void truncate();
  void lower_choices();
  bool lower_choice(const std::function<std::uint32_t&(Plan&)>& choice);
  void delete_blocks();
  void merge_segments();
  /// Re-executes `plan`; when the failure is the same and the cost lower, what was executed becomes the best.
  bool attempt(const Plan& plan);
  bool is_out_of_budget();
  [[nodiscard]] bool is_same_failure(const ExecutionResult& result) const;
  /// What `execution` has just run, and the body's choices of it, is the best from now on.
  void adopt(const Execution& execution, const std::vector<std::uint32_t>& body_choices);
  Shrunk finish();

  // shrink_search.cpp: search and normal form.
  void prove_preemptions();
  void prove_steps();
  Search search_with(std::uint32_t preemptions);
  bool adopt_schedule(const std::vector<Decision>& schedule);
  void linearise();

  const Program& program_;
  const ShrinkOptions options_;
  WallClock::time_point start_;
  Execution execution_;
  Shrunk result_;
  Plan best_;
  Cost cost_;
  Cost original_cost_;
  std::uint64_t executions_limit_ = 0;  ///< for the phase at hand; 0: none
};

}  // namespace heddle::sim

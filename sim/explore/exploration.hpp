// One exploration in progress, or one thread's share of it: executions, and what they amount to.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/explore/distinct.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::sim {

class Exploration {
 public:
  Exploration(const Program& program, const Strategy& strategy, const ExploreOptions& options);

  enum class Next : std::uint8_t {
    go_on,
    stop,         ///< the verdict is settled
    begin_again,  ///< the program asked for weak memory: nothing counts so far
  };
  /// Runs execution number `index`, which `strategy` has begun.
  Next perform(Strategy& strategy, std::uint64_t index);
  /// Adds what another one, of the same program, has found. Where both have failed, the earlier failure counts.
  void merge(const Exploration& other);
  /// The verdict, when `ran_out` says whether the strategy has nothing left to explore.
  Verdict finish(const Strategy& strategy, bool ran_out, double seconds);

  void use_memory(Memory memory);
  /// For those who watch: takes a look at all that is known.
  void fill_in_traces();
  [[nodiscard]] Evidence& evidence() noexcept { return verdict_.evidence; }
  [[nodiscard]] const Verdict& verdict() const noexcept { return verdict_; }
  [[nodiscard]] Execution& execution() noexcept { return execution_; }

 private:
  void found(const Execution& execution, std::uint64_t index);
  [[nodiscard]] bool spins() const;
  bool is_deterministic(const Execution& execution);
  bool order_is_irrelevant(const Strategy& strategy, std::uint64_t index);
  void merge_sometimes(const Execution& execution);
  void merge_sometimes(std::string_view name, bool reached);
  void merge_measurements();
  void merge_worst_case(const WorstCase& worst);
  void fill_in_worst_cases();
  void conclude(const Strategy& strategy, bool ran_out);

  const Program& program_;
  const ExploreOptions& options_;
  Execution execution_;
  Verdict verdict_;
  DistinctCounter traces_;
  std::vector<std::pair<std::string, bool>> sometimes_;
};

}  // namespace heddle::sim

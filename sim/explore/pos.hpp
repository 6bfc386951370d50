// POS, partial order sampling (Yuan, Yang, Gu, CAV 2018): every pending operation has a random priority, and the
// highest enabled one is performed; then the operations that are enabled and conflict with it get new priorities. So
// each way of ordering the conflicting operations has a fair chance, however many independent ones there are.
//
// Conflicts are judged by what operations announce. Where only one task is enabled, nothing is decided and no priority
// is drawn again but that task's own.
#pragma once

#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::sim {

class Pos final : public Strategy {
 public:
  explicit Pos(std::uint64_t seed = 0) : seed_(seed) {}

  [[nodiscard]] std::string name() const override { return "pos"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution&, std::uint32_t alternatives) override { return rng_.below(alternatives); }
  /// A task that spins draws again each time, so everybody else is run eventually.
  [[nodiscard]] bool is_fair() const override { return true; }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override { return std::make_unique<Pos>(*this); }

 private:
  std::uint64_t& priority_of(TaskId task);

  std::uint64_t seed_;
  Rng rng_;
  std::vector<std::uint64_t> priorities_;  // by task; 0: not drawn yet
  Pending last_;                           // what was performed last
  bool has_last_ = false;
};

}  // namespace heddle::sim

// Replay: repeats the decisions of a recorded schedule. Strict: it notices the first decision that does not fit the
// program any more. Past the end of the recording the running task goes on for as long as it can, then the lowest
// enabled one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/core/strategy.hpp"
#include "sim/core/trace.hpp"

namespace heddle::sim {

class Replay final : public Strategy {
 public:
  explicit Replay(std::span<const Decision> schedule) : schedule_(schedule.begin(), schedule.end()) {}

  [[nodiscard]] std::string name() const override { return "replay"; }
  bool begin_execution(std::uint64_t index) override;
  TaskId next_task(const Execution& execution) override;
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override;

  struct Divergence {
    std::size_t decision = 0;  ///< index into the schedule
    std::uint64_t step = 0;    ///< steps taken before it
    std::string what;          ///< one clause: what was recorded, what was met
  };
  [[nodiscard]] const std::optional<Divergence>& divergence() const noexcept { return divergence_; }
  /// How many recorded decisions were used.
  [[nodiscard]] std::size_t used() const noexcept { return next_; }

 private:
  const Decision* take(const Execution& execution, DecisionKind kind, std::uint32_t options);

  std::vector<Decision> schedule_;
  std::size_t next_ = 0;
  std::optional<Divergence> divergence_;
};

/// What a schedule does where nothing is prescribed: the running task goes on; else the lowest enabled one.
[[nodiscard]] TaskId default_next_task(const Execution& execution);

}  // namespace heddle::sim

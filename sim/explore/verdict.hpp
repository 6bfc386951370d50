// What an exploration found, and on what evidence. A sampled run never looks like a proof: the outcome says which of
// the two it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/execution.hpp"

namespace heddle::sim {

enum class Outcome : std::uint8_t {
  exhausted,  ///< every schedule was explored; nothing is violated
  bounded,    ///< every schedule within the strategy's bound, or the step limit, was explored; nothing is violated
  sampled,    ///< some schedules were explored; nothing is violated in those
  violated,   ///< a schedule violates a property; see `Verdict::failure`
  not_deterministic,  ///< the same decisions gave different executions; see `Verdict::problem`
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;
[[nodiscard]] std::string_view to_string(FailureKind kind) noexcept;

/// The figures behind a verdict.
struct Evidence {
  std::string strategy;
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;
  std::uint64_t cut = 0;              ///< executions cut at the step limit without that being held against the program
  std::uint64_t left_out_reads = 0;   ///< executions in which a load did not see an overwritten value yet again
  double seconds = 0;                 ///< wall time
  std::uint64_t distinct_traces = 0;  ///< distinct happens-before traces seen
  bool distinct_is_exact = true;      ///< false: estimated by sampling
  /// Exhaustive strategies: the share of the schedule tree, as far as it is known, that has been explored (see
  /// `Strategy::explored_share`); negative: unknown. What is still to be found makes it smaller, so the number of
  /// executions that follows from it is too low, if anything.
  double explored_share = -1;
  std::size_t memory = 0;  ///< bytes that the strategy needed, at most, to remember what is left to explore
  bool is_random = false;  ///< whether executions were drawn at random, so that the next two figures mean something
  /// Random strategies: the share of executions expected to show a trace not seen yet (Good-Turing), and a lower bound
  /// for the number of traces there are (Chao1).
  double unseen_share = 0;
  double traces_at_least = 0;
};

/// A schedule that violates a property, as it was found (see sim/replay for its shrinking and explanation).
struct Failure {
  FailureKind kind = FailureKind::none;
  std::string property;
  std::string message;
  std::uint64_t execution = 0;  ///< the number of the execution that found it
  std::vector<Decision> schedule;
  std::uint64_t steps = 0;
  std::uint64_t trace_hash = 0;
  std::uint64_t sequence_hash = 0;

  /// Equal for failures that a person would call the same: what is violated, not by which schedule.
  [[nodiscard]] std::string signature() const { return std::string(to_string(kind)) + ":" + property; }
};

/// How close the executions came to a limit that a time contract sets (see `Measurement`).
struct WorstCase {
  std::string contract;  ///< "lock_hold_within_budget"
  std::string reason;    ///< why going beyond the budget was acknowledged; empty: it was not
  Duration value{};
  Duration budget{};
  std::string text;                ///< what, by whom, where
  std::vector<Decision> schedule;  ///< that shows it
};

struct Verdict {
  Outcome outcome = Outcome::sampled;
  Evidence evidence;
  std::optional<Failure> failure;
  std::string problem;  ///< `not_deterministic`: what differed, where
  std::vector<std::string>
      unreached;                 ///< `sometimes` conditions that no execution reached; such a verdict is `violated`
  std::vector<WorstCase> worst;  ///< one for each contract that was measured, and for each acknowledged reason
  ExecutionOptions options;      ///< under which the executions ran
  /// `violated`: a copy of the program, to shrink and explain the failure for people. What the program refers to must
  /// still be there.
  std::shared_ptr<const Program> program;

  /// Nothing is violated in what was explored.
  [[nodiscard]] bool holds() const noexcept { return outcome <= Outcome::sampled; }
  [[nodiscard]] bool exhausted() const noexcept { return outcome == Outcome::exhausted; }
  [[nodiscard]] bool violates(std::string_view property) const noexcept {
    return outcome == Outcome::violated && failure && failure->property == property;
  }
};

/// One line: outcome, executions, distinct traces, steps, time, executions per second.
[[nodiscard]] std::string evidence_line(const Verdict& verdict);
/// "worst lock_hold_within_budget: 7 ms of 5 ms, mutex state held by ...; acknowledged: ...".
[[nodiscard]] std::string worst_case_line(const WorstCase& worst);

}  // namespace heddle::sim

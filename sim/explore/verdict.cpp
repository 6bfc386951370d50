#include "sim/explore/verdict.hpp"

#include <fmt/format.h>

namespace heddle::sim {

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::exhausted:
      return "exhausted";
    case Outcome::bounded:
      return "bounded";
    case Outcome::sampled:
      return "sampled";
    case Outcome::violated:
      return "violated";
    case Outcome::not_deterministic:
      return "not deterministic";
  }
  return "";
}

std::string_view to_string(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::none:
      return "none";
    case FailureKind::property:
      return "property";
    case FailureKind::deadlock:
      return "deadlock";
    case FailureKind::exception:
      return "exception";
    case FailureKind::step_limit:
      return "step limit";
    case FailureKind::infeasible:
      return "infeasible";
    case FailureKind::misuse:
      return "misuse";
  }
  return "";
}

std::string evidence_line(const Verdict& verdict) {
  const Evidence& e = verdict.evidence;
  std::string line = fmt::format(
      "{} ({}): {} executions, {}{} distinct traces, {} steps, {:.3f} s, {:.0f} executions/s",
      to_string(verdict.outcome), e.strategy, e.executions, e.distinct_is_exact ? "" : "about ", e.distinct_traces,
      e.steps, e.seconds, e.seconds > 0 ? static_cast<double>(e.executions) / e.seconds : 0.0);
  if (e.cut > 0) line += fmt::format(", {} cut at {} steps", e.cut, verdict.options.step_limit);
  if (verdict.outcome == Outcome::sampled && e.explored_share > 0)
    line += fmt::format("; {:.2g} % of the tree known so far, which suggests {:.2g} executions or more in all",
                        100 * e.explored_share, static_cast<double>(e.executions) / e.explored_share);
  if (e.memory >= std::size_t{1} << 20U)
    line += fmt::format(", {:.1f} MiB to remember what is left", static_cast<double>(e.memory) / (1 << 20));
  if (e.left_out_reads > 0) line += fmt::format(", {} with re-reads of overwritten values left out", e.left_out_reads);
  if (verdict.outcome == Outcome::sampled && e.is_random)
    line += fmt::format("; at least {:.0f} traces exist, about {:.2g} % of executions would show a new one",
                        e.traces_at_least, 100 * e.unseen_share);
  return line;
}

std::string worst_case_line(const WorstCase& worst) {
  const auto milliseconds = [](Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  };
  std::string line = fmt::format("worst case of {}: {:g} ms of {:g} ms, {}", worst.contract, milliseconds(worst.value),
                                 milliseconds(worst.budget), worst.text);
  if (!worst.reason.empty()) line += fmt::format("; acknowledged: {}", worst.reason);
  return line;
}

}  // namespace heddle::sim

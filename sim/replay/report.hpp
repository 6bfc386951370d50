// The report of a failure, for people: what is violated, the minimal schedule as lanes, why, and the line that replays
// it.
#pragma once

#include <cstdint>
#include <string>

#include "sim/replay/explain.hpp"
#include "sim/replay/failure_file.hpp"
#include "sim/replay/lanes.hpp"
#include "sim/replay/shrink.hpp"

namespace heddle::sim {

struct ReportOptions {
  bool shrink = true;
  bool explain = true;
  Budget shrink_budget = ShrinkOptions{}.budget;
  Budget explain_budget = ExplainOptions{}.budget;
  std::string strategy =
      {};  ///< that found it, its seed, and the exploration's evidence line, to be kept in the failure file
  std::uint64_t seed = 0;
  std::string evidence = {};
};

struct Report {
  Naming naming;
  Failure failure;  ///< shrunk, when asked for
  Shrunk shrunk;
  bool was_shrunk = false;
  Timeline timeline;
  Explanation explanation;
  std::string token;        ///< empty for a failure without a schedule (a `sometimes` that nothing reached)
  std::string found_token;  ///< the schedule as it was found; empty unless shrinking changed it
  ExecutionOptions execution;
  std::string strategy;
  std::uint64_t seed = 0;
  std::string evidence;
};

/// Shrinks, explains and names `failure`. `execution`: the options it was found under (`Verdict::options`).
[[nodiscard]] Report make_report(const Program& program, const Failure& failure, const ExecutionOptions& execution,
                                 const Naming& naming = {}, const ReportOptions& options = {});
/// Of a violated verdict, which knows its program. Throws `Error{usage}` when nothing is violated.
[[nodiscard]] Report make_report(const Verdict& verdict, const Naming& naming = {}, const ReportOptions& options = {});

[[nodiscard]] std::string render(const Report& report, const LanesOptions& lanes = {});
/// All of it as a failure file, to be written or printed as JSON.
[[nodiscard]] FailureFile to_failure_file(const Report& report);

}  // namespace heddle::sim

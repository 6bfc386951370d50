#include "tools/replay/verdict_output.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace heddle::cli {

using nlohmann::ordered_json;

ordered_json to_json(const sim::Verdict& verdict) {
  const sim::Evidence& evidence = verdict.evidence;
  ordered_json json{{"outcome", sim::to_string(verdict.outcome)},
                    {"evidence",
                     {{"line", sim::evidence_line(verdict)},
                      {"strategy", evidence.strategy},
                      {"executions", evidence.executions},
                      {"steps", evidence.steps},
                      {"seconds", evidence.seconds},
                      {"cut", evidence.cut},
                      {"memory_bytes", evidence.memory},
                      {"distinct_traces", evidence.distinct_traces},
                      {"distinct_traces_is_exact", evidence.distinct_is_exact}}}};
  if (evidence.explored_share >= 0) json["evidence"]["explored_share"] = evidence.explored_share;
  if (evidence.is_random) {
    json["evidence"]["unseen_share"] = evidence.unseen_share;
    json["evidence"]["traces_at_least"] = evidence.traces_at_least;
  }
  if (!verdict.problem.empty()) json["problem"] = verdict.problem;
  if (!verdict.unreached.empty()) json["unreached"] = verdict.unreached;
  for (const sim::WorstCase& worst : verdict.worst)
    json["worst_cases"].push_back({{"contract", worst.contract},
                                   {"value_ns", worst.value.count()},
                                   {"budget_ns", worst.budget.count()},
                                   {"acknowledged", worst.reason},
                                   {"what", worst.text}});
  if (verdict.failure) {
    const sim::Failure& failure = *verdict.failure;
    json["failure"] = {{"kind", sim::to_string(failure.kind)},
                       {"property", failure.property},
                       {"message", failure.message},
                       {"execution", failure.execution},
                       {"steps", failure.steps},
                       {"trace_hash", format_hash(failure.trace_hash)}};
  }
  return json;
}

ordered_json to_json(const sim::Report& report) {
  return ordered_json::parse(sim::to_json(sim::to_failure_file(report)));
}

std::string format_hash(std::uint64_t trace_hash) {
  return fmt::format("{:016x}", trace_hash);
}

void print_json(const ordered_json& document) {
  fmt::print("{}\n", document.dump(2));
}

sim::Naming naming_of(const Target& target) {
  return {target.scenario->path(), target.variant->name, {}};
}

Exit exit_code_of(const sim::Verdict& verdict) noexcept {
  if (verdict.outcome == sim::Outcome::not_deterministic) return Exit::diverged;
  return verdict.outcome == sim::Outcome::violated ? Exit::violated : Exit::ok;
}

std::string write_report(const sim::Report& report, const std::string& directory) {
  if (directory.empty() || report.token.empty()) return {};
  return sim::write_failure_file(directory, sim::to_failure_file(report)).string();
}

}  // namespace heddle::cli

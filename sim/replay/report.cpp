#include "sim/replay/report.hpp"

#include <fmt/format.h>

#include "sim/replay/text.hpp"

namespace heddle::sim {
namespace {

bool has_schedule(const Failure& failure) {
  return failure.steps > 0;
}

std::string headline(const Failure& failure) {
  std::string text = failure.property;
  if (failure.kind == FailureKind::property) text += " is violated";
  if (!failure.message.empty()) text += ": " + printable(failure.message);
  return text;
}

std::string name_line(const Naming& naming) {
  std::string text = naming.scenario;
  for (const std::string* part : {&naming.variant, &naming.parameters})
    if (!part->empty()) text += (text.empty() ? "" : ", ") + *part;
  return text;
}

}  // namespace

Report make_report(const Program& program, const Failure& failure, const ExecutionOptions& execution,
                   const Naming& naming, const ReportOptions& options) {
  Report report;
  report.naming = naming;
  report.execution = execution;
  report.failure = failure;
  report.strategy = options.strategy;
  report.seed = options.seed;
  report.evidence = options.evidence;
  if (!has_schedule(failure)) return report;
  if (options.shrink) {
    report.shrunk = shrink(program, failure, {.execution = execution, .budget = options.shrink_budget});
    report.failure = report.shrunk.failure;
    report.was_shrunk = true;
  }
  report.timeline = make_timeline(program, report.failure.schedule, execution);
  report.failure.message = report.timeline.message;
  if (options.explain)
    report.explanation = explain(program, report.failure, {.execution = execution, .budget = options.explain_budget});
  report.token = encode(make_token(program, report.failure, execution, naming));
  if (report.failure.schedule != failure.schedule)
    report.found_token = encode(make_token(program, failure, execution, naming));
  return report;
}

Report make_report(const Verdict& verdict, const Naming& naming, const ReportOptions& options) {
  if (verdict.outcome != Outcome::violated || !verdict.failure)
    throw Error(ErrorCode::usage,
                "there is nothing to report: the verdict is '" + std::string(to_string(verdict.outcome)) + "'");
  ReportOptions filled = options;
  if (filled.strategy.empty()) filled.strategy = verdict.evidence.strategy;
  if (filled.evidence.empty()) filled.evidence = evidence_line(verdict);
  const Program none;
  return make_report(verdict.program ? *verdict.program : none, *verdict.failure, verdict.options, naming, filled);
}

std::string render(const Report& report, const LanesOptions& lanes) {
  std::string text = headline(report.failure) + "\n";
  if (const std::string name = name_line(report.naming); !name.empty()) text += "in " + name + "\n";
  if (!report.evidence.empty()) text += report.evidence + "\n";
  if (!has_schedule(report.failure)) return text;
  LanesOptions without_verdict = lanes;
  without_verdict.verdict = false;
  text += "\n" + render_lanes(report.timeline, without_verdict) + "\n";
  if (report.was_shrunk) text += "Schedule: " + describe(report.shrunk) + ".\n";
  const std::vector<std::string> reasons = report.explanation.sentences();
  if (!reasons.empty()) text += "Why:\n";
  for (const std::string& reason : reasons) text += "  - " + reason + "\n";
  text += report.naming.scenario.empty() ? fmt::format("Replay: sim::replay(program, \"{}\")\n", report.token)
                                         : fmt::format("Replay: heddle replay {}\n", report.token);
  return text;
}

FailureFile to_failure_file(const Report& report) {
  FailureFile file;
  file.naming = report.naming;
  file.property = report.failure.property;
  file.kind = report.failure.kind;
  file.message = report.failure.message;
  file.token = report.token;
  file.found_token = report.found_token;
  file.execution = report.execution;
  file.body_choices = report.timeline.body_choices;
  for (const TimelineRow& row : report.timeline.rows) {
    const TimelineTask& task = report.timeline.tasks[row.task];
    file.steps.push_back({task.name, task.key, row.op, row.object, row.occurrence, row.choices, row.detail, row.where,
                          row.time_ns, row.preempts});
  }
  file.strategy = report.strategy;
  file.seed = report.seed;
  file.found_in_execution = report.failure.execution;
  file.evidence = report.evidence;
  file.preemptions = report.timeline.preemptions;
  file.preemptions_proved = report.was_shrunk && report.shrunk.preemptions_proved;
  file.steps_proved = report.was_shrunk && report.shrunk.steps_proved;
  file.explanation = report.explanation.sentences();
  if (has_schedule(report.failure)) file.lanes = render_lanes(report.timeline);
  return file;
}

}  // namespace heddle::sim

// `heddle shrink`: from a recorded failure to the smallest schedule that shows the same one.
#include "sim/replay/shrink.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "sim/replay/report.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/console.hpp"
#include "tools/replay/output_directory.hpp"
#include "tools/replay/recording.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

Exit nothing_to_shrink(const Recording& recording, const Replayed& replayed, bool json) {
  const Exit exit = exit_code_of(replayed);
  const std::string sentence =
      replayed.outcome == Replayed::Outcome::diverged ? replayed.problem : "the run passes: there is nothing to shrink";
  if (json) {
    nlohmann::ordered_json document{
        {"command", "shrink"}, {"exit_code", static_cast<int>(exit)}, {"sentence", sentence}};
    document["verdict"] = to_json(replayed.verdict);
    print_json(document);
  } else {
    fmt::print("{}: {}\n{}\n", recording.target.name(), sentence, sim::evidence_line(replayed.verdict));
  }
  if (exit == Exit::diverged) {
    std::fflush(stdout);
    fmt::print(stderr, "heddle: {}\n", sentence);
  }
  return exit;
}

}  // namespace

Exit shrink(const Catalogue& catalogue, const ShrinkCommandOptions& options) {
  const Recording recording = find_recording(catalogue, options.recording);
  require_writable(options.out);
  const Replayed replayed = replay(recording);
  if (!replayed.verdict.failure || replayed.outcome == Replayed::Outcome::diverged)
    return nothing_to_shrink(recording, replayed, options.json);
  sim::ReportOptions report_options;
  report_options.shrink_budget = {.executions = 0, .time = options.time};
  report_options.evidence = sim::evidence_line(replayed.verdict);
  if (recording.file) {
    report_options.strategy = recording.file->strategy;
    report_options.seed = recording.file->seed;
    report_options.evidence = recording.file->evidence;
  }
  const sim::Report report = sim::make_report(recording.target.variant->program, *replayed.verdict.failure,
                                              replayed.verdict.options, recording.naming, report_options);
  const std::string file = write_report(report, options.out);
  if (options.json) {
    nlohmann::ordered_json document{{"command", "shrink"}, {"exit_code", static_cast<int>(Exit::violated)}};
    document["sentence"] = sim::describe(report.shrunk);
    document["report"] = to_json(report);
    if (!file.empty()) document["file"] = file;
    print_json(document);
    return Exit::violated;
  }
  fmt::print("{}: {}\n\n{}", recording.target.name(), sim::describe(report.shrunk),
             sim::render(report, lanes_for_stdout()));
  if (!file.empty()) fmt::print("failure file: {}\n", file);
  return Exit::violated;
}

}  // namespace heddle::cli

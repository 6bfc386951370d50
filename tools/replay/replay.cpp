// `heddle replay`: runs a recorded schedule again and says whether the failure is still there.
#include <fmt/format.h>

#include <cstdio>

#include "sim/replay/lanes.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/console.hpp"
#include "tools/replay/recording.hpp"
#include "tools/replay/stepper.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

std::string conclusion(const Replayed& replayed) {
  const sim::Verdict& verdict = replayed.verdict;
  switch (replayed.outcome) {
    case Replayed::Outcome::reproduced:
      return fmt::format("reproduced: {}: {}", verdict.failure->property, verdict.failure->message);
    case Replayed::Outcome::fails_otherwise:
      return fmt::format("the run fails, but otherwise than recorded: {}: {}", verdict.failure->property,
                         verdict.failure->message);
    case Replayed::Outcome::passes:
      return "the run passes: nothing is violated";
    case Replayed::Outcome::diverged:
      return "diverged: " + replayed.problem;
  }
  return {};
}

/// The steps that were taken. A run that passes has no failure to take its schedule from, so what was recorded is used.
sim::Timeline timeline_of(const Recording& recording, const Replayed& replayed) {
  const sim::Program& program = recording.target.variant->program;
  if (replayed.verdict.failure)
    return sim::make_timeline(program, replayed.verdict.failure->schedule, replayed.verdict.options);
  if (recording.token) return sim::make_timeline(program, recording.token->schedule, recording.token->execution);
  return sim::make_timeline(program, sim::decode(recording.file->token).schedule, recording.file->execution);
}

void print(const Recording& recording, const Replayed& replayed, bool step) {
  fmt::print("{}\n", recording.target.name());
  if (replayed.outcome != Replayed::Outcome::diverged) {
    const sim::Timeline timeline = timeline_of(recording, replayed);
    if (step) {
      step_through(timeline, stdin);
    } else {
      fmt::print("{}", sim::render_lanes(timeline, lanes_for_stdout()));
    }
  }
  for (const std::string& difference : replayed.differences) fmt::print("{}\n", difference);
  fmt::print("{}\n", conclusion(replayed));
  if (replayed.verdict.failure) fmt::print("trace {}\n", format_hash(replayed.verdict.failure->trace_hash));
  fmt::print("{}\n", sim::evidence_line(replayed.verdict));
}

}  // namespace

Exit replay(const Catalogue& catalogue, const ReplayOptions& options) {
  const Recording recording = find_recording(catalogue, options.recording, options.scenario);
  const Replayed replayed = replay(recording);
  const Exit exit = exit_code_of(replayed);
  if (options.json) {
    nlohmann::ordered_json json{{"command", "replay"},
                                {"exit_code", static_cast<int>(exit)},
                                {"scenario", recording.naming.scenario},
                                {"variant", recording.naming.variant},
                                {"result", to_string(replayed.outcome)},
                                {"sentence", conclusion(replayed)},
                                {"differences", replayed.differences}};
    json["verdict"] = to_json(replayed.verdict);
    print_json(json);
  } else {
    print(recording, replayed, options.step);
  }
  if (exit == Exit::diverged) {
    std::fflush(stdout);
    fmt::print(stderr, "heddle: {}\n", replayed.problem);
  }
  return exit;
}

}  // namespace heddle::cli

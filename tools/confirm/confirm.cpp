// `heddle confirm`: whether a real server does what the model did in a recorded failure.
#include <fmt/format.h>

#include <cstdio>

#include "models/postgres/live/termination.hpp"
#include "models/postgres/transcript.hpp"
#include "sim/explore/replay.hpp"
#include "tools/confirm/live_replay.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/recording.hpp"

namespace heddle::cli {
namespace {

/// What the sessions said in the recorded schedule. Precondition: it replays.
pg::Transcript transcript_of(const Recording& recording, const Replayed& replayed) {
  pg::Transcript transcript;
  sim::Execution execution(replayed.verdict.options);
  sim::Replay strategy(replayed.verdict.failure->schedule);
  strategy.begin_execution(0);
  const pg::RecordTranscript recording_now(transcript);
  execution.run(recording.target.variant->program, strategy);
  return transcript;
}

void print(const LiveStep& step) {
  fmt::print("{:>5}  {:<14}  {}\n{:>21}  -> {}\n", step.number, step.task, step.statement, "", step.outcome);
  std::fflush(stdout);
}

}  // namespace

Exit confirm(const Catalogue& catalogue, const ConfirmOptions& options) {
  const Recording recording = find_recording(catalogue, options.recording);
  const Replayed replayed = replay(recording);
  if (replayed.outcome == Replayed::Outcome::diverged)
    throw sim::Error(sim::ErrorCode::diverged, "the recording no longer fits the scenario: " + replayed.problem);
  if (!replayed.verdict.failure)
    throw sim::Error(sim::ErrorCode::usage, "the recorded schedule passes; there is no failure to confirm");
  const pg::Transcript transcript = transcript_of(recording, replayed);
  if (transcript.events.empty())
    throw sim::Error(sim::ErrorCode::usage, recording.target.name() +
                                                " does not talk to a database; only failures of SQL scenarios can be "
                                                "confirmed by a server");
  const pg::TerminationRequest on_signals;
  LiveReplay live(transcript, options.server);
  fmt::print("{}\non the model: {}: {}\nThe same statements, in the same order, on PostgreSQL {}:\n\n",
             recording.target.name(), replayed.verdict.failure->property, replayed.verdict.failure->message,
             live.server_version());
  const std::optional<std::string> difference = live.run(print);
  fmt::print("\n");
  if (difference) {
    fmt::print("not confirmed: {}\n", *difference);
    return Exit::diverged;
  }
  fmt::print("confirmed: the server did the same in all {} statements of {} sessions\n", live.statements(),
             live.sessions());
  return Exit::violated;
}

}  // namespace heddle::cli

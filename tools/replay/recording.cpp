#include "tools/replay/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "sim/core/error.hpp"

namespace heddle::cli {
namespace {

using sim::Error;
using sim::ErrorCode;

/// "h1:..." of any version, or what is left of one.
bool looks_like_a_token(std::string_view text) {
  if (text.size() < 2 || text.front() != 'h') return false;
  const std::size_t colon = text.find(':');
  const std::string_view digits = text.substr(1, colon == std::string_view::npos ? colon : colon - 1);
  return !digits.empty() && colon != std::string_view::npos && std::all_of(digits.begin(), digits.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

Target target_of(const Catalogue& catalogue, const sim::Naming& naming, const std::string& what) {
  if (naming.scenario.empty())
    throw Error(
        ErrorCode::unknown_name,
        fmt::format(
            "the {} names no scenario: it was made for a program that only a test knows; replay it in that test",
            what));
  try {
    return find_targets(catalogue, naming.scenario + ":" + naming.variant).front();
  } catch (const Error& error) {
    throw Error(ErrorCode::unknown_name, fmt::format("{} is for {}:{}, which is not in this catalogue: {}", what,
                                                     naming.scenario, naming.variant, error.what()));
  }
}

void require_wanted(const Catalogue& catalogue, const Recording& recording, const std::string& wanted,
                    const std::string& what) {
  if (wanted.empty()) return;
  const std::vector<Target> allowed = find_targets(catalogue, wanted);
  const auto is_target = [&](const Target& target) { return target.variant == recording.target.variant; };
  if (std::any_of(allowed.begin(), allowed.end(), is_target)) return;
  const bool same_scenario = allowed.front().scenario == recording.target.scenario;
  throw Error(ErrorCode::usage,
              fmt::format("{} is for scenario {}, not {}; run it with `heddle replay` without naming a scenario", what,
                          same_scenario ? recording.target.name() : recording.target.scenario->path(),
                          same_scenario ? allowed.front().name() : allowed.front().scenario->path()));
}

Replayed from_token(const sim::Program& program, const sim::Token& token) {
  sim::TokenReplay replay = sim::replay_token(program, token);
  const std::optional<sim::Failure>& failure = replay.verdict.failure;
  Replayed result;
  if (replay.diverged) {
    result.outcome = Replayed::Outcome::diverged;
    result.problem = replay.verdict.problem;
  } else if (failure) {
    const bool is_the_same = sim::signature_hash(*failure) == token.signature;
    result.outcome = is_the_same ? Replayed::Outcome::reproduced : Replayed::Outcome::fails_otherwise;
  }
  if (!replay.diverged && !replay.verdict.problem.empty()) result.differences.push_back(replay.verdict.problem);
  result.verdict = std::move(replay.verdict);
  return result;
}

Replayed from_file(const sim::Program& program, const sim::FailureFile& file) {
  sim::FileReplay replay = sim::replay(program, file);
  if (!file.token.empty()) {
    sim::Token token = sim::decode(file.token);
    token.execution = file.execution;
    Replayed strictly = from_token(program, token);
    if (strictly.outcome != Replayed::Outcome::diverged) return strictly;
  }
  Replayed result;
  result.differences = replay.differences;
  if (replay.more_differences > 0)
    result.differences.push_back(fmt::format("and {} more differences", replay.more_differences));
  if (replay.reproduced) {
    result.outcome = Replayed::Outcome::reproduced;
  } else if (replay.verdict.failure) {
    result.outcome = Replayed::Outcome::fails_otherwise;
  } else {
    result.outcome = Replayed::Outcome::diverged;
    result.problem = replay.verdict.problem;
  }
  result.verdict = std::move(replay.verdict);
  return result;
}

}  // namespace

Recording find_recording(const Catalogue& catalogue, const std::string& text, const std::string& wanted) {
  Recording recording;
  std::error_code error;
  const bool is_file = std::filesystem::exists(text, error);
  if (!is_file && !looks_like_a_token(text) && text.find_first_of("./") != std::string::npos)
    throw Error(ErrorCode::io,
                fmt::format("there is no file '{}', and it is no token either (a token begins with \"h1:\")", text));
  std::string what = "token";
  if (is_file) {
    what = "file " + text;
    recording.file = sim::read_failure_file(text);
    recording.naming = recording.file->naming;
  } else {
    recording.token = sim::decode(text);
    recording.naming = recording.token->naming;
  }
  recording.target = target_of(catalogue, recording.naming, what);
  require_wanted(catalogue, recording, wanted, what);
  return recording;
}

Replayed replay(const Recording& recording) {
  const sim::Program& program = recording.target.variant->program;
  return recording.token ? from_token(program, *recording.token) : from_file(program, *recording.file);
}

std::string_view to_string(Replayed::Outcome outcome) noexcept {
  switch (outcome) {
    case Replayed::Outcome::reproduced:
      return "reproduced";
    case Replayed::Outcome::fails_otherwise:
      return "fails otherwise";
    case Replayed::Outcome::passes:
      return "passes";
    case Replayed::Outcome::diverged:
      return "diverged";
  }
  return "";
}

Exit exit_code_of(const Replayed& replayed) noexcept {
  switch (replayed.outcome) {
    case Replayed::Outcome::passes:
      return Exit::ok;
    case Replayed::Outcome::diverged:
      return Exit::diverged;
    case Replayed::Outcome::reproduced:
    case Replayed::Outcome::fails_otherwise:
      break;
  }
  return Exit::violated;
}

}  // namespace heddle::cli

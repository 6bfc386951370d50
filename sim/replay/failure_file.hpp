// The failure file: a failing schedule as JSON, with everything a person or a later build needs. Its steps carry labels
// (task, operation, object, occurrence), so that replaying it after a change of the program resynchronises where it
// can, and otherwise says at which step, and how, the program diverged. tests/regressions/ holds such files; they are
// replayed for ever.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/replay/timeline.hpp"
#include "sim/replay/token.hpp"

namespace heddle::sim {

/// What replaying the file must show: a regression of a broken variant goes on violating; that of a repaired program
/// holds.
enum class Expected : std::uint8_t { violates, holds };

struct StepLabel {
  std::string task;
  std::uint64_t task_key = 0;
  std::string op;
  std::string object;
  std::uint32_t occurrence = 1;
  std::vector<std::uint32_t> choices;
  std::string detail;
  std::string where;
  std::int64_t time_ns = 0;
  bool preempts = false;
};

struct FailureFile {
  static constexpr int format = 1;

  Naming naming;
  Expected expected = Expected::violates;
  std::string property;
  FailureKind kind = FailureKind::none;
  std::string message;
  std::string token;
  std::string found_token;  ///< the schedule as it was found, before it was shrunk; empty when they are the same
  ExecutionOptions execution;
  std::vector<std::uint32_t> body_choices;  ///< decisions of the body itself, outside of tasks
  std::vector<StepLabel> steps;
  std::string strategy;  ///< that found it
  std::uint64_t seed = 0;
  std::uint64_t found_in_execution = 0;
  std::string evidence;  ///< the evidence line of the exploration
  std::uint32_t preemptions = 0;
  bool preemptions_proved = false;
  bool steps_proved = false;
  std::vector<std::string> explanation;
  std::string lanes;     ///< for people who look into the file; not read
  std::string compiler;  ///< filled in by `to_json` when empty
  std::string version;   ///< of heddle; likewise
};

[[nodiscard]] std::string to_json(const FailureFile& file);
/// Throws `Error{io}` with a sentence that names `origin` and the field at fault.
[[nodiscard]] FailureFile failure_file_from_json(std::string_view text, const std::string& origin);

/// Writes into `directory`, created when missing, under a name made of scenario, property and signature; numbered, so
/// that no other failure is overwritten. Returns the path; that of the existing file when this very schedule was
/// written before. Throws `Error{io}`.
std::filesystem::path write_failure_file(const std::filesystem::path& directory, const FailureFile& file);
/// Throws `Error{io}`.
[[nodiscard]] FailureFile read_failure_file(const std::filesystem::path& path);

/// What came of replaying a file.
struct FileReplay {
  Verdict verdict;                       ///< `violated` or `sampled` (the run passes)
  bool exact = false;                    ///< every decision fitted, and the trace is the recorded one
  bool reproduced = false;               ///< the failure is the recorded one
  std::vector<std::string> differences;  ///< one sentence per resynchronisation, the first ones; empty when exact
  std::uint64_t more_differences = 0;    ///< how many were left out
};
/// Strictly first; when the program has changed, by labels.
[[nodiscard]] FileReplay replay(const Program& program, const FailureFile& file);

/// One regression file and what came of it.
struct Regression {
  std::filesystem::path path;
  bool ok = false;
  std::string sentence;  ///< what happened; names the file
};
/// Replays every *.json in `directory`, in name order. `find` returns the program for a naming; nothing (an unknown
/// name) is a failure.
[[nodiscard]] std::vector<Regression> replay_regressions(
    const std::filesystem::path& directory, const std::function<std::optional<Program>(const Naming&)>& find);

}  // namespace heddle::sim

// The token: one failing schedule as one line of text, to be pasted into a terminal, a test or a bug report.
//
//     h1:<base64url>       version 1; the payload holds what `Token` holds, and a checksum (xxHash) over all of it
//
// A token holds decisions, not the state of a generator, so it replays under any strategy, compiler and sanitizer. It
// has no labels: when the program has changed since, a token can only say where the run diverged; a failure file
// (failure_file.hpp) can resynchronise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/verdict.hpp"

namespace heddle::sim {

/// By which name a program can be found again. All empty for a program that only a test knows.
struct Naming {
  std::string scenario;    ///< "quiesce/nested_clear"
  std::string variant;     ///< "latch_as_set"
  std::string parameters;  ///< as the scenario understands them, such as "clients=3"
  friend bool operator==(const Naming&, const Naming&) = default;
};

struct Token {
  Naming naming;
  std::uint32_t fingerprint = 0;  ///< of the program, see `program_fingerprint`
  std::uint32_t signature = 0;    ///< of the failure, see `signature_hash`
  std::uint64_t trace_hash = 0;   ///< of the failing execution
  std::vector<Decision> schedule;
  /// What the schedule depends on. Only these are stored: `step_limit`, `time`, `slack`, `only_property`, `cancel`,
  /// `memory`.
  ExecutionOptions execution;
};

/// Limits that `decode` enforces before it allocates.
inline constexpr std::size_t max_token_length = std::size_t{4} << 20U;
inline constexpr std::size_t max_token_decisions = 1'000'000;

/// Throws `Error{limit}` when the schedule or a text is too long for a token.
[[nodiscard]] std::string encode(const Token& token);
/// Throws `Error{bad_token}` for a text that is malformed, truncated, corrupted, or of another version. Surrounding
/// blanks are ignored.
[[nodiscard]] Token decode(std::string_view text);

/// A hash of the world as the body sets it up: its tasks, their first operations, its objects. Runs the body, but no
/// step of a task.
[[nodiscard]] std::uint32_t program_fingerprint(const Program& program, const ExecutionOptions& options);
/// A hash of `Failure::signature()`.
[[nodiscard]] std::uint32_t signature_hash(const Failure& failure);

[[nodiscard]] Token make_token(const Program& program, const Failure& failure, const ExecutionOptions& options,
                               const Naming& naming = {});

/// What came of replaying a token.
struct TokenReplay {
  Verdict verdict;  ///< `violated` or `sampled` (the run passes); `Verdict::problem` says how the program has changed,
                    ///< if so
  bool reproduced = false;   ///< the same failure by the same trace
  bool same_program = true;  ///< the program's fingerprint is the token's
  bool diverged = false;     ///< from some step on the recorded decisions did not fit; the run went on by default
};
[[nodiscard]] TokenReplay replay_token(const Program& program, const Token& token);

/// For tests: `EXPECT_THAT(sim::replay(program, "h1:..."), Holds())`. A program that has changed is run on past the
/// point where the schedule does not fit it any more, and `Verdict::problem` says so. Not detected: that a changed
/// program is no longer driven into the corner the token was made for; prefer failure files for regressions that must
/// survive changes.
[[nodiscard]] Verdict replay(const Program& program, std::string_view token);

}  // namespace heddle::sim

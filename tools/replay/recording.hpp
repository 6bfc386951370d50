// A recorded failure as the command line names it: a token, or the path of a failure file; and the variant it was made
// for.
#pragma once

#include <optional>
#include <string>

#include "sim/replay/failure_file.hpp"
#include "sim/replay/token.hpp"
#include "tools/replay/target.hpp"

namespace heddle::cli {

struct Recording {
  Target target;
  sim::Naming naming;
  std::optional<sim::Token> token;  ///< one of the two
  std::optional<sim::FailureFile> file;
};

/// Throws `Error` with the sentence to print: a text that is neither, a token that cannot be read, a scenario that is
/// not known, or not the one named by `wanted` (SCENARIO[:VARIANT], or empty).
[[nodiscard]] Recording find_recording(const Catalogue& catalogue, const std::string& text,
                                       const std::string& wanted = {});

/// What came of replaying it.
struct Replayed {
  enum class Outcome : std::uint8_t { reproduced, fails_otherwise, passes, diverged };
  Outcome outcome = Outcome::passes;
  sim::Verdict verdict;
  std::string problem;                   ///< `diverged`: at which step, and how
  std::vector<std::string> differences;  ///< sentences; how the program has changed
};
[[nodiscard]] Replayed replay(const Recording& recording);
[[nodiscard]] std::string_view to_string(Replayed::Outcome outcome) noexcept;
[[nodiscard]] Exit exit_code_of(const Replayed& replayed) noexcept;

}  // namespace heddle::cli

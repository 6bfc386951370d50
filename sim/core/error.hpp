// Errors for people. `Error` is what Heddle throws when a user's input or program is at fault: one code and one
// sentence that names the thing, the place and the remedy. `HEDDLE_CHECK` guards Heddle's own invariants, in every
// build.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace heddle::sim {

enum class ErrorCode : std::uint8_t {
  usage,              ///< an API or the command line was used wrongly
  bad_token,          ///< a token that cannot be read: malformed, truncated, corrupted, of another version
  unknown_name,       ///< no such scenario, variant, property or strategy
  not_deterministic,  ///< the same decisions gave another run
  diverged,           ///< a recorded schedule no longer fits the program
  limit,              ///< a stated bound was reached
  io,                 ///< a file could not be read or written
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

/// Ends the process with a sentence on stderr: one of Heddle's own invariants is broken.
[[noreturn]] void invariant_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace heddle::sim

#define HEDDLE_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::heddle::sim::invariant_failed(#condition, __FILE__, __LINE__))

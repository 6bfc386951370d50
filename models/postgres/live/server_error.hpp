// A server that cannot be used: it cannot be reached, went away in the middle of a run, or is of another version than
// the one that the model was measured against. Not an `SqlError`: no statement is at fault, and no handler can do
// anything about it.
#pragma once

#include "sim/core/error.hpp"

namespace heddle::pg {

class ServerError : public sim::Error {
 public:
  explicit ServerError(const std::string& sentence) : Error(sim::ErrorCode::io, sentence) {}
};

/// The major version that the model was measured against, and that `ServerSession` insists on.
inline constexpr int supported_major_version = 15;

}  // namespace heddle::pg

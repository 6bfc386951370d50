// SIGINT and SIGTERM while a tool works on a server that may be somebody's: instead of ending the process at once, the
// first one makes the next wait for a reply throw, so that sessions are closed and schemas dropped on the way out.
#pragma once

#include <csignal>

namespace heddle::pg {

class TerminationRequest {
 public:
  /// Installs the handlers, for this object's lifetime. A second signal ends the process.
  TerminationRequest();
  ~TerminationRequest();
  TerminationRequest(const TerminationRequest&) = delete;
  TerminationRequest& operator=(const TerminationRequest&) = delete;

  /// Whether a signal has come since the last call.
  [[nodiscard]] static bool take() noexcept;

 private:
  struct sigaction previous_interrupt_ = {};
  struct sigaction previous_terminate_ = {};
};

}  // namespace heddle::pg

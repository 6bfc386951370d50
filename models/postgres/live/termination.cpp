#include "models/postgres/live/termination.hpp"

namespace heddle::pg {
namespace {

volatile std::sig_atomic_t requested = 0;

void request(int /*signal*/) {
  requested = 1;
}

}  // namespace

TerminationRequest::TerminationRequest() {
  requested = 0;
  struct sigaction action = {};
  action.sa_handler = &request;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: a wait for a reply is to end
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_terminate_);
}

TerminationRequest::~TerminationRequest() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_terminate_, nullptr);
}

bool TerminationRequest::take() noexcept {
  const bool was_requested = requested != 0;
  requested = 0;
  return was_requested;
}

}  // namespace heddle::pg

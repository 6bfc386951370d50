// `cancellable`: marks code that whoever awaits it may drop - a select whose other branch is ready, a handle that is
// aborted, a connection that goes away. Under `ExecutionOptions::cancel = Cancel::each` the strategy decides, at each
// await in it that has to wait, whether it is dropped there: `Cancelled` is thrown at that await, destructors run, the
// code after it does not. Without the option it just runs.
//
//     bool finished = sim::cancellable([&] { auto held = mutex.lock(); drain(); });
//
// When several are nested, each may be the one that is dropped. A task of a runtime may be dropped although what it
// waits for is already there: it was woken, but not polled yet. A plain task is dropped only while that is not there,
// because it does not look before it waits. With properties/ledger.hpp in the body, whatever is still held after that
// is reported.
#pragma once

#include "sim/runtime/time.hpp"

namespace heddle::sim {

namespace detail {

class MarkedScope : public CancelScope {
 public:
  explicit MarkedScope(Execution& execution);
  ~MarkedScope();
  MarkedScope(const MarkedScope&) = delete;
  MarkedScope& operator=(const MarkedScope&) = delete;
  /// The cancellation of this scope has arrived where it belongs.
  void caught();

 private:
  Execution& execution_;
  Task& task_;
};

}  // namespace detail

/// Runs `body` in this task. Its result; or nothing (false for a body that returns void) if it was dropped.
template <class Body>
detail::TimeoutResult<Body> cancellable(Body&& body) {
  Execution& execution = Execution::current();
  if (!execution.in_task()) return detail::run_to_end(body);
  detail::MarkedScope scope(execution);
  try {
    return detail::run_to_end(body);
  } catch (const Cancelled& cancelled) {
    if (cancelled.scope != &scope) throw;
    scope.caught();
  }
  return {};
}

}  // namespace heddle::sim

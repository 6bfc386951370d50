// Time limits and pauses for code under test, in virtual time (`sleep` and `work` are in sim/core/world.hpp).
//
//     bool in_time = sim::timeout(5s, [&] { auto held = mutex.lock(); drain(); });
//     std::optional<int> answer = sim::timeout(5s, [&] { return receiver.recv().value(); });
//
// A timeout that fires while its body waits at an await *drops* the body there: `Cancelled` is thrown at that await,
// destructors run, the code after it does not. A body that does not wait runs on; what is ready when the task looks
// wins against a timeout that has also fired. A body that catches its cancellation and goes on is reported
// (`cancellation_swallowed`).
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "sim/core/world.hpp"
#include "sim/sync/await.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op yield_now{"yield_now", Unwinds::at_once};
}

/// Lets others run: an async task gives its worker back for a moment, and a timeout that has fired drops the task here.
void yield_now(std::source_location where = std::source_location::current());

/// A pause as an awaitable, for `select`. It begins when it is made.
class Sleeping {
 public:
  using Result = void;
  static constexpr bool queues = false;
  explicit Sleeping(Duration duration);
  Sleeping(const Sleeping&) = delete;
  Sleeping& operator=(const Sleeping&) = delete;
  ~Sleeping();
  [[nodiscard]] const Op& op() const noexcept { return ops::sleep; }
  [[nodiscard]] ObjectId object() const noexcept { return Execution::clock_object; }
  void start(Execution&) {}
  [[nodiscard]] bool is_ready() const noexcept { return fired_; }
  [[nodiscard]] TaskSet* waiters() noexcept { return &waiters_; }
  void observe(Execution& execution) const { execution.touch(Execution::clock_object, Access::read); }
  void finish(Execution& execution) { observe(execution); }
  static void inert() {}

 private:
  static void on_fire(void* self);
  TimerId timer_;
  TaskSet waiters_;
  bool fired_ = false;
};

[[nodiscard]] inline Sleeping sleeping(Duration duration) {
  return Sleeping(duration);
}

namespace detail {

/// A time limit around the running code of a task.
class TimeLimit : public CancelScope {
 public:
  TimeLimit(Execution& execution, Duration duration);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  /// The cancellation of this scope has arrived where it belongs.
  void caught();

 private:
  static void on_fire(void* self);
  Execution& execution_;
  Task& task_;
  TimerId timer_;
};

template <class Body>
using TimeoutResult =
    std::conditional_t<std::is_void_v<std::invoke_result_t<Body>>, bool, std::optional<std::invoke_result_t<Body>>>;

template <class Body>
TimeoutResult<Body> run_to_end(Body& body) {
  if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
    body();
    return true;
  } else {
    return std::optional<std::invoke_result_t<Body>>(body());
  }
}

}  // namespace detail

/// Runs `body` in this task, for at most `duration`. Its result; or nothing (false for a body that returns void) if it
/// was dropped.
template <class Body>
detail::TimeoutResult<Body> timeout(Duration duration, Body&& body) {
  Execution& execution = Execution::current();
  if (!execution.in_task()) return detail::run_to_end(body);
  detail::TimeLimit limit(execution, duration);
  try {
    return detail::run_to_end(body);
  } catch (const Cancelled& cancelled) {
    if (cancelled.scope != &limit) throw;
    limit.caught();
  }
  return {};
}

}  // namespace heddle::sim

// `Once`: std::once_flag and std::call_once for code under test. Blocking: who comes while the call is running waits
// for its end. If the call throws, the exception goes to its caller, and the next in turn tries again.
#pragma once

#include "sim/core/execution.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op call_once{"call_once", Unwinds::if_endless};
inline constexpr Op call_ended{"call ended", Unwinds::never};
}  // namespace ops

class Once {
 public:
  explicit Once(Name name = {}) : object_(Execution::current().add_object("once", name)) {}
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  /// Calls `f` unless a call has succeeded before. When it returns, a call has succeeded.
  template <class F>
  void call(F&& f, std::source_location where = std::source_location::current()) {
    if (!begin(where)) return;
    Running running{*this};
    std::forward<F>(f)();
    running.succeeded = true;
  }
  /// Whether a call has succeeded, without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_done() const noexcept { return state_ == State::done; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  enum class State : std::uint8_t { idle, running, done };
  struct Running {
    Once& once;
    bool succeeded = false;
    ~Running() { once.end(succeeded); }
  };
  /// Whether it is for the caller to make the call.
  [[nodiscard]] bool begin(std::source_location where);
  void end(bool succeeded) noexcept;

  ObjectId object_;
  State state_ = State::idle;
  TaskSet waiters_;
};

}  // namespace heddle::sim

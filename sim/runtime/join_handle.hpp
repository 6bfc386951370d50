// `JoinHandle`: what `Runtime::spawn` returns, as tokio's. Dropping it detaches the task. The result of a task is its
// value, or a `JoinError`: it was aborted, or it panicked (ended by an exception). A panic that nobody looks at fails
// the execution.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

#include "sim/sync/await.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op abort{"abort", Unwinds::never};
inline constexpr Op is_finished{"is_finished", Unwinds::if_endless};
}  // namespace ops

/// Why a task has no value.
class JoinError : public std::exception {
 public:
  explicit JoinError(std::string task);                          ///< it was cancelled
  JoinError(const std::string& task, std::exception_ptr panic);  ///< it panicked
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] bool is_cancelled() const noexcept { return panic_ == nullptr; }
  [[nodiscard]] bool is_panic() const noexcept { return panic_ != nullptr; }
  /// What the task threw; null if it was cancelled.
  [[nodiscard]] const std::exception_ptr& panic() const noexcept { return panic_; }

 private:
  std::string text_;
  std::exception_ptr panic_;
};

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// A value (`std::monostate` for a task that returns void) or an error.
template <class T>
struct [[nodiscard]] JoinResult {
  std::optional<Stored<T>> value;
  std::optional<JoinError> error;
  explicit operator bool() const noexcept { return value.has_value(); }
};

namespace detail {

/// What a task and its handle share.
struct JoinState {
  TaskId task = 0;
  std::exception_ptr panic;
  bool panic_seen = false;
  bool handle_lives = true;
  bool is_thread = false;  ///< made by spawn_blocking: cannot be aborted

  [[nodiscard]] bool has_ended(const Execution& execution) const { return execution.task(task).finished; }
  [[nodiscard]] JoinError error(const Execution& execution);
  /// What its end writes.
  [[nodiscard]] ObjectId end_object() const {
    Execution& execution = Execution::current();
    return execution.wake_up_of(execution.task_at(task));
  }
  void observe(Execution& execution) const {
    execution.touch(execution.wake_up_of(execution.task_at(task)), Access::read);
  }
  void abort(std::source_location where) noexcept;
  [[nodiscard]] bool is_finished(std::source_location where) const;
  void fail_if_own(Execution& execution) const;
  void drop_handle() noexcept;
  /// Fails the execution if the task panicked and nobody can look at it any more.
  void report_unseen_panic(Execution& execution) noexcept;
};

template <class T>
struct JoinStateOf : JoinState {
  std::optional<Stored<T>> value;
};

}  // namespace detail

template <class T>
class [[nodiscard]] JoinHandle {
 public:
  /// The awaitable behind `join`.
  class Joining {
   public:
    using Result = JoinResult<T>;
    static constexpr bool queues = false;
    /// `only_this`: the task goes on when the other has ended, and in no other case.
    explicit Joining(std::shared_ptr<detail::JoinStateOf<T>> state, bool only_this = false)
        : state_(std::move(state)), only_this_(only_this) {}
    [[nodiscard]] const Op& op() const noexcept { return ops::join; }
    [[nodiscard]] ObjectId object() const noexcept { return only_this_ ? Execution::no_object : state_->end_object(); }
    void start(Execution&) {}
    [[nodiscard]] bool is_ready() const { return state_->has_ended(Execution::current()); }
    [[nodiscard]] TaskSet* waiters() { return &Execution::current().task_at(state_->task).joiners; }
    void observe(Execution& execution) const { state_->observe(execution); }
    JoinResult<T> finish(Execution& execution) {
      if (only_this_) {
        execution.note_join(execution.task(state_->task));
      } else {
        observe(execution);
      }
      if (state_->value) return {std::move(state_->value), std::nullopt};
      return {std::nullopt, state_->error(execution)};
    }
    static JoinResult<T> inert() { return {std::nullopt, JoinError("a task of an execution that has ended")}; }

   private:
    std::shared_ptr<detail::JoinStateOf<T>> state_;
    bool only_this_;
  };

  JoinHandle() = default;
  explicit JoinHandle(std::shared_ptr<detail::JoinStateOf<T>> state) : state_(std::move(state)) {}
  JoinHandle(JoinHandle&&) noexcept = default;
  JoinHandle& operator=(JoinHandle&& other) noexcept {
    detach();
    state_ = std::move(other.state_);
    return *this;
  }
  ~JoinHandle() { detach(); }

  /// Awaits the end of the task and returns its value; at most once. Throws `JoinError`.
  T join(std::source_location where = std::source_location::current()) {
    JoinResult<T> result = join_result(where);
    if (!result) throw std::move(*result.error);
    if constexpr (!std::is_void_v<T>) return std::move(*result.value);
  }
  /// The same, without throwing.
  JoinResult<T> join_result(std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    state_->fail_if_own(execution);
    const Task& self = execution.running_task();
    return await(Joining(state_, self.pool == nullptr && self.scope == nullptr), where);
  }
  /// For `select`.
  [[nodiscard]] Joining joining() { return Joining(state_); }
  /// The task is dropped at its next await that has to wait, or before it starts. No effect on a thread, or after its
  /// end.
  void abort(std::source_location where = std::source_location::current()) noexcept { state_->abort(where); }
  [[nodiscard]] bool is_finished(std::source_location where = std::source_location::current()) const {
    return state_->is_finished(where);
  }
  /// Gives up the handle: nobody will look at the result.
  void detach() noexcept {
    if (state_) state_->drop_handle();
    state_.reset();
  }
  [[nodiscard]] TaskId id() const noexcept { return state_->task; }

 private:
  std::shared_ptr<detail::JoinStateOf<T>> state_;
};

}  // namespace heddle::sim

#include "sim/runtime/join_handle.hpp"

namespace heddle::sim {
namespace {

std::string text_of(const std::exception_ptr& panic) {
  try {
    std::rethrow_exception(panic);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "something that is not a std::exception";
  }
}

}  // namespace

JoinError::JoinError(std::string task) : text_(std::move(task) + " was cancelled") {}

JoinError::JoinError(const std::string& task, std::exception_ptr panic)
    : text_(task + " panicked: " + text_of(panic)), panic_(std::move(panic)) {}

namespace detail {

JoinError JoinState::error(const Execution& execution) {
  panic_seen = true;
  const std::string name = "task " + execution.task(task).name.str();
  return panic ? JoinError(name, panic) : JoinError(name);
}

void JoinState::abort(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  Task& aborted = execution.task_at(task);
  execution.step(ops::abort, execution.wake_up_of(aborted), Access::write, where);
  if (execution.tearing_down() || is_thread) return;
  execution.note([&] { return "of task " + aborted.name.str(); });
  execution.request_abort(aborted);
}

bool JoinState::is_finished(std::source_location where) const {
  Execution& execution = Execution::current();
  execution.step(ops::is_finished, execution.wake_up_of(execution.task_at(task)), Access::read, where);
  observe(execution);
  return execution.tearing_down() || has_ended(execution);
}

void JoinState::fail_if_own(Execution& execution) const {
  if (!execution.in_task() || execution.running_task().id != task || execution.tearing_down()) return;
  execution.fail(FailureKind::misuse, "join_on_itself", [&] {
    return "task " + execution.running_task().name.str() + " joins itself, which would wait for ever";
  });
}

void JoinState::drop_handle() noexcept {
  handle_lives = false;
  if (Execution* execution = Execution::current_or_null(); execution != nullptr && has_ended(*execution))
    report_unseen_panic(*execution);
}

void JoinState::report_unseen_panic(Execution& execution) noexcept {
  if (!panic || panic_seen || handle_lives || execution.tearing_down()) return;
  panic_seen = true;
  execution.fail(FailureKind::exception, "exception", [&] {
    return "task " + execution.task(task).name.str() + " panicked, and nobody looked at its result: " + text_of(panic);
  });
}

}  // namespace detail
}  // namespace heddle::sim

#include "sim/core/stack_guard.hpp"

#include <unistd.h>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>

#include "sim/core/execution.hpp"

namespace heddle::sim {
namespace {

constexpr std::size_t signal_stack_size = 64 * 1024;
struct sigaction
    previous_action;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): a signal handler has no other way

// Only async-signal-safe calls from here on.
void write_text(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_number(std::size_t number) {
  char digits[24];
  std::size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  write_text({digits + at, sizeof digits - at});
}

void on_fault(int signal, siginfo_t* info, void* context) {
  if (Execution* execution = Execution::current_or_null(); execution != nullptr && execution->in_task()) {
    const Task& task = execution->running_task();
    if (task.fiber->guards(info->si_addr)) {
      write_text("heddle: task '");
      write_text(task.name.text);
      if (task.name.index >= 0) {
        write_text("-");
        write_number(static_cast<std::size_t>(task.name.index));
      }
      write_text("' overflowed its stack of ");
      write_number(task.fiber->stack_size());
      write_text(
          " bytes; give tasks a larger one with ExecutionOptions::stack_size, or keep large objects off the stack\n");
      _exit(stack_overflow_exit_status);
    }
  }
  if ((previous_action.sa_flags & SA_SIGINFO) != 0 && previous_action.sa_sigaction != nullptr) {
    previous_action.sa_sigaction(signal, info, context);
  } else {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

/// An alternative signal stack for as long as the OS thread lives.
class SignalStack {
 public:
  SignalStack() : memory_(std::make_unique<std::byte[]>(signal_stack_size)) {
    stack_t stack{};
    if (sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_DISABLE) == 0) return;  // somebody's already
    stack = {};
    stack.ss_sp = memory_.get();
    stack.ss_size = signal_stack_size;
    installed_ = sigaltstack(&stack, nullptr) == 0;
  }
  ~SignalStack() {
    if (!installed_) return;
    stack_t off{};
    off.ss_flags = SS_DISABLE;
    sigaltstack(&off, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> memory_;
  bool installed_ = false;
};

}  // namespace

void install_stack_guard() {
  thread_local const SignalStack stack;
  static_cast<void>(stack);
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous_action);
  });
}

}  // namespace heddle::sim

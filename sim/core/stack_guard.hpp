// A task that overflows its stack runs into the guard region below it. This turns the fault into one sentence with the
// task's name.
#pragma once

namespace heddle::sim {

/// Installs the fault handler (once per process) and an alternative signal stack (once per OS thread). Faults that are
/// not a task's stack overflow go to the handler that was there before.
void install_stack_guard();

/// The exit status of a process whose task overflowed its stack.
inline constexpr int stack_overflow_exit_status = 3;

}  // namespace heddle::sim

// A fiber: a stack and a suspended computation on it, switched by Boost.Context's fcontext. Three things are done here
// and nowhere else, because every switch needs them: the C++ runtime's per-thread exception state is saved and restored
// (two fibers may both be inside a `catch` block), AddressSanitizer is told which stack is in use, and stacks are kept
// with a guard region below them.
//
// A fiber runs a loop that never returns; between two jobs it is suspended in that loop, so that re-using it costs one
// switch.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_ASAN 1
#endif
#endif

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>
#include <cstdint>

namespace heddle::sim {

/// The Itanium C++ ABI's `__cxa_eh_globals`: the stack of caught exceptions and the number of uncaught ones.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;
  friend bool operator==(const ExceptionState&, const ExceptionState&) = default;
};

/// This thread's exception state, as the C++ runtime keeps it.
[[nodiscard]] ExceptionState* thread_exception_state() noexcept;

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  /// The thread's own stack: a fiber that is only ever switched away from and back to.
  Fiber() = default;
  /// A fiber that calls `entry(argument)` when first switched to; `entry` must never return. `stack_size` is in bytes.
  /// Fibers that are used together have different numbers.
  Fiber(std::size_t stack_size, Entry entry, void* argument, std::size_t number);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Suspends `from`, which must be the running fiber, and runs `to`. Returns when something switches back to `from`.
  /// Inline, like everything between a task's operation and the switch: each return after a switch is one that the
  /// processor's return-address predictor gets wrong.
  [[gnu::always_inline]] static void switch_between(Fiber& from, Fiber& to, ExceptionState* thread_state) noexcept {
    from.exceptions_ = *thread_state;
    *thread_state = to.exceptions_;
    Handover handover{&from, &to};
    before_switch(from, to);
    const auto transfer = boost::context::detail::jump_fcontext(to.context_, &handover);
    static_cast<Handover*>(transfer.data)->from->context_ = transfer.fctx;
    after_switch(from, *static_cast<Handover*>(transfer.data)->from);
  }

  /// Whether `address` lies in the guard region below this fiber's stack.
  [[nodiscard]] bool guards(const void* address) const noexcept;
  [[nodiscard]] std::size_t stack_size() const noexcept { return size_; }
  /// Forgets what AddressSanitizer knows of the unused part of the stack; call at the start of a job.
  void renew_stack() const noexcept;
  [[nodiscard]] const ExceptionState& exception_state() const noexcept { return exceptions_; }

 private:
  // What a switch hands over: who leaves, and who arrives.
  struct Handover {
    Fiber* from;
    Fiber* to;
  };

  static void trampoline(boost::context::detail::transfer_t transfer) noexcept;
#ifdef HEDDLE_ASAN
  static void before_switch(Fiber& from, const Fiber& to) noexcept;
  static void after_switch(Fiber& self, Fiber& previous) noexcept;
#else
  static void before_switch(Fiber&, const Fiber&) noexcept {}
  static void after_switch(Fiber&, Fiber&) noexcept {}
#endif

  boost::context::detail::fcontext_t context_ = nullptr;
  ExceptionState exceptions_;
  std::byte* memory_ = nullptr;  // guard region, then the stack
  std::size_t size_ = 0;
  const void* stack_bottom_ = nullptr;
  [[maybe_unused]] void* fake_stack_ = nullptr;  // AddressSanitizer's
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
};

}  // namespace heddle::sim

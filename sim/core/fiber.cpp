#include "sim/core/fiber.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sim/core/error.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_ASAN 1
#endif
#endif
#ifdef HEDDLE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace heddle::sim {
namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// Large enough that a frame which skips a page still lands in it.
constexpr std::size_t guard_size = 64 * 1024;

}  // namespace

ExceptionState* thread_exception_state() noexcept {
  return reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}

Fiber::Fiber(std::size_t stack_size, Entry entry, void* argument) : entry_(entry), argument_(argument) {
  constexpr std::size_t page = 4096;
  size_ = (stack_size + page - 1) / page * page;
  void* memory = mmap(nullptr, guard_size + size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, guard_size, PROT_NONE) != 0) {
    const int error = errno;
    if (memory != MAP_FAILED) munmap(memory, guard_size + size_);
    throw Error(ErrorCode::limit, std::string("no memory for one more task's stack (") + std::strerror(error) +
                                      "); start fewer tasks, make stacks smaller, or raise vm.max_map_count");
  }
  memory_ = static_cast<std::byte*>(memory);
  stack_bottom_ = memory_ + guard_size;
  context_ = make_fcontext(memory_ + guard_size + size_, size_, &Fiber::trampoline);
}

Fiber::~Fiber() {
  if (memory_ == nullptr) return;
#ifdef HEDDLE_ASAN
  __asan_unpoison_memory_region(memory_ + guard_size, size_);
#endif
  munmap(memory_, guard_size + size_);
}

bool Fiber::guards(const void* address) const noexcept {
  const auto* byte = static_cast<const std::byte*>(address);
  return memory_ != nullptr && byte >= memory_ && byte < memory_ + guard_size;
}

void Fiber::renew_stack() const noexcept {
#ifdef HEDDLE_ASAN
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  const std::byte* bottom = memory_ + guard_size;
  if (here > bottom) __asan_unpoison_memory_region(bottom, static_cast<std::size_t>(here - bottom));
#endif
}

// The switch itself hands over two pointers: who leaves, and who arrives.
struct Handover {
  Fiber* from;
  Fiber* to;
};

void Fiber::switch_between(Fiber& from, Fiber& to, ExceptionState* thread_state) noexcept {
  from.exceptions_ = *thread_state;
  *thread_state = to.exceptions_;
  Handover handover{&from, &to};
#ifdef HEDDLE_ASAN
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.size_);
#endif
  arrive(from, jump_fcontext(to.context_, &handover));
}

void Fiber::arrive(Fiber& self, transfer_t transfer) noexcept {
  Fiber& previous = *static_cast<Handover*>(transfer.data)->from;
  previous.context_ = transfer.fctx;
#ifdef HEDDLE_ASAN
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(self.fake_stack_, &bottom, &size);
  if (previous.memory_ == nullptr) {  // the thread's own stack is learnt on the first switch away from it
    previous.stack_bottom_ = bottom;
    previous.size_ = size;
  }
#else
  static_cast<void>(self);
#endif
}

void Fiber::trampoline(transfer_t transfer) noexcept {
  Fiber& self = *static_cast<Handover*>(transfer.data)->to;
  arrive(self, transfer);
  self.entry_(self.argument_);
  HEDDLE_CHECK(!"a fiber's entry function returned");
}

}  // namespace heddle::sim

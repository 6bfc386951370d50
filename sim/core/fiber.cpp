#include "sim/core/fiber.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sim/core/error.hpp"

#ifdef HEDDLE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace heddle::sim {
namespace {

using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

// Large enough that a frame which skips a page still lands in it.
constexpr std::size_t guard_size = 64 * 1024;
constexpr std::size_t page = 4096;

// How far below its end a stack begins. Without an offset, the tops of all stacks would compete for the same few lines
// of every cache. It depends on the fiber's number and not on an address, so that a stack overflows at the same depth
// wherever it lies.
constexpr std::size_t offset_of(std::size_t number) {
  constexpr std::size_t colours = 16;
  return number % colours * (page / colours);
}

}  // namespace

ExceptionState* thread_exception_state() noexcept {
  return reinterpret_cast<ExceptionState*>(abi::__cxa_get_globals());
}

Fiber::Fiber(std::size_t stack_size, Entry entry, void* argument, std::size_t number)
    : entry_(entry), argument_(argument) {
  size_ = (stack_size + page - 1) / page * page + page;
  void* memory =
      mmap(nullptr, guard_size + size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory, guard_size, PROT_NONE) != 0) {
    const int error = errno;
    if (memory != MAP_FAILED) munmap(memory, guard_size + size_);
    throw Error(ErrorCode::limit, std::string("no memory for one more task's stack (") + std::strerror(error) +
                                      "); start fewer tasks, make stacks smaller, or raise vm.max_map_count");
  }
  memory_ = static_cast<std::byte*>(memory);
  stack_bottom_ = memory_ + guard_size;
  const std::size_t offset = offset_of(number);
  context_ = make_fcontext(memory_ + guard_size + size_ - offset, size_ - offset, &Fiber::trampoline);
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

#ifdef HEDDLE_ASAN
void Fiber::before_switch(Fiber& from, const Fiber& to) noexcept {
  __sanitizer_start_switch_fiber(&from.fake_stack_, to.stack_bottom_, to.size_);
}

void Fiber::after_switch(Fiber& self, Fiber& previous) noexcept {
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(self.fake_stack_, &bottom, &size);
  if (previous.memory_ == nullptr) {  // the thread's own stack is learnt on the first switch away from it
    previous.stack_bottom_ = bottom;
    previous.size_ = size;
  }
}
#endif

void Fiber::trampoline(transfer_t transfer) noexcept {
  const Handover& handover = *static_cast<Handover*>(transfer.data);
  Fiber& self = *handover.to;
  handover.from->context_ = transfer.fctx;
  after_switch(self, *handover.from);
  self.entry_(self.argument_);
  HEDDLE_CHECK(false && "a fiber's entry function returned");
}

}  // namespace heddle::sim

#include "sim/sync/atomic.hpp"

namespace heddle::sim {

void fence(std::memory_order order, std::source_location where) {
  Execution& execution = Execution::current();
  WeakMemory* memory = execution.weak_memory(order);
  if (memory == nullptr) return;
  if (order == std::memory_order_seq_cst) {
    execution.step(ops::fence, execution.sequential_order(), Access::write, where);
    execution.touch_unordered(execution.sequential_order(), Access::write);
  }
  memory->fence(execution.running_task().id, order);
}

namespace detail {

std::string_view to_string(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      break;
  }
  return "seq_cst";
}

void touch_atomic(Execution& execution, ObjectId object, Access access, std::memory_order order) {
  execution.touch_unordered(object, access);
  if (order == std::memory_order_seq_cst) execution.touch_unordered(execution.sequential_order(), Access::commute);
}

}  // namespace detail

}  // namespace heddle::sim

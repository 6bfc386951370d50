#include "sim/runtime/cancellable.hpp"

namespace heddle::sim::detail {

MarkedScope::MarkedScope(Execution& execution) : execution_(execution), task_(execution.running_task()) {
  is_marked = true;
  execution_.enter_scope(task_, *this);
}

MarkedScope::~MarkedScope() {
  task_.scope = outer;
  if (delivered) execution_.report_swallowed(task_);
}

void MarkedScope::caught() {
  delivered = false;
  execution_.scope_unwound(task_, *this);
}

}  // namespace heddle::sim::detail

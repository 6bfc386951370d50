#include "sim/runtime/runtime.hpp"

namespace heddle::sim {

namespace detail {

TaskEnd::~TaskEnd() {
  if (!runtime_) return;  // moved from
  --runtime_->live;
  Execution& execution = Execution::current();
  execution.touch(execution.wake_up_of(execution.task_at(join_->task)), Access::write);
  join_->report_unseen_panic(execution);
}

}  // namespace detail

Runtime::Runtime(std::uint32_t workers, Name name) : state_(make_shared_in_arena<detail::RuntimeState>()) {
  Execution& execution = Execution::current();
  state_->name = {execution.arena().copy(name.text), name.index};
  state_->pool.object = execution.add_object("workers", name);
  state_->pool.free = workers;
  state_->pool.is_one_thread = workers == 1;
  state_->pool.unbounded = workers == unbounded;
}

Runtime::~Runtime() {
  Execution& execution = Execution::current();
  if (state_->live == 0 || execution.tearing_down()) return;
  execution.fail(FailureKind::misuse, "runtime_outlived", [&] {
    std::string living = "a blocking thread";
    for (TaskId id = 1; id < execution.task_count(); ++id)
      if (const Task& task = execution.task(id); task.pool == &state_->pool && !task.finished)
        living = "task " + task.name.str();
    return "runtime " + state_->name.str() + " is destroyed while " + living +
           " still lives; join it, or abort and join it, before";
  });
}

}  // namespace heddle::sim

#include "sim/core/execution.hpp"

#include <csignal>
#include <exception>

#include "sim/core/hash.hpp"
#include "sim/core/stack_guard.hpp"
#include "sim/core/world.hpp"

namespace heddle::sim {
namespace {

#ifdef HEDDLE_ASAN
constexpr std::size_t default_stack_size = 256 * 1024;
#else
constexpr std::size_t default_stack_size = 64 * 1024;
#endif

constexpr TaskId first_task = 1;  // 0 is the clock

}  // namespace

Execution::Execution(const ExecutionOptions& options) : options_(options) {
  if (options_.stack_size == 0) options_.stack_size = default_stack_size;
  if (options_.stack_size < 16 * 1024)
    throw Error(ErrorCode::usage,
                "a stack of " + std::to_string(options_.stack_size) + " bytes is too small; give tasks at least 16384");
  root_.fiber = std::make_unique<Fiber>();
  root_.name = Name("root");
  tasks_.push_back(std::make_unique<Task>());
  tasks_[clock_task]->name = Name("clock");
}

Execution::~Execution() = default;

void Execution::throw_no_execution() {
  throw Error(
      ErrorCode::usage,
      "a simulated object or operation was used outside of an execution; create and use it in the body passed to "
      "explore() or replay(), or in a task of that body");
}

const ExecutionResult& Execution::run(const Program& body, Strategy& strategy, Detail detail) {
  install_stack_guard();
  Execution* const outer = std::exchange(current_, this);
  struct Restore {
    Execution* outer;
    ~Restore() { current_ = outer; }
  } restore{outer};
  reset(strategy, detail);
  try {
    World world(*this);
    body(world);
    if (result_.failure == FailureKind::none && live_ > 0)
      throw Error(ErrorCode::usage,
                  "the body created tasks and returned without calling run(); end it with world.run() (and checks "
                  "after it, if any)");
  } catch (const Unwind&) {  // run() ended early; the failure is recorded
  } catch (const Error&) {
    finish_run();
    throw;
  } catch (const std::exception& error) {
    fail(FailureKind::exception, "exception", [&] { return "the body threw: " + std::string(error.what()); });
  }
  finish_run();
  return result_;
}

void Execution::reset(Strategy& strategy, Detail detail) {
  strategy_ = &strategy;
  thread_state_ = thread_exception_state();
  recording_on_ = detail != Detail::none;
  explaining_ = detail == Detail::explain;
  strategy_observes_ = strategy.observes_steps();
  if (options_.memory == Memory::weak && !own_weak_memory_) own_weak_memory_ = std::make_unique<WeakMemory>();
  weak_memory_ = options_.memory == Memory::weak ? own_weak_memory_.get() : nullptr;
  observing_ = is_observed();
  result_ = {};
  last_step_ = options_.step_limit;
  decisions_.clear();
  recording_.clear();
  objects_.clear();
  sometimes_.clear();
  touches_.clear();
  step_choices_.clear();
  note_.clear();
  enabled_.clear();
  held_back_.clear();
  ready_behind_.clear();
  has_order_ = !imposed_.empty();
  orders_.clear();
  alike_.clear();
  follows_.clear();
  arena_.reset();
  clock_.reset();
  early_timers_ = 0;
  timer_step_ = 0;
  stuck_.clear();
  cancellations_in_flight_ = 0;
  task_count_ = first_task;
  live_ = 0;
  stepper_ = nullptr;
  previous_stepper_ = clock_task;
  joined_ = 0;
  observers_.clear();
  holds_.clear();
  hold_serial_ = 0;
  measurements_.clear();
  watching_ = explaining_;
  root_.key = 0x9e3779b97f4a7c15U;
  root_.hash = root_.key;
  root_.children = root_.objects = root_.timers = 0;
  Task& clock = *tasks_[clock_task];
  clock.key = clock.hash = 0xc2b2ae3d27d4eb4fU;
  clock.timers = clock.objects = 0;
  clock.pending = {&ops::timer, clock_object, Access::write, Needs::at_least(1), std::source_location::current()};
  trace_sum_ = mix(clock.key, clock.hash);
  running_ = &root_;
  inspecting_ = false;
  attention_ = attention_root;
  add_object("clock", Name("clock"));
  reset_memory();
  set_attention();
}

bool Execution::is_observed() const noexcept {
  return options_.hash_traces || recording_on_ || strategy_observes_ || weak_memory_ != nullptr;
}

void Execution::reset_memory() {
  asked_for_weak_memory_ = false;
  if (weak_memory_ == nullptr) return;
  weak_memory_->reset();
  sequential_order_ = add_object("order", Name("sequential order"));
}

void Execution::finish_run() {
  running_ = &root_;
  for (TaskId id = first_task; id < task_count_; ++id) {
    Task& task = *tasks_[id];
    if (!task.finished && !task.started) {
      task.body.destroy(task.body.object);
      task.finished = true;
    }
  }
  for (const StepCheck& check : step_checks_) check.destroy(const_cast<void*>(check.predicate));
  step_checks_.clear();
  checks_everything_ = has_support_ = false;
  result_.trace_hash = trace_hash_now();
}

void Execution::set_attention() noexcept {
  attention_ &= attention_teardown;
  if (running_ == &root_) attention_ |= attention_root;
  if (observing_ || has_order_ || !step_checks_.empty()) attention_ |= attention_observe;
  if (cancellations_in_flight_ > 0) attention_ |= attention_cancel;
  if (inspecting_) attention_ |= attention_inspect;
}

ObjectId Execution::add_object(std::string_view kind, Name name, std::int32_t level) {
  Task& creator = *running_;
  const ObjectId id{static_cast<std::uint32_t>(objects_.size())};
  ObjectRecord& record = objects_.emplace_back();
  record.key = mix(creator.key, 0x100000000U + creator.objects++);
  record.kind = kind;
  record.name = {arena_.copy(name.text), name.index};
  record.level = level;
  return id;
}

ObjectId Execution::add_part(std::string_view kind, Name name, ObjectId whole, std::uint64_t part) {
  const ObjectId id{static_cast<std::uint32_t>(objects_.size())};
  const std::uint64_t key = mix(objects_[whole.index].key, part);
  const std::uint32_t watched_by = objects_[whole.index].watched_by;
  ObjectRecord& record = objects_.emplace_back();
  record.whole = whole.index;
  record.watched_by = watched_by;
  record.key = key;
  record.kind = kind;
  record.name = {arena_.copy(name.text), name.index};
  return id;
}

Task& Execution::new_task_slot() {
  if (task_count_ == tasks_.size()) {
    tasks_.push_back(std::make_unique<Task>());
    Task& task = *tasks_.back();
    task.id = task_count_;
  }
  Task& task = *tasks_[task_count_++];
  if (!task.fiber) task.fiber = std::make_unique<Fiber>(options_.stack_size, &Execution::fiber_loop, &task, task.id);
  return task;
}

TaskId Execution::add_closure(Name name, Closure closure, const TaskOptions& task_options) {
  Task& parent = *running_;
  Task& task = new_task_slot();
  task.name = {arena_.copy(name.text), name.index};
  task.parent = parent.id;
  task.key = mix(parent.key, ++parent.children);
  task.children = task.objects = task.timers = task.inert_ops = 0;
  task.pending = {};
  task.guard = {};
  task.wait = WaitKind::none;
  task.started = task.finished = task.abort_requested = false;
  task.holds_worker = task.is_unwinding = task.cancel_in_flight = false;
  task.wake_up = no_object;
  task.steps = 0;
  task.first_op = nullptr;
  task.background = task_options.background;
  task.scope = nullptr;
  task.pool = task_options.pool;
  task.starter = nullptr;
  task.body = closure;
  task.joiners.clear();
  if (tearing_down()) {  // code that is only being unwound starts nothing
    task.started = task.finished = true;
    closure.destroy(closure.object);
    return task.id;
  }
  if (!task.background) ++live_;
  if (task_options.alike != nullptr) join_group(task, *task_options.alike);
  if (has_order_) find_orders(task);
  // What the parent's open step has touched so far happened before the child.
  task.hash = mix(stepper_ == &parent && observing_ ? hash_step(parent) : parent.hash, task.key);
  trace_sum_ += mix(task.key, task.hash);
  task.born_after = static_cast<std::uint32_t>(recording_.events.size());
  if (in_task()) start(task);
  return task.id;
}

void Execution::start(Task& task) {
  task.started = true;
  task.starter = running_;
  if (weak_memory_ != nullptr) weak_memory_->begin_task(task.id, running_->id);
  enabled_.insert(task.id);
  if (has_order_) hold_back();
  switch_to(task);
}

void Execution::return_to_starter(Task& task) {
  switch_to(*std::exchange(task.starter, nullptr));
}

void Execution::fiber_loop(void* argument) {
  Task& task = *static_cast<Task*>(argument);
  for (;;) {
    task.fiber->renew_stack();
    // The fiber belongs to whichever execution runs on this thread now: it is owned by it.
    current_->run_body(task);
    current_->end_task(task);
  }
}

void Execution::run_body(Task& task) {
  try {
    if (task.pool != nullptr) {  // an async task does nothing before it has been given a worker
      if (!begin_wait(ops::start, no_object, Access::read, {}, WaitKind::await, std::source_location::current()) ||
          !schedule())
        throw Unwind{};
      end_wait();
    }
    task.body.run(task.body.object);
    if (task.cancel_in_flight && !tearing_down()) report_swallowed(task);
  } catch (const Unwind&) {  // the execution has ended
  } catch (const Cancelled&) {
    cancellation_caught(task);
  } catch (const std::exception& error) {
    if (!tearing_down())
      fail(FailureKind::exception, "exception", [&] { return "task " + task.name.str() + " threw: " + error.what(); });
  } catch (...) {
    if (!tearing_down())
      fail(FailureKind::exception, "exception",
           [&] { return "task " + task.name.str() + " threw something that is not a std::exception"; });
  }
  try {
    task.body.destroy(task.body.object);
  } catch (const Unwind&) {  // a captured value's destructor met the end of the execution
  }
}

void Execution::end_task(Task& task) {
  give_worker_back(task);
  observe([&](Observer& observer) { observer.on_task_ended(task); });
  if (tearing_down()) {
    task.finished = true;
    switch_to(root_);
    return;
  }
  if (attention_ != 0 && stepper_ == &task) close_step();
  if (has_order_ && task.steps == 0) [[unlikely]]
    count_step(task);  // those alike need not wait for it any longer
  task.finished = true;
  disable(task.id);
  refresh(task.joiners);
  if (!task.background) --live_;
  if (task.starter != nullptr) {
    return_to_starter(task);
  } else {
    switch_to(live_ == 0 ? root_ : pick());
  }
}

void Execution::run_tasks() {
  if (in_task())
    throw Error(ErrorCode::usage, "world.run() was called inside a task; call it once, at the end of the body");
  for (TaskId id = first_task; id < task_count_; ++id) {
    Task& task = *tasks_[id];
    if (task.started) continue;
    running_ = &root_;
    attention_ &= ~std::uint32_t{attention_root};
    start(task);
    if (result_.failure != FailureKind::none) break;
  }
  attention_ &= ~std::uint32_t{attention_root};
  if (!step_checks_.empty()) check_properties();
  if (result_.failure == FailureKind::none && live_ > 0) {
    if (Task& next = pick(); &next != &root_) switch_to(next);
  }
  stepper_ = nullptr;
  if (weak_memory_ != nullptr) weak_memory_->join_all(root_.id, task_count_);
  if (result_.failure == FailureKind::none) {
    running_ = &root_;
    observe([](Observer& observer) { observer.on_all_ended(); });
    check_eventually();
  }
  if (strategy_observes_) strategy_->on_tasks_ended(*this);
  teardown();
  set_attention();
  if (result_.failure == FailureKind::none) return;
  attention_ |= attention_teardown;  // the body is unwound, too: what its destructors do is inert
  throw Unwind{};
}

Task& Execution::pick_slowly() {
  if (result_.failure != FailureKind::none) return root_;
  if (result_.steps >= options_.step_limit) return cut();
  return clock_.idle() ? no_task_enabled() : pick_after_timer();
}

Task& Execution::pick_after_timer() {
  ++result_.steps;
  clock_step();
  return pick();
}

Task& Execution::no_task_enabled() {
  if (!ready_behind_.empty()) {
    record_failure(FailureKind::infeasible, "infeasible");
    return root_;
  }
  if (explaining_) find_stuck();
  fail(FailureKind::deadlock, "deadlock", [&] { return describe_deadlock(); });
  return root_;
}

Task& Execution::cut() {
  const StepCheck* unheld = first_unheld();
  record_failure(FailureKind::step_limit, unheld != nullptr ? unheld->property : "step_limit");
  if (explaining_)
    result_.message = arena_.copy((unheld != nullptr ? "it never held, and the" : "the") +
                                  std::string(" execution had not ended after ") + std::to_string(options_.step_limit) +
                                  " steps; " + describe_endless());
  return root_;
}

void Execution::clock_step() {
  Task& clock = *tasks_[clock_task];
  if (would_preempt(clock_task)) ++early_timers_;
  timer_step_ = result_.steps;
  if (observing_) open_step(clock);
  touch(clock_object, Access::write, -1);
  const bool was_inspecting = std::exchange(inspecting_, true);
  const std::uint32_t due = clock_.due();
  clock_.fire(due > 1 ? alternative(due) : 0);
  inspecting_ = was_inspecting;
  update_clock();
  if (stepper_ == &clock) close_step();
}

void Execution::update_clock() {
  if (options_.time == TimeMode::any_time && !clock_.idle() && early_timers_ < options_.slack) {
    enabled_.insert(clock_task);
  } else {
    enabled_.erase(clock_task);
  }
}

TimerId Execution::arm_timer(Duration deadline, Clock::Action action, void* context) {
  touch(clock_object, Access::read, 1);  // the clock's level is the number of armed timers
  const TimerId timer = clock_.arm(deadline, mix(running_->key, 0x200000000U + running_->timers++), action, context);
  update_clock();
  return timer;
}

void Execution::cancel_timer(TimerId timer) noexcept {
  const bool was_armed = clock_.cancel(timer);
  touch(clock_object, Access::read, was_armed ? -1 : 0);  // that it had fired is seen as well
  if (was_armed && options_.time == TimeMode::any_time) update_clock();
}

std::uint32_t Execution::alternative(std::uint32_t n) {
  if (n < 2 || tearing_down()) return 0;
  const std::uint32_t chosen = strategy_->next_choice(*this, n);
  HEDDLE_CHECK(chosen < n);
  decisions_.push_back({DecisionKind::choice, chosen, n});
  if (stepper_ != nullptr) {
    step_choices_.push_back(chosen);
  } else {  // the body's own, or a task's before its first step
    root_.hash = mix(root_.hash, chosen + 1);
  }
  return chosen;
}

void Execution::record_failure(FailureKind kind, std::string_view property) {
  if (result_.failure != FailureKind::none || tearing_down()) return;
  result_.failure = kind;
  last_step_ = 0;
  result_.property = arena_.copy(property);
  result_.failed_task = running_ == &root_ ? 0 : running_->id;
}

void Execution::fail(FailureKind kind, std::string_view property) {
  if (kind == FailureKind::property && !is_of_interest(property)) return;
  record_failure(kind, property);
  if (in_task() && !inspecting_ && !tearing_down() && kind != FailureKind::deadlock) leave_task();
}

void Execution::leave_task() {
  if (stepper_ == running_) close_step();
  switch_to(root_);
}

void Execution::teardown() {
  observing_ = false;
  attention_ = attention_teardown;
  for (TaskId id = first_task; id < task_count_; ++id) {
    Task& task = *tasks_[id];
    if (task.finished || !task.started) continue;
    task.starter = nullptr;
    running_ = &root_;
    switch_to(task);
    if (!task.finished) {  // it swallows its unwinding for ever: give up its stack rather than hang
      task.finished = true;
      task.fiber = nullptr;
    }
  }
  running_ = &root_;
  observing_ = is_observed();
  attention_ = 0;
}

bool Execution::prepare(const Op& op) {
  if (tearing_down()) return prepare_in_teardown(op);
  if ((attention_ & (attention_root | attention_inspect)) != 0 || inspecting_) return false;
  if ((attention_ & attention_cancel) != 0 && running_->cancel_in_flight && *thread_state_ == running_->at_cancel) {
    report_swallowed(*running_);
    return prepare_in_teardown(op);
  }
  if (stepper_ == running_) close_step();
  if (result_.failure != FailureKind::none) {  // an `always` property broke in that step
    switch_to(root_);
    return prepare_in_teardown(op);
  }
  return true;
}

bool Execution::prepare_in_teardown(const Op& op) {
  constexpr std::uint32_t endless = 1000;
  constexpr std::uint32_t hopeless = 2000;
  Task& task = *running_;
  if (&task == &root_ || std::uncaught_exceptions() > 0) return false;
  if (++task.inert_ops > hopeless) {
    switch_to(root_);  // abandoned there; never comes back
  }
  if (op.unwinds == Unwinds::at_once || (op.unwinds == Unwinds::if_endless && task.inert_ops > endless)) throw Unwind{};
  return false;
}

bool Execution::resumed(Task& self) {
  if (tearing_down()) return prepare_in_teardown(*self.pending.op);
  if ((attention_ & attention_observe) != 0) open_step(self);
  return true;
}

}  // namespace heddle::sim

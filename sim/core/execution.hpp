// One execution of a program under a strategy: tasks, scheduling points, decisions, virtual time, and the unwinding at
// the end.
//
// A program is a function from decisions to a trace. Code under test runs as tasks; before each visible operation a
// task *announces* the operation and lets the strategy decide who goes on. When the same task goes on, nothing is
// switched. A step is one visible operation and the local code up to the next scheduling point. A new task runs to its
// first scheduling point when it is created (or, for tasks created while the world is set up, when the world starts to
// run), so starting is no step.
//
// An `Execution` is re-used: `run` may be called again and again, and in steady state allocates nothing. The class is
// the engine room; what people use is `World` and the free functions in world.hpp. Primitives and models use the part
// headed "for primitives".
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/core/arena.hpp"
#include "sim/core/clock.hpp"
#include "sim/core/error.hpp"
#include "sim/core/execution_options.hpp"
#include "sim/core/hash.hpp"
#include "sim/core/measurement.hpp"
#include "sim/core/observer.hpp"
#include "sim/core/strategy.hpp"
#include "sim/core/task.hpp"
#include "sim/core/trace.hpp"
#include "sim/core/weak_memory.hpp"

namespace heddle::sim {

class World;
using Program = std::function<void(World&)>;

struct TaskOptions {
  WorkerPool* pool =
      nullptr;              ///< an async task: it starts, and goes on after each await, only with a worker of this pool
  bool background = false;  ///< the execution ends without waiting for it; it is unwound then
};

class Execution {
 public:
  explicit Execution(const ExecutionOptions& options = {});
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  enum class Detail : std::uint8_t {
    none,     ///< decisions only
    events,   ///< events with footprints
    explain,  ///< and the values people read
  };
  /// Runs `body` once under `strategy`. Throws `Error` for a wrong use of the API that no schedule can excuse.
  const ExecutionResult& run(const Program& body, Strategy& strategy, Detail detail = Detail::none);

  /// The execution that this OS thread is running. Throws `Error` outside of one.
  [[nodiscard]] static Execution& current() {
    if (current_ == nullptr) [[unlikely]]
      throw_no_execution();
    return *current_;
  }
  [[nodiscard]] static Execution* current_or_null() noexcept { return current_; }

  [[nodiscard]] const ExecutionOptions& options() const noexcept { return options_; }
  [[nodiscard]] const ExecutionResult& result() const noexcept { return result_; }
  [[nodiscard]] const std::vector<Decision>& decisions() const noexcept { return decisions_; }
  [[nodiscard]] const Recording& recording() const noexcept { return recording_; }
  [[nodiscard]] const std::vector<Sometimes>& sometimes() const noexcept { return sometimes_; }
  /// After a deadlock, when explaining: the tasks that wait for ever.
  [[nodiscard]] const std::vector<StuckRecord>& stuck() const noexcept { return stuck_; }
  /// Whether the last thousand recorded steps changed nothing: tasks look at the same again and again.
  [[nodiscard]] bool spins() const;
  [[nodiscard]] std::vector<TaskInfo> task_infos() const;
  [[nodiscard]] std::vector<ObjectInfo> object_infos() const;

  // For strategies.
  [[nodiscard]] const TaskSet& enabled() const noexcept { return enabled_; }
  /// Who has just made a step (or ended): a task, or the clock; the root is reported as the clock.
  [[nodiscard]] TaskId running() const noexcept { return timer_step_ == result_.steps ? clock_task : running_->id; }
  /// Whether to run `next` now is a preemption: another task has just made a step and could go on. Time that passes
  /// although some task is enabled counts as one too; whoever runs after it does not.
  [[nodiscard]] bool would_preempt(TaskId next) const noexcept {
    if (next == clock_task) return enabled_.size() > (enabled_.contains(clock_task) ? 1U : 0U);
    const TaskId last = running();
    return next != last && last != clock_task && enabled_.contains(last);
  }
  /// Whose step is being performed: null in the body's own code. Only while steps are hashed or recorded.
  [[nodiscard]] const Task* stepping() const noexcept { return stepper_; }
  [[nodiscard]] const Pending& pending(TaskId task) const noexcept { return tasks_[task]->pending; }
  [[nodiscard]] const Task& task(TaskId id) const noexcept { return *tasks_[id]; }
  /// Whether some property is looked at after every step, so that no two steps are independent.
  [[nodiscard]] bool has_always() const noexcept { return !always_.empty(); }
  [[nodiscard]] std::int32_t initial_level(ObjectId object) const noexcept { return objects_[object.index].level; }
  [[nodiscard]] std::uint64_t object_key(ObjectId object) const noexcept { return objects_[object.index].key; }
  [[nodiscard]] TaskId task_count() const noexcept { return task_count_; }

  /// Equal at two decisions about tasks iff the steps so far have the same happens-before relation (collisions aside):
  /// then the same can follow. Needs `ExecutionOptions::hash_traces`.
  [[nodiscard]] std::uint64_t prefix_hash() const noexcept;

  // For primitives and models.

  /// Registers an object that operations touch; call once per object, in its constructor.
  ObjectId add_object(std::string_view kind, Name name, std::int32_t level = 0);
  /// Registers a part of `whole` (a key of a store, a row of a table) that comes into being whenever some task first
  /// needs it. Its identity is that of the whole together with `part`, a hash of what names it: the same whoever comes
  /// first. Its `ObjectId` is not.
  ObjectId add_part(std::string_view kind, Name name, ObjectId whole, std::uint64_t part);
  /// Closes the running task's step and states its next operation. False when the operation must simply be performed
  /// without waiting or scheduling: while the world is set up or inspected, and while tasks are unwound. May throw
  /// then, as `op.unwinds` says.
  [[gnu::always_inline]] bool announce(const Op& op, ObjectId object, Access access, std::source_location where,
                                       Needs needs = Needs::nothing()) {
    if (attention_ != 0) [[unlikely]] {
      if (!prepare(op)) return false;
    }
    running_->pending = {&op, object, access, needs, where};
    return true;
  }
  /// Lets the strategy decide; returns when the running task's announced operation is to be performed. False: see
  /// `announce`.
  [[gnu::always_inline]] bool schedule() {
    Task& self = *running_;
    if (self.starter != nullptr) [[unlikely]] {
      return_to_starter(self);
    } else if (Task& next = pick(); &next != &self) {
      switch_to(next);
    }
    return attention_ == 0 || resumed(self);
  }
  /// An operation that never waits: `announce`, then `schedule`.
  [[gnu::always_inline]] bool step(const Op& op, ObjectId object, Access access, std::source_location where) {
    return announce(op, object, access, where) && schedule();
  }
  /// An operation that waits until `guard` holds. The task is listed in `waiters` meanwhile: whoever changes what the
  /// guard reads calls `refresh(waiters)`. With `WaitKind::await` throws `Cancelled` when the task is cancelled while
  /// it has to wait.
  bool wait_until(const Op& op, ObjectId object, Access access, Guard guard, TaskSet& waiters, WaitKind kind,
                  std::source_location where, Needs needs = Needs::something());
  /// An await that is answered by someone who is not modelled (a server, a disk): an async task gives its worker back,
  /// and the task may be aborted, or dropped by a timeout that fires here; otherwise the strategy alone decides when it
  /// goes on.
  bool suspend(const Op& op, ObjectId object, Access access, std::source_location where);
  /// The two halves of a wait, around `schedule`. The first belongs to the running step, in which the task found that
  /// it has to wait: an async task that awaits gives its worker back in it. Then the step is closed and the operation
  /// is announced; false: see `announce`.
  bool begin_wait(const Op& op, ObjectId object, Access access, Guard guard, WaitKind kind, std::source_location where,
                  Needs needs = Needs::something());
  /// Takes a worker again. Throws `Cancelled` when the task is dropped here: a timeout that fired, unless what it waits
  /// for is ready; or an abort of an async task.
  void end_wait();
  /// For an operation that is to be performed at once, but has to wait.
  [[noreturn]] void throw_waits_for_ever(const Op& op, ObjectId object) const;
  /// The object through which others end a wait of `task` that is not a matter of shared state alone: they write it
  /// when they hand something over to it, when its timeout fires, when they abort it. The task reads it when it goes
  /// on.
  ObjectId wake_up_of(Task& task);
  /// Re-evaluates the guards of waiting tasks.
  void refresh(const TaskSet& waiters);
  void refresh(TaskId task) { refresh_task(*tasks_[task]); }
  /// For a primitive whose waiters all have the same guard and keep their worker.
  void enable(const TaskSet& tasks) { enabled_.insert_all(tasks); }
  void disable(const TaskSet& tasks) noexcept { enabled_.erase_all(tasks); }
  void disable(TaskId task) noexcept { enabled_.erase(task); }
  /// Adds to the footprint of the running step; `change` is what it does to the object's level (see `Needs`).
  void touch(ObjectId object, Access access, std::int32_t change = 0) {
    if (observing_) [[unlikely]] {
      touches_.push_back({object, access, change});
      if (change != 0 && stepper_ == nullptr) objects_[object.index].level += change;  // before the first step
      if (weak_memory_ != nullptr && running_ != &root_ && stepper_ != tasks_[clock_task].get())
        weak_memory_->synchronise(running_->id, object, access);
    }
  }
  /// The same for what C++ does not take for synchronisation.
  void touch_unordered(ObjectId object, Access access) {
    if (observing_) [[unlikely]]
      touches_.push_back({object, access, 0});
  }
  /// Null while memory is sequentially consistent. `order` is the one asked for.
  [[nodiscard]] WeakMemory* weak_memory(std::memory_order order) noexcept {
    if (order != std::memory_order_seq_cst) asked_for_weak_memory_ = true;
    return weak_memory_;
  }
  [[nodiscard]] WeakMemory* weak_memory() noexcept { return weak_memory_; }
  /// Whether the last execution was sequentially consistent only because nobody had said otherwise.
  [[nodiscard]] bool wants_weak_memory() const noexcept {
    return asked_for_weak_memory_ && options_.memory == Memory::automatic;
  }
  /// Whether weak memory kept a task from seeing an overwritten value yet another time.
  [[nodiscard]] bool left_out_reads() const noexcept {
    return weak_memory_ != nullptr && weak_memory_->left_out_reads();
  }
  /// From the next execution on.
  void use_memory(Memory memory) noexcept { options_.memory = memory; }
  /// What is sequentially consistent touches this as well, in weak memory: accesses commute with each other, and not
  /// with fences.
  [[nodiscard]] ObjectId sequential_order() const noexcept { return sequential_order_; }
  /// A decision within the running step, in [0, n). Its alternatives belong to the step.
  std::uint32_t alternative(std::uint32_t n);
  /// Whether footprints are kept; if not, `touch` has no effect and what it would cost to name the objects can be
  /// saved.
  [[nodiscard]] bool observing() const noexcept { return observing_; }
  /// Whether values are wanted; format them only then.
  [[nodiscard]] bool explaining() const noexcept { return explaining_; }
  /// Adds a value that people read to the running step.
  template <class F>
  void note(F&& text) {
    if (explaining_) [[unlikely]]
      add_note(std::forward<F>(text)());
  }
  /// The running task has taken `object`, by its pending operation. For whoever observes; see observer.hpp.
  void note_held(ObjectId object, const Holding& how) {
    if (watching_) [[unlikely]]
      add_hold(running_->id, object, how, running_->pending.where);
  }
  void note_held(ObjectId object, const Holding& how, std::source_location where) {
    if (watching_) [[unlikely]]
      add_hold(running_->id, object, how, where);
  }
  /// The same for another task, on whose behalf the running one acts.
  void note_held_by(TaskId owner, ObjectId object, const Holding& how) {
    if (watching_) [[unlikely]]
      add_hold(owner, object, how, running_->pending.where);
  }
  /// `object` is given back: the running task's latest hold of it, or else the latest.
  void note_released(ObjectId object) {
    if (watching_) [[unlikely]]
      remove_hold(object);
  }
  /// See `Observer::on_blocked`; of the running task.
  void note_blocked(ObjectId object, bool is_refused) {
    if (watching_) [[unlikely]]
      observe([&](Observer& observer) { observer.on_blocked(*running_, object, is_refused); });
  }
  /// What is held now, in the order of taking. Kept only while somebody observes.
  [[nodiscard]] const std::vector<Hold>& holds() const noexcept { return holds_; }
  [[nodiscard]] std::uint64_t last_hold_serial() const noexcept { return hold_serial_; }
  void attach(Observer& observer);
  void detach(Observer& observer) noexcept;
  [[nodiscard]] const Clock& clock() const noexcept { return clock_; }
  /// Adds to the worst cases (see `Measurement`); `text` returns a std::string and is called only when explaining.
  template <class F>
  void measure(std::string_view contract, Duration value, Duration budget, std::string_view reason, F&& text) {
    if (tearing_down()) return;
    Measurement* worst = worse_than_before(contract, value, budget, reason);
    if (worst != nullptr && explaining_) worst->text = arena_.copy(std::string_view(std::forward<F>(text)()));
  }
  [[nodiscard]] const std::vector<Measurement>& measurements() const noexcept { return measurements_; }
  [[nodiscard]] bool tearing_down() const noexcept { return (attention_ & attention_teardown) != 0; }
  [[nodiscard]] Task& running_task() noexcept { return *running_; }
  [[nodiscard]] Task& task_at(TaskId id) noexcept { return *tasks_[id]; }
  /// False while the world is set up or inspected.
  [[nodiscard]] bool in_task() const noexcept { return running_ != &root_; }
  /// Whether a task is making a step, as opposed to the body that sets up or inspects the world. Known when steps are
  /// observed.
  [[nodiscard]] bool in_step() const noexcept { return stepper_ != nullptr; }
  [[nodiscard]] Arena& arena() noexcept { return arena_; }
  [[nodiscard]] std::string object_name(ObjectId object) const;
  [[nodiscard]] std::string object_text(ObjectId object) const;  ///< "mutex state"

  /// For joins: the running step saw the end of `task`.
  void note_join(const Task& task) {
    joined_ = task.id;
    if (weak_memory_ != nullptr) weak_memory_->join(running_->id, task.id);
  }

  Duration now() noexcept {
    touch(clock_object, Access::read);
    return clock_.now();
  }
  TimerId arm_timer(Duration deadline, Clock::Action action, void* context);
  void cancel_timer(TimerId timer) noexcept;

  /// Records a failure (the first one counts) and ends the execution: within a task, control comes back only to be
  /// unwound.
  void fail(FailureKind kind, std::string_view property);
  template <class F>
  void fail(FailureKind kind, std::string_view property, F&& message) {
    const bool counts = kind != FailureKind::property || is_of_interest(property);
    if (explaining_ && counts && result_.failure == FailureKind::none && !tearing_down())
      result_.message = arena_.copy(std::string_view(std::forward<F>(message)()));
    fail(kind, property);
  }
  [[nodiscard]] bool is_of_interest(std::string_view property) const noexcept {
    return options_.only_property.empty() || property == options_.only_property;
  }
  void mark_sometimes(std::string_view name, bool reached);
  /// Evaluated after every step.
  template <class F>
  void add_always(std::string_view property, F predicate);

  template <class F>
  TaskId add_task(Name name, F&& body, const TaskOptions& task_options = {}) {
    using Body = std::decay_t<F>;
    void* memory = arena_.allocate(sizeof(Body), alignof(Body));
    auto* stored = new (memory) Body(std::forward<F>(body));
    return add_closure(
        name, {stored, [](void* b) { (*static_cast<Body*>(b))(); }, [](void* b) { static_cast<Body*>(b)->~Body(); }},
        task_options);
  }
  /// Runs all tasks until they have ended. Throws `Unwind` when the execution ended before that.
  void run_tasks();
  /// Requests that a task be dropped at its next await that has to wait.
  void request_abort(Task& task);
  /// Called by a scope of `task` that fired.
  void cancel_fired(Task& task) {
    touch(wake_up_of(task), Access::write);
    refresh_task(task);
  }
  /// `scope` is the innermost one of `task` from now on, until its owner resets `Task::scope`.
  void enter_scope(Task& task, CancelScope& scope) noexcept;
  /// Ends the flight of a cancellation: its scope has caught it.
  void scope_unwound(Task& task, const CancelScope& scope);
  void cancellation_caught(Task& task) noexcept;
  /// Fails the execution: a handler caught a `Cancelled` and went on.
  void report_swallowed(const Task& task);

  static constexpr ObjectId clock_object{0};
  /// For operations that touch nothing.
  static constexpr ObjectId no_object{~std::uint32_t{0}};

 private:
  enum Attention : std::uint32_t {
    attention_observe = 1,
    attention_teardown = 2,
    attention_root = 4,
    attention_cancel = 8,
    attention_inspect = 16,
  };
  struct ObjectRecord {
    std::uint64_t key = 0;
    std::string_view kind;
    Name name;
    std::int32_t level = 0;                   ///< the initial one
    std::uint64_t hash[access_classes] = {};  ///< per class: of the events that a conflicting one comes after
  };
  struct AlwaysCheck {
    std::string_view property;
    bool (*holds)(const void*) = nullptr;
    const void* predicate = nullptr;
    void (*destroy)(void*) = nullptr;
  };

  [[noreturn]] static void throw_no_execution();
  [[noreturn]] static void fiber_loop(void* argument);

  void reset(Strategy& strategy, Detail detail);
  void reset_memory();
  [[nodiscard]] bool is_observed() const noexcept;
  void finish_run();
  TaskId add_closure(Name name, Closure closure, const TaskOptions& task_options);
  Task& new_task_slot();
  void start(Task& task);
  void run_body(Task& task);
  void end_task(Task& task);
  /// The task to run next; the root when the execution is over.
  [[gnu::always_inline]] Task& pick() {
    const std::uint32_t options = enabled_.size();
    if (options == 0 || result_.steps >= last_step_) [[unlikely]]
      return pick_slowly();
    const TaskId chosen = options > 1 || strategy_observes_ ? ask_strategy(options) : enabled_.nth(0);
    if (chosen == clock_task) [[unlikely]]
      return pick_after_timer();
    ++result_.steps;
    return *tasks_[chosen];
  }
  TaskId ask_strategy(std::uint32_t options) {
    const TaskId chosen = strategy_->next_task(*this);
    HEDDLE_CHECK(enabled_.contains(chosen));
    if (options > 1) decisions_.push_back({DecisionKind::task, chosen, options});
    return chosen;
  }
  Task& pick_slowly();
  Task& pick_after_timer();
  Task& no_task_enabled();
  Task& cut();
  void clock_step();
  void update_clock();
  [[gnu::always_inline]] void switch_to(Task& task) {
    Task& from = *running_;
    running_ = &task;
    Fiber::switch_between(*from.fiber, *task.fiber, thread_state_);
  }
  void return_to_starter(Task& task);
  bool prepare(const Op& op);
  bool prepare_in_teardown(const Op& op);
  bool resumed(Task& self);
  void open_step(Task& task);
  void close_step();
  [[nodiscard]] std::uint64_t trace_hash_now() const noexcept { return mix(trace_sum_, root_.hash); }
  void advance_hashes(Task& task);
  [[nodiscard]] std::uint64_t hash_step(const Task& task);
  void record_event(const Task& task);
  void check_always();
  void refresh_task(Task& task);
  static bool has_fired_scope(const Task& task) noexcept;
  static bool can_be_cancelled(const Task& task) noexcept;
  static bool is_to_be_dropped(const Task& task) noexcept;
  void give_worker_back(Task& task);
  void touch_pool(const WorkerPool& pool, Access access);
  void take_worker(Task& task);
  void deliver_cancellation(Task& task, bool ready);
  [[noreturn]] void throw_cancelled(Task& task, const CancelScope* scope);
  void record_failure(FailureKind kind, std::string_view property);
  void leave_task();
  void teardown();
  void add_note(std::string_view text);
  void add_hold(TaskId owner, ObjectId object, const Holding& how, std::source_location where);
  void remove_hold(ObjectId object);
  /// Calls `f(observer)` for each while tasks run.
  template <class F>
  void observe(F&& f) {
    if (tearing_down()) return;
    for (Observer* observer : observers_) f(*observer);
  }
  Measurement* worse_than_before(std::string_view contract, Duration value, Duration budget, std::string_view reason);
  void choose_cancellation(Task& task);
  void set_attention() noexcept;
  void find_stuck();
  std::string describe_deadlock() const;
  std::string describe_spin() const;
  std::string describe_cycle() const;

  inline static constinit thread_local Execution* current_ = nullptr;

  // Hot.
  Task* running_ = nullptr;
  std::uint32_t attention_ = 0;
  bool observing_ = false;
  bool explaining_ = false;
  bool recording_on_ = false;
  bool inspecting_ = false;
  bool strategy_observes_ = false;
  bool asked_for_weak_memory_ = false;
  bool watching_ = false;  ///< whether holds are listed: somebody observes, or the schedule is explained
  WeakMemory* weak_memory_ = nullptr;
  TaskSet enabled_;
  Strategy* strategy_ = nullptr;
  ExceptionState* thread_state_ = nullptr;
  std::vector<std::unique_ptr<Task>> tasks_;
  TaskId task_count_ = 0;
  std::uint32_t live_ = 0;
  ExecutionResult result_;
  std::uint64_t last_step_ = 0;  ///< the step limit; 0 once a failure is recorded, so that one comparison covers both
  std::vector<Decision> decisions_;

  Task root_;
  ExecutionOptions options_;
  Arena arena_;
  Clock clock_;
  std::uint32_t early_timers_ = 0;
  std::uint64_t timer_step_ = 0;  ///< the latest step made by the clock
  std::uint32_t cancellations_in_flight_ = 0;
  std::vector<ObjectRecord> objects_;
  std::vector<Sometimes> sometimes_;
  std::vector<AlwaysCheck> always_;
  std::vector<Observer*> observers_;
  std::vector<Hold> holds_;
  std::uint64_t hold_serial_ = 0;
  std::vector<Measurement> measurements_;
  std::unique_ptr<WeakMemory> own_weak_memory_;
  ObjectId sequential_order_ = no_object;

  // The open step, when observing.
  Task* stepper_ = nullptr;
  TaskId previous_stepper_ = 0;
  std::uint64_t trace_sum_ = 0;  ///< over all tasks, of their last events' hashes
  std::vector<AccessRecord> touches_;
  std::vector<std::uint32_t> step_choices_;
  std::vector<std::uint64_t> long_hash_input_;
  std::string note_;
  std::vector<StuckRecord> stuck_;
  TaskId joined_ = 0;
  bool step_preempts_ = false;
  Recording recording_;
};

template <class F>
void Execution::add_always(std::string_view property, F predicate) {
  void* memory = arena_.allocate(sizeof(F), alignof(F));
  auto* stored = new (memory) F(std::move(predicate));
  always_.push_back({arena_.copy(property), [](const void* p) -> bool { return (*static_cast<const F*>(p))(); }, stored,
                     [](void* p) { static_cast<F*>(p)->~F(); }});
  set_attention();
}

}  // namespace heddle::sim

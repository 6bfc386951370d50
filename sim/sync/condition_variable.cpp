#include "sim/sync/condition_variable.hpp"

#include <optional>

namespace heddle::sim {

/// One wait: its place among the waiters, and its timer.
class ConditionVariable::Wait {
 public:
  Wait(ConditionVariable& variable, Mutex& mutex, Execution& execution)
      : variable_(variable), mutex_(mutex), execution_(execution) {}
  ~Wait() {
    if (timer_) execution_.cancel_timer(*timer_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  void line_up(const Duration* patience) {
    execution_.touch(variable_.object_, Access::write);
    if (variable_.spurious_left_ > 0 && execution_.alternative(2) == 1) {
      --variable_.spurious_left_;
      execution_.note([] { return std::string("to be woken spuriously"); });
      waiter_.grant_at_once();
      return;
    }
    variable_.queue_.push(execution_, waiter_);
    ++variable_.waiting_;
    if (patience != nullptr) timer_ = execution_.arm_timer(execution_.now() + *patience, &Wait::on_fire, this);
  }
  [[nodiscard]] Guard guard() const noexcept {
    return {[](const void* w) {
              const auto& wait = *static_cast<const Wait*>(w);
              return wait.waiter_.is_granted() && !wait.mutex_.is_locked();
            },
            this};
  }
  [[nodiscard]] bool finish() {
    waiter_.finish(execution_);
    return fired_;
  }

 private:
  static void on_fire(void* w) {
    auto& wait = *static_cast<Wait*>(w);
    if (wait.waiter_.is_granted()) {  // a notification came first
      wait.execution_.touch(wait.execution_.wake_up_of(wait.execution_.task_at(wait.waiter_.task)), Access::read);
      return;
    }
    wait.fired_ = true;
    wait.execution_.touch(wait.variable_.object_, Access::write);
    --wait.variable_.waiting_;
    wait.variable_.queue_.grant(wait.execution_, wait.waiter_);
  }

  ConditionVariable& variable_;
  Mutex& mutex_;
  Execution& execution_;
  Waiter waiter_;
  std::optional<TimerId> timer_;
  bool fired_ = false;
};

ConditionVariable::ConditionVariable(Name name, std::uint32_t spurious_wake_ups)
    : object_(Execution::current().add_object("condition variable", name)), spurious_left_(spurious_wake_ups) {}

ConditionVariable::Woken ConditionVariable::wait_once(std::unique_lock<Mutex>& lock, const Duration* patience,
                                                      std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::wait, object_, Access::write, where)) {
    if (!execution.tearing_down()) execution.throw_waits_for_ever(ops::wait, object_);
    return Woken::at_the_end;
  }
  Mutex& mutex = *lock.mutex();
  const TaskId self = execution.running_task().id;
  if (!lock.owns_lock() || mutex.owner_ != self) {
    execution.fail(FailureKind::misuse, "wait_by_owner", [&] {
      return "task " + execution.running_task().name.str() + " waits on " + execution.object_name(object_) +
             " without holding mutex " + execution.object_name(mutex.object_);
    });
    return Woken::at_the_end;
  }
  Wait wait(*this, mutex, execution);
  wait.line_up(patience);
  mutex.give_up(execution);
  if (!execution.begin_wait(ops::relock, mutex.object_, Access::write, wait.guard(), WaitKind::block, where))
    return Woken::at_the_end;
  mutex.special_waiters_.insert(self);
  if (!execution.schedule()) return Woken::at_the_end;
  mutex.special_waiters_.erase(self);
  execution.end_wait();
  mutex.take(execution, self);
  return wait.finish() ? Woken::by_timer : Woken::by_notification;
}

CvStatus ConditionVariable::wait_for(std::unique_lock<Mutex>& lock, Duration patience, std::source_location where) {
  return wait_once(lock, &patience, where) == Woken::by_timer ? CvStatus::timeout : CvStatus::no_timeout;
}

void ConditionVariable::notify_one(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::notify_one, object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(object_, Access::write);
  if (waiting_ == 0) {
    execution.note([] { return std::string("nobody waits"); });
    return;
  }
  Waiter* chosen = queue_.front();
  for (std::uint32_t skip = execution.alternative(waiting_); skip > 0; --skip) chosen = chosen->next;
  execution.note([&] { return "wakes " + execution.task(chosen->task).name.str(); });
  --waiting_;
  queue_.grant(execution, *chosen);
}

void ConditionVariable::notify_all(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::notify_all, object_, Access::write, where) && execution.tearing_down()) return;
  execution.touch(object_, Access::write);
  execution.note([&] { return "wakes " + std::to_string(waiting_); });
  while (Waiter* waiter = queue_.front()) queue_.grant(execution, *waiter);
  waiting_ = 0;
}

}  // namespace heddle::sim

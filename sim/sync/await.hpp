// Awaiting: what an async runtime's futures are to code under test. An awaitable is one operation that may have to
// wait; `await` performs it, `select` (sim/runtime) waits for the first of several. A waiting async task gives its
// worker back, and any waiting task may be dropped there, by a timeout or an abort: then the awaitable is destroyed
// without having been finished, and undoes what it began.
//
// A type models `Awaitable` if it has
//   Result             what the await returns;
//   queues             whether starting has an effect, such as joining a queue. Then starting is a step of its own.
//   Otherwise a thread
//                      simply waits until it is ready; an async task always has a look first, in a step of its own;
//   op(), object()     what people read;
//   start(execution)   in the running step, at most once: take what can be had at once, or queue up;
//   is_ready()         whether it can be finished; no effects. Whoever makes it true or false calls
//   `Execution::refresh`; waiters()          where a waiting task is listed for that refresh; null if others know the
//   task otherwise; observe(execution) touches what `is_ready` reads; finish(execution)  the operation proper, with its
//   footprint; inert()            the result for code that runs on after its execution has ended, and only to be
//   unwound.
#pragma once

#include <concepts>
#include <source_location>
#include <type_traits>

#include "sim/core/execution.hpp"

namespace heddle::sim {

template <class A>
concept Awaitable = requires(A& awaitable, const A& observed, Execution& execution) {
  typename A::Result;
  { A::queues } -> std::convertible_to<bool>;
  { observed.op() } -> std::same_as<const Op&>;
  { observed.object() } -> std::same_as<ObjectId>;
  awaitable.start(execution);
  { observed.is_ready() } -> std::same_as<bool>;
  { awaitable.waiters() } -> std::same_as<TaskSet*>;
  awaitable.observe(execution);
  { awaitable.finish(execution) } -> std::same_as<typename A::Result>;
  { A::inert() } -> std::same_as<typename A::Result>;
};

namespace detail {

template <Awaitable A>
[[nodiscard]] Guard guard_of(const A& awaitable) {
  return {[](const void* a) { return static_cast<const A*>(a)->is_ready(); }, &awaitable};
}

/// Outside of tasks, or while the task is only being unwound.
template <Awaitable A>
typename A::Result await_at_once(Execution& execution, A& awaitable) {
  if (execution.tearing_down()) return A::inert();
  awaitable.start(execution);
  if (!awaitable.is_ready()) execution.throw_waits_for_ever(awaitable.op(), awaitable.object());
  return awaitable.finish(execution);
}

}  // namespace detail

/// Waits until `awaitable` is ready and returns its result. Throws `Cancelled` when the task is dropped meanwhile.
template <class A>
  requires Awaitable<std::remove_cvref_t<A>>
auto await(A&& awaitable, std::source_location where = std::source_location::current()) ->
    typename std::remove_cvref_t<A>::Result {
  using Kind = std::remove_cvref_t<A>;
  Execution& execution = Execution::current();
  const Task& self = execution.running_task();
  if (Kind::queues || self.pool != nullptr) {
    if (!execution.announce(awaitable.op(), awaitable.object(), Access::write, where))
      return detail::await_at_once(execution, awaitable);
    if (!execution.schedule()) return Kind::inert();
    awaitable.start(execution);
    if (awaitable.is_ready()) return awaitable.finish(execution);
    awaitable.observe(execution);
  }
  const Access access = Kind::queues ? Access::read : Access::write;
  if (!execution.begin_wait(awaitable.op(), awaitable.object(), access, detail::guard_of(awaitable), WaitKind::await,
                            where))
    return detail::await_at_once(execution, awaitable);
  if (TaskSet* waiters = awaitable.waiters()) waiters->insert(self.id);
  if (!execution.schedule()) return Kind::inert();
  if (TaskSet* waiters = awaitable.waiters()) waiters->erase(self.id);
  execution.end_wait();
  return awaitable.finish(execution);
}

}  // namespace heddle::sim

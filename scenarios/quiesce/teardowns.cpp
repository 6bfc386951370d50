// Properties:
//  - deadlock;
//  - report_matches_reality: nobody observes a clean report of a worker whose epilogue failed;
//  - events_not_lost: what was sent before the adapter is cancelled is persisted.
#include <fmt/format.h>

#include "scenarios/quiesce/gate.hpp"
#include "scenarios/quiesce/shutdowns.hpp"
#include "scenarios/quiesce/thread_registry.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/runtime/select.hpp"
#include "sim/sync/channel.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using quiesce::Ended;
using quiesce::Gate;
using quiesce::Key;
using quiesce::ThreadRegistry;

constexpr sim::Duration patience = 5s;

enum class Join : std::uint8_t { block, fail_fast };

/// Joins a worker as a thread does. False: refused, because that would block the only worker thread of the runtime that
/// the worker needs to end.
bool shut_down_from_anywhere(const sim::CancellationToken& cancel, sim::TaskId worker, bool on_the_only_worker,
                             Join how) {
  if (how == Join::fail_fast && on_the_only_worker) return false;
  cancel.cancel();
  sim::TaskHandle(worker).join();
  return true;
}

void single_worker_runtime(sim::World& world, Join how) {
  sim::Runtime runtime(1, "host");
  const sim::CancellationToken cancel("cancel");
  auto worker = runtime.spawn("worker", [&] { cancel.cancelled(); });
  bool refused = false;
  auto caller = runtime.spawn("shutdown on the runtime",
                              [&, how] { refused = !shut_down_from_anywhere(cancel, worker.id(), true, how); });
  world.task("main thread", [&, how] {
    caller.join();
    if (refused) shut_down_from_anywhere(cancel, worker.id(), false, how);
  });
  world.run();
  world.sometimes("the shutdown was refused on the runtime", refused);
}

enum class Panic : std::uint8_t {
  unwind,  ///< guards run, and the joiner sees the panic
  abort,   ///< the process ends there: guards do not run, nobody observes anything
  swallow  ///< it is caught and logged
};

void panic_in_epilogue(sim::World& world, Panic how) {
  ThreadRegistry registry;
  Gate gate;
  sim::Atomic<bool> process_ended(false, "process ended");
  registry.spawn(Key::identity, 0, [&, how](const sim::CancellationToken& cancel) {
    auto raised = gate.hold();
    cancel.cancelled();
    switch (how) {
      case Panic::unwind:
        throw std::runtime_error("the epilogue failed");
      case Panic::abort:
        process_ended.store(true);
        return raised.abandon();
      case Panic::swallow:
        return;
    }
  });
  bool observed = false;
  world.task("shutdown", [&] {
    const Ended ended = registry.shutdown(patience)[static_cast<std::size_t>(Key::identity)];
    if (process_ended.load()) return;  // this is not executed any more
    observed = true;
    sim::check("report_matches_reality", ended != Ended::cleanly,
               [] { return std::string("the worker's epilogue failed, and its end is reported as clean"); });
  });
  world.run();
  world.sometimes("the run ended as it had to", observed == (how != Panic::abort));
  world.check("gate_returns_to_zero", how == Panic::abort || gate.is_down_at_the_end());
}

enum class OnCancel : std::uint8_t { drop_buffer, drain_on_cancel };

constexpr int event_count = 2;

/// Persists events as they come, until it is cancelled.
void event_adapter(sim::Receiver<int>& events, const sim::CancellationToken& cancel, OnCancel rule, int& persisted) {
  for (;;) {
    const auto first = sim::select_biased(cancel.cancellation(), events.receiving());
    if (first.index() == 1) {
      if (!std::get<1>(first)) return;
      ++persisted;
      continue;
    }
    if (rule == OnCancel::drop_buffer) return;
    events.close();
    while (events.try_recv().message) ++persisted;
    return;
  }
}

void cancel_the_adapter(sim::World& world, OnCancel rule) {
  ThreadRegistry registry;
  auto events = sim::channel<int>(event_count, "events");
  int persisted = 0;
  int buffered = 0;
  registry.spawn(Key::event_adapter, 10, [&, rule](const sim::CancellationToken& cancel) {
    event_adapter(events.receiver, cancel, rule, persisted);
  });
  const sim::TaskHandle producer = world.task("producer", [&] {
    for (int i = 0; i < event_count; ++i) static_cast<void>(events.sender.send(i));
  });
  world.task("shutdown", [&, producer] {
    producer.join();
    buffered = static_cast<int>(events.receiver.size());
    registry.shutdown(patience);
  });
  world.run();
  world.sometimes("events were buffered at the shutdown", buffered > 0);
  world.check("events_not_lost", persisted == event_count,
              [&] { return fmt::format("{} events were sent, and {} are persisted", event_count, persisted); });
}

}  // namespace

Scenario shutdown_on_single_worker_runtime() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "shutdown_on_single_worker_runtime";
  scenario.summary = "shutdown joins as a thread does, on the only worker thread of a runtime";
  scenario.properties = {"deadlock"};
  scenario.variants = {
      workload_variant("block", "blocks the thread that the worker needs to end", single_worker_runtime, Join::block,
                       {.violates = scenario.properties}),
      workload_variant("fail_fast", "refuses there, and is called again from a thread", single_worker_runtime,
                       Join::fail_fast, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario panic_in_teardown() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "panic_in_teardown";
  scenario.summary = "the epilogue of a worker panics";
  scenario.properties = {"report_matches_reality"};
  scenario.variants = {
      workload_variant("unwind", "guards run, and the report says that it panicked", panic_in_epilogue, Panic::unwind,
                       {.holds = scenario.properties}),
      workload_variant("abort", "the process ends there, and nobody observes a report", panic_in_epilogue, Panic::abort,
                       {.holds = scenario.properties}),
      workload_variant("swallow", "the panic is caught and logged", panic_in_epilogue, Panic::swallow,
                       {.violates = scenario.properties}),
  };
  return scenario;
}

Scenario event_adapter_cancel() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "event_adapter_cancel";
  scenario.summary = "events are still buffered when the event adapter is cancelled";
  scenario.properties = {"events_not_lost"};
  scenario.variants = {
      workload_variant("drop_buffer", "returns when it is cancelled", cancel_the_adapter, OnCancel::drop_buffer,
                       {.violates = scenario.properties}),
      workload_variant("drain_on_cancel", "closes its channel, and persists what is in it", cancel_the_adapter,
                       OnCancel::drain_on_cancel, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

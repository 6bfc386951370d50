// Properties:
//  - gate_returns_to_zero: at the end nobody holds the gate;
//  - nothing_leaks_when_dropped: whoever is dropped at an await takes no gate with him;
//  - no_callback_after_destroy (see surroundings.hpp);
//  - report_matches_reality: a worker that is reported as not running does not run.
#include "scenarios/quiesce/lifecycle.hpp"

#include "properties/ledger.hpp"
#include "scenarios/quiesce/coordinator.hpp"
#include "scenarios/quiesce/thread_registry.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/runtime/cancellable.hpp"
#include "sim/runtime/select.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using quiesce::Coordinator;
using quiesce::Ended;
using quiesce::Gate;
using quiesce::Host;
using quiesce::Key;
using quiesce::SlotRule;
using quiesce::Store;
using quiesce::ThreadRegistry;

constexpr sim::Duration pass_time = 1s;
constexpr sim::Duration patience = 5s;

enum class Hook : std::uint8_t { by_hand, raii_guard };

/// Quiesces, with the gate up from when there is somebody to wait for.
void quiesce_with_hook(ThreadRegistry& registry, Gate& gate, Hook how) {
  if (how == Hook::raii_guard) {
    std::optional<Gate::Hold> raised;
    registry.quiesce(Key::identity, patience, [&] { raised.emplace(gate); });
    return;
  }
  const Ended ended = registry.quiesce(Key::identity, patience, [&] { gate.add(); });
  if (ended != Ended::not_running) gate.subtract();  // where nobody runs, the hook was not called
}

void restart_beside_a_quiesce(sim::World& world, Hook how) {
  ThreadRegistry registry;
  Gate gate;
  registry.spawn(Key::identity, 0, [](const sim::CancellationToken& cancel) { cancel.cancelled(); });
  world.task("quiesce", [&, how] { quiesce_with_hook(registry, gate, how); });
  world.task("restart", [&] { registry.spawn(Key::identity, 0, [](const sim::CancellationToken&) {}); });
  world.run();
  world.check("gate_returns_to_zero", gate.is_down_at_the_end(), [] {
    return std::string("the worker was superseded after the hook had raised the gate, and nobody lowers it");
  });
}

/// A drain that its caller may drop at each await.
void drop_the_drain(sim::World& world, Hook how) {
  const properties::Ledger ledger(world);
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  bool drained = false;
  world.task("pass", [&] { coordinator.sync_now(pass_time); });
  world.task("clear", [&, how] {
    drained = sim::cancellable([&] {
      if (how == Hook::raii_guard) {
        const auto raised = coordinator.gate().hold();
        coordinator.drain();
      } else {
        coordinator.gate().add();
        coordinator.drain();
        coordinator.gate().subtract();
      }
    });
  });
  world.run();
  world.sometimes("the drain ended", drained);
  world.sometimes("the drain was dropped", !drained);
}

enum class Destroy : std::uint8_t { destroy_at_once, drain_first };

void stop_then_destroy(sim::World& world, Destroy how) {
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  ThreadRegistry registry;
  registry.spawn(Key::identity, 0, [&](const sim::CancellationToken& cancel) {
    while (!cancel.is_cancelled()) coordinator.sync_now(pass_time);
  });
  world.task("host", [&, how] {
    registry.stop(Key::identity);
    const bool in_flight = coordinator.is_syncing();
    sim::sometimes("stop returned while a pass was in flight", in_flight);
    if (how == Destroy::drain_first) {
      const auto gate = coordinator.gate().hold();
      registry.quiesce(Key::identity, patience);
      coordinator.drain();
      sim::sometimes("destroy waited for that pass", in_flight);
    }
    host.free_context();
  });
  world.run();
}

void stop_start_stop(sim::World& world, SlotRule rule) {
  ThreadRegistry registry({.slot = rule});
  const auto loop = [](const sim::CancellationToken& cancel) {
    static_cast<void>(sim::select(cancel.cancellation(), sim::sleeping(60s)));
  };
  registry.spawn(Key::identity, 0, loop);
  bool was_restarted = false;
  world.task("host", [&] {
    registry.stop(Key::identity);
    was_restarted = registry.spawn(Key::identity, 0, loop);
    registry.stop(Key::identity);
    const Ended ended = registry.quiesce(Key::identity, patience);
    sim::sleep(patience);  // the first one, which was only told to stop, has ended by then
    sim::check("report_matches_reality", ended == Ended::still_running || registry.running() == 0,
               [] { return std::string("the restarted worker is reported as ended, and still runs"); });
  });
  world.run();
  world.sometimes("the worker was restarted", was_restarted);
}

}  // namespace

Scenario superseded_during_quiesce() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "superseded_during_quiesce";
  scenario.summary = "a restart of the same key makes a quiesce return 'not running' after its hook has fired";
  scenario.properties = {"gate_returns_to_zero"};
  scenario.variants = {
      workload_variant("subtract_unless_not_running", "where nobody was running, the hook cannot have fired",
                       restart_beside_a_quiesce, Hook::by_hand, {.violates = scenario.properties}),
      workload_variant("raii_guard", "whatever the quiesce returns, a guard lowers what it raised",
                       restart_beside_a_quiesce, Hook::raii_guard, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario cancelled_drain() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "cancelled_drain";
  scenario.summary = "whoever awaits a drain may drop it, at each of its awaits (cancel = each)";
  scenario.properties = {std::string(properties::Ledger::when_dropped)};
  const sim::ExecutionOptions each{.cancel = sim::Cancel::each};
  scenario.variants = {
      workload_variant("hook_add_subtract_after_await", "adds one to the gate, and subtracts it after the await",
                       drop_the_drain, Hook::by_hand, {.violates = scenario.properties}, each),
      workload_variant("raii_guard", "holds the gate by a guard", drop_the_drain, Hook::raii_guard,
                       {.holds = scenario.properties}, each),
  };
  return scenario;
}

Scenario stop_is_cancel_only() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "stop_is_cancel_only";
  scenario.summary = "stop returns while a pass is in flight, and destroy returns only after it has drained";
  scenario.properties = {"no_callback_after_destroy"};
  scenario.variants = {
      workload_variant("destroy_at_once", "frees the context when stop has returned", stop_then_destroy,
                       Destroy::destroy_at_once, {.violates = scenario.properties}),
      workload_variant("drain_first", "destroy raises the gate, joins and drains before", stop_then_destroy,
                       Destroy::drain_first, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario restart_in_place() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "restart_in_place";
  scenario.summary = "stop, start, stop on one key, while the first worker is still on its way out";
  scenario.properties = {"report_matches_reality"};
  scenario.variants = {
      workload_variant("slot_emptied_by_worker", "a worker that ends empties its slot, whoever is in it",
                       stop_start_stop, SlotRule::emptied_by_worker, {.violates = scenario.properties}),
      workload_variant("slot_left_to_joiner", "a slot is emptied by whoever joins the worker in it", stop_start_stop,
                       SlotRule::left_to_joiner, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

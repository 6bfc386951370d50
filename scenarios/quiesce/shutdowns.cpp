// Properties (see surroundings.hpp for the first two):
//  - no_callback_after_destroy;
//  - no_store_after_sink_is_down;
//  - report_matches_reality: a shutdown that reports a clean end leaves no worker running.
#include "scenarios/quiesce/shutdowns.hpp"

#include "scenarios/quiesce/coordinator.hpp"
#include "scenarios/quiesce/thread_registry.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/sync/rw_lock.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using quiesce::Coordinator;
using quiesce::Ended;
using quiesce::Gate;
using quiesce::Host;
using quiesce::Key;
using quiesce::ShutdownOrder;
using quiesce::Store;
using quiesce::ThreadRegistry;

constexpr sim::Duration pass_time = 1s;
constexpr sim::Duration patience = 5s;
constexpr int coordinator_weight = 0;
constexpr int sink_weight = 10;

/// The sink that persists what the coordinators store, until it is cancelled.
void spawn_sink(ThreadRegistry& registry, Store& store) {
  registry.spawn(Key::event_adapter, sink_weight, [&](const sim::CancellationToken& cancel) {
    cancel.cancelled();
    store.close();
  });
}

enum class Shutdown : std::uint8_t {
  registry_only,
  registry_only_behind_handle_lock,
  gates_per_quiesce,
  gates_held_throughout,
};

/// Ends everything that the registry knows, after what the variant does about direct passes.
void shut_down(Shutdown how, Coordinator& coordinator, ThreadRegistry& registry) {
  std::optional<Gate::Hold> gate;
  if (how == Shutdown::gates_per_quiesce) coordinator.quiesce();
  if (how == Shutdown::gates_held_throughout) {
    gate.emplace(coordinator.gate());
    coordinator.drain();
  }
  coordinator.close();
  registry.shutdown(patience);
}

void against_sync_now(sim::World& world, Shutdown how) {
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  ThreadRegistry registry;
  spawn_sink(registry, store);
  sim::RwLock handle("FFI handle");
  const bool locks = how == Shutdown::registry_only_behind_handle_lock;
  bool synced = false;
  world.task("direct caller", [&, locks] {
    std::optional<sim::ReadGuard> using_it;
    if (locks) using_it.emplace(handle);
    synced = coordinator.sync_now(pass_time);
  });
  world.task("host", [&, how, locks] {
    std::optional<sim::WriteGuard> alone;
    if (locks) alone.emplace(handle);
    shut_down(how, coordinator, registry);
    host.free_context();
  });
  world.run();
  world.sometimes("the direct pass ran", synced);
  world.sometimes("the direct pass was refused", !synced);
}

enum class Merge : std::uint8_t {
  merge_overwrites,       ///< what the coordinator's own quiesce said goes over what the registry says
  merge_only_not_running  ///< it counts only where the registry found nobody
};

void start_beside_shutdown(sim::World& world, Merge rule) {
  ThreadRegistry registry;
  const auto well_behaved = [](const sim::CancellationToken& cancel) { cancel.cancelled(); };
  const auto wedged = [](const sim::CancellationToken&) { sim::sleep(30s); };
  registry.spawn(Key::identity, coordinator_weight, well_behaved);
  bool slipped_in = false;
  world.task("start", [&] { slipped_in = registry.spawn(Key::identity, coordinator_weight, wedged); });
  world.task("shutdown", [&, rule] {
    const Ended of_quiesce = registry.quiesce(Key::identity, patience);
    const Ended of_registry = registry.shutdown(patience)[static_cast<std::size_t>(Key::identity)];
    Ended merged = of_registry;
    if (rule == Merge::merge_overwrites ? of_quiesce != Ended::not_running : of_registry == Ended::not_running)
      merged = of_quiesce;
    sim::sometimes("a wedged worker was reported", merged == Ended::still_running);
    sim::check("report_matches_reality", merged == Ended::still_running || registry.running() == 0,
               [] { return std::string("the report says that the worker ended cleanly, and a fresh one is wedged"); });
  });
  world.run();
  world.sometimes("a fresh worker slipped in", slipped_in);
  world.sometimes("the fresh worker was refused", !slipped_in);
}

void sink_beside_its_producer(sim::World& world, ShutdownOrder order) {
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  ThreadRegistry registry({.shutdown = order});
  spawn_sink(registry, store);
  bool synced = false;
  registry.spawn(Key::identity, coordinator_weight, [&](const sim::CancellationToken& cancel) {
    if (!cancel.is_cancelled()) synced = coordinator.sync_now(pass_time);
  });
  world.task("shutdown", [&] { registry.shutdown(patience); });
  world.run();
  world.sometimes("a pass was in flight at the shutdown", synced);
}

}  // namespace

Scenario shutdown_against_sync_now() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "shutdown_against_sync_now";
  scenario.summary = "a direct pass, which the registry does not know, against shutdown and destroy";
  scenario.properties = {"no_callback_after_destroy", "no_store_after_sink_is_down"};
  scenario.variants = {
      // A pass that outlives the shutdown stores before it calls back: who looks at both finds both.
      workload_variant("registry_only", "ends the registry's workers; gates are never raised", against_sync_now,
                       Shutdown::registry_only, {.violates = scenario.properties}),
      workload_variant("registry_only_behind_handle_lock",
                       "the same behind the FFI handle lock: sync under read, destroy under write", against_sync_now,
                       Shutdown::registry_only_behind_handle_lock, {.holds = scenario.properties}),
      workload_variant("gates_per_quiesce", "the gate drops when the quiesce returns, before closing is set",
                       against_sync_now, Shutdown::gates_per_quiesce, {.violates = scenario.properties}),
      workload_variant("gates_held_throughout", "the gate is held until closing is set and the sink is down",
                       against_sync_now, Shutdown::gates_held_throughout, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario start_during_shutdown() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "start_during_shutdown";
  scenario.summary = "a fresh worker slips in between the coordinator's quiesce and the registry's closing";
  scenario.properties = {"report_matches_reality"};
  scenario.variants = {
      workload_variant("merge_overwrites", "the quiesce's report goes over the registry's", start_beside_shutdown,
                       Merge::merge_overwrites, {.violates = scenario.properties}),
      workload_variant("merge_only_not_running", "the quiesce's report counts where the registry found nobody",
                       start_beside_shutdown, Merge::merge_only_not_running, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario weights() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "weights";
  scenario.summary = "the sink is torn down beside a coordinator that still stores";
  scenario.properties = {"no_store_after_sink_is_down"};
  scenario.variants = {
      workload_variant("all_at_once", "all workers are cancelled at the same time", sink_beside_its_producer,
                       ShutdownOrder::all_at_once, {.violates = scenario.properties}),
      workload_variant("by_weight", "the sink is cancelled when the coordinators have ended", sink_beside_its_producer,
                       ShutdownOrder::by_weight, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

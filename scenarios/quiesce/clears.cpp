// Properties (see surroundings.hpp for the first two):
//  - no_pass_while_wiping;
//  - store_empty_after_clear;
//  - host_and_store_agree: at the end either both the host and the store have the wallet's rows, or neither has.
#include "scenarios/quiesce/clears.hpp"

#include "scenarios/quiesce/coordinator.hpp"
#include "scenarios/quiesce/thread_registry.hpp"
#include "scenarios/workload_variant.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using quiesce::Coordinator;
using quiesce::CoordinatorRules;
using quiesce::GateKind;
using quiesce::Host;
using quiesce::Key;
using quiesce::QuiesceRule;
using quiesce::Store;
using quiesce::ThreadRegistry;

constexpr sim::Duration quick_pass = 1s;
constexpr sim::Duration slow_pass = 30s;
constexpr sim::Duration patience = 5s;

void quiesce_beside_a_clear(sim::World& world, CoordinatorRules rules) {
  Store store;
  Host host;
  Coordinator coordinator(store, host, rules);
  bool synced = false;
  world.task("clear", [&] { coordinator.clear(); });
  world.task("quiesce", [&] { coordinator.quiesce(); });
  world.task("sync_now", [&] { synced = coordinator.sync_now(quick_pass); });
  world.run();
  world.sometimes("a pass ran", synced);
  world.sometimes("a pass was refused", !synced);
}

enum class Start : std::uint8_t { reopen_gate_after_check, refcounted_gate };

/// Starts the periodic loop, whose first pass begins at once.
void spawn_periodic_loop(Coordinator& coordinator, Start how, bool& synced) {
  if (coordinator.clearing().is_raised()) return;
  // A quiesce before may have left the gate up, so whoever starts takes it down.
  if (how == Start::reopen_gate_after_check) coordinator.gate().reopen();
  sim::spawn("worker", [&] { synced = coordinator.sync_now(quick_pass); }).join();
}

void spawn_beside_a_clear(sim::World& world, Start how) {
  Store store;
  Host host;
  Coordinator coordinator(store, host, {.gate = how == Start::refcounted_gate ? GateKind::refcounted : GateKind::flag});
  bool synced = false;
  world.task("clear", [&] { coordinator.clear(); });
  world.task("start", [&, how] { spawn_periodic_loop(coordinator, how, synced); });
  world.run();
  world.sometimes("a pass ran", synced);
  world.sometimes("no pass ran", !synced);
}

enum class Orphans : std::uint8_t { wipe_anyway, refuse_with_shutdown_incomplete };

/// Ends the worker and the pass in flight, each for at most so long, and wipes. False: shutdown incomplete, and nothing
/// was wiped.
bool clear_shielded(ThreadRegistry& registry, Coordinator& coordinator, Orphans rule) {
  const auto latch = registry.clearing(Key::shielded).hold();
  const auto gate = coordinator.gate().hold();
  registry.quiesce(Key::shielded, patience);
  const bool drained = sim::timeout(patience, [&] { coordinator.drain(); });
  const bool is_quiet = drained && !registry.has_living_orphan(Key::shielded);
  if (rule == Orphans::refuse_with_shutdown_incomplete && !is_quiet) return false;
  coordinator.store().wipe();
  return true;
}

void clear_beside_a_slow_worker(sim::World& world, Orphans rule) {
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  ThreadRegistry registry;
  registry.spawn(Key::shielded, 0, [&](const sim::CancellationToken&) {
    coordinator.sync_now(sim::choose(2, "the pass is slow") == 1 ? slow_pass : quick_pass);
  });
  bool wiped = false;
  world.task("clear", [&, rule] { wiped = clear_shielded(registry, coordinator, rule); });
  world.run();
  world.sometimes("the store was wiped", wiped);
  if (rule == Orphans::refuse_with_shutdown_incomplete) world.sometimes("the clear was refused", !wiped);
}

enum class OnError : std::uint8_t { log_and_continue, stop_on_error };

void host_clears(sim::World& world, OnError rule) {
  Store store;
  Host host;
  Coordinator coordinator(store, host);
  ThreadRegistry registry;
  registry.spawn(Key::shielded, 0, [&](const sim::CancellationToken&) {
    coordinator.sync_now(sim::choose(2, "the pass is slow") == 1 ? slow_pass : quick_pass);
  });
  bool host_has_rows = true;
  bool failed = false;
  world.task("host", [&, rule] {
    sim::sleep(quick_pass);
    failed = !clear_shielded(registry, coordinator, Orphans::refuse_with_shutdown_incomplete);
    if (failed && rule == OnError::stop_on_error) return;
    host_has_rows = false;
  });
  world.run();
  world.sometimes("the clear failed", failed);
  world.sometimes("the clear succeeded", !failed);
  world.check("host_and_store_agree", host_has_rows == !store.is_empty_at_the_end(), [] {
    return std::string("the host deleted its rows, and the store, which was not cleared, still has its own");
  });
}

}  // namespace

Scenario quiesce_during_clear() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "quiesce_during_clear";
  scenario.summary = "a quiesce ends while a clear holds the gate, and a pass wants to begin";
  scenario.properties = {"no_pass_while_wiping"};
  scenario.variants = {
      workload_variant("bool_flag_guard", "the gate is a flag: the quiesce's guard writes false over the clear's gate",
                       quiesce_beside_a_clear, CoordinatorRules{GateKind::flag, QuiesceRule::hold_gate},
                       {.violates = scenario.properties}),
      workload_variant("check_then_act", "the quiesce bails out if a clear is under way, and else raises the flag",
                       quiesce_beside_a_clear, CoordinatorRules{GateKind::flag, QuiesceRule::check_then_act},
                       {.violates = scenario.properties}),
      workload_variant("refcounted_gate", "the gate counts its holders", quiesce_beside_a_clear, CoordinatorRules{},
                       {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario spawn_during_clear() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "spawn_during_clear";
  scenario.summary = "a worker is started between the check for a clear and the clear's gate";
  scenario.properties = {"no_pass_while_wiping"};
  scenario.variants = {
      workload_variant("reopen_gate_after_check", "starting takes the gate down, after a look at the latch",
                       spawn_beside_a_clear, Start::reopen_gate_after_check, {.violates = scenario.properties}),
      workload_variant("refcounted_gate", "starting leaves the gate to its holders", spawn_beside_a_clear,
                       Start::refcounted_gate, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario orphan_alive_during_clear() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "orphan_alive_during_clear";
  scenario.summary = "a worker did not join in time, is parked as an orphan, and still runs";
  scenario.properties = {"no_pass_while_wiping", "store_empty_after_clear"};
  scenario.variants = {
      workload_variant("wipe_anyway", "the time is up, so it wipes", clear_beside_a_slow_worker, Orphans::wipe_anyway,
                       {.violates = scenario.properties}),
      workload_variant("refuse_with_shutdown_incomplete", "asks whether an orphan still lives, and fails closed",
                       clear_beside_a_slow_worker, Orphans::refuse_with_shutdown_incomplete,
                       {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario host_wipes_on_error() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "host_wipes_on_error";
  scenario.summary = "the clear failed closed, and the host deletes its own rows all the same";
  scenario.properties = {"host_and_store_agree"};
  scenario.variants = {
      workload_variant("log_and_continue", "logs the error and deletes", host_clears, OnError::log_and_continue,
                       {.violates = scenario.properties}),
      workload_variant("stop_on_error", "keeps its rows when the store keeps its own", host_clears,
                       OnError::stop_on_error, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

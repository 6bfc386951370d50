// Properties:
//  - funding_uses_one_snapshot: that an account lacks coins, how many, and its config belong to one version;
//  - lock_hold_within_budget: no lock is held for more than 5 ms;
//  - readers_not_blocked_by_io: who only reads balances does not wait for a disk;
//  - no_lock_order_inversion: no two tasks take two locks in opposite order, whether or not that deadlocks now.
#include "scenarios/flame/apply_changes.hpp"

#include "properties/lock_order.hpp"
#include "properties/time_contracts.hpp"
#include "scenarios/flame/engine.hpp"
#include "scenarios/workload_variant.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using flame::Engine;
using flame::Pass;

constexpr properties::TimeBudgets budgets{.lock_hold = 5ms};

void against_a_mutator(sim::World& world, Pass pass) {
  const properties::TimeContracts contracts(world, budgets);
  Engine engine(pass);
  bool rebalanced = false;
  bool rebalanced_meanwhile = false;
  world.task("apply_changes", [&] {
    const bool before = rebalanced;
    engine.apply_changes();
    rebalanced_meanwhile = !before && rebalanced;
  });
  world.task("mutator", [&] {
    if (sim::choose(2, "it comes during the disk I/O") == 1) sim::sleep(4ms);
    engine.rebalance();
    rebalanced = true;
  });
  world.task("reader", [&] { engine.read_balances(); });
  world.run();
  world.sometimes("an account was funded", engine.funded() > 0);
  world.sometimes("the balances changed during the pass", rebalanced_meanwhile);
}

void against_registry_first(sim::World& world, bool ordered) {
  const properties::LockOrder order(world);
  Engine engine(Pass::two_lock_blocks);
  world.task("apply_changes", [&] { engine.apply_changes(); });
  world.task("audit", [&, ordered] { engine.audit_config(ordered); });
  world.run();
  world.sometimes("an account was funded", engine.funded() > 0);
}

void one_mutator(sim::World& world, bool with_background_task) {
  Engine engine(Pass::two_lock_blocks);
  world.task("engine", [&] {
    engine.rebalance();
    engine.apply_changes();
  });
  if (with_background_task) world.task("background", [&] { engine.rebalance(); });
  world.task("reader", [&] { engine.audit_config(true); });
  world.run();
  world.sometimes("an account was funded", engine.funded() > 0);
}

}  // namespace

Scenario apply_changes() {
  Scenario scenario;
  scenario.family = "flame";
  scenario.name = "apply_changes";
  scenario.summary = "a funding pass beside somebody who changes balances and somebody who reads them";
  scenario.properties = {"funding_uses_one_snapshot", "lock_hold_within_budget", "readers_not_blocked_by_io"};
  scenario.variants = {
      // Its second block holds the lock across disk I/O, too, so all three are reached.
      workload_variant("two_lock_blocks", "chooses the accounts under the lock, takes it again to fund them",
                       against_a_mutator, Pass::two_lock_blocks, {.violates = scenario.properties}),
      // Whoever reads meanwhile waits for the disk: the same defect, seen from the other side.
      workload_variant("one_lock_around_everything", "one hold of the lock around choosing, funding and disk I/O",
                       against_a_mutator, Pass::one_lock_around_everything,
                       {.violates = {"lock_hold_within_budget", "readers_not_blocked_by_io"},
                        .holds = {"funding_uses_one_snapshot"}}),
      workload_variant("snapshot_then_io", "reads all under one short hold of both locks; disk I/O after release",
                       against_a_mutator, Pass::snapshot_then_io, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario apply_changes_lock_order() {
  Scenario scenario;
  scenario.family = "flame";
  scenario.name = "apply_changes_lock_order";
  scenario.summary = "the pass locks coin_manager -> registry, and an audit path registry -> coin_manager";
  scenario.properties = {"deadlock", "no_lock_order_inversion"};
  scenario.variants = {
      workload_variant("two_lock_blocks", "the audit locks the registry first", against_registry_first, false,
                       {.violates = scenario.properties}),
      workload_variant("ordered", "the audit locks in the order of the pass", against_registry_first, true,
                       {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario single_worker() {
  Scenario scenario;
  scenario.family = "flame";
  scenario.name = "single_worker";
  scenario.summary = "two lock blocks are safe while one task is the only mutator, and only as long";
  scenario.properties = {"funding_uses_one_snapshot"};
  scenario.variants = {
      workload_variant("two_lock_blocks", "the engine's own task is the only one that changes balances", one_mutator,
                       false, {.holds = scenario.properties}),
      workload_variant("two_lock_blocks_and_background_task",
                       "the same code, with one background task that changes balances", one_mutator, true,
                       {.violates = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

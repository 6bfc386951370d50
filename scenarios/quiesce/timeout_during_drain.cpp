// A host clears a coordinator's store while a pass is in flight. Clearing raises the gate, so that no new pass begins,
// and drains the pass in flight, for at most so long: a timeout drops the drain at its await. Later the host wants a
// pass again.
//
// Properties:
//  - gate_returns_to_zero: at the end nobody holds the gate;
//  - coordinator_still_works_after: when the clear is over, timed out or not, and no pass is in flight, a `sync_now`
//  really runs.
#include "scenarios/quiesce/timeout_during_drain.hpp"

#include <optional>

#include "scenarios/quiesce/clearing_latch.hpp"
#include "scenarios/quiesce/gate.hpp"
#include "sim/runtime/cancellable.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/notify.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using quiesce::ClearingLatch;
using quiesce::Gate;
using quiesce::LatchKind;

constexpr sim::Duration drain_timeout = 5s;
constexpr sim::Duration quick_pass = 1s;
constexpr sim::Duration slow_pass = 30s;

enum class DrainHook : std::uint8_t { add_subtract_after_await, raii_guard };

class Coordinator {
 public:
  explicit Coordinator(DrainHook hook) : hook_(hook) {}

  /// A direct pass. False: another one is in flight, or the coordinator is quiescing.
  bool sync_now(sim::Duration duration) {
    const std::optional<Pass> pass = begin_pass();
    if (pass) sim::sleep(duration);
    return pass.has_value();
  }

  /// Wipes the store. False: the pass in flight did not end in time, and nothing was wiped.
  bool clear() {
    const auto latch = clearing_.hold();
    const Gate::Hold gate(gate_);
    if (!sim::timeout(drain_timeout, [&] { drain(); })) return false;
    sim::yield("wiping the store");
    return true;
  }

  [[nodiscard]] const Gate& gate() const noexcept { return gate_; }

 private:
  class Pass {
   public:
    explicit Pass(Coordinator& coordinator) : coordinator_(&coordinator) {}
    ~Pass() {
      if (coordinator_ != nullptr) coordinator_->end_pass();
    }
    Pass(Pass&& other) noexcept : coordinator_(std::exchange(other.coordinator_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;

   private:
    Coordinator* coordinator_;
  };

  std::optional<Pass> begin_pass() {
    if (is_syncing_.exchange(true)) return std::nullopt;
    Pass pass(*this);
    if (gate_.is_raised()) return std::nullopt;
    return pass;
  }

  void end_pass() {
    is_syncing_.store(false);
    pass_ended_.notify_waiters();
  }

  /// The registry's drain, with its hook: it holds the gate, too, until the pass in flight has ended.
  void drain() {
    if (hook_ == DrainHook::raii_guard) {
      const Gate::Hold gate(gate_);
      wait_for_the_pass_to_end();
    } else {
      gate_.add();
      wait_for_the_pass_to_end();
      gate_.subtract();
    }
  }

  void wait_for_the_pass_to_end() {
    for (;;) {
      auto ended = pass_ended_.notification();  // before looking, so that no end is missed
      if (!is_syncing_.load()) return;
      sim::await(ended);
    }
  }

  DrainHook hook_;
  ClearingLatch clearing_{LatchKind::refcounted};
  Gate gate_;
  sim::Atomic<bool> is_syncing_{false, "is_syncing"};
  sim::Notify pass_ended_{"pass ended"};
};

void run(sim::World& world, DrainHook hook) {
  Coordinator coordinator(hook);
  const sim::TaskHandle pass = world.task("pass", [&] {
    const bool is_slow = sim::choose(2, "the pass is slow") == 1;
    coordinator.sync_now(is_slow ? slow_pass : quick_pass);
  });
  world.task("host", [&] {
    const bool cleared = sim::cancellable([&] { return coordinator.clear(); }).value_or(false);
    sim::sometimes("the drain timed out", !cleared);
    sim::sometimes("the store was wiped", cleared);
    pass.join();
    sim::check("coordinator_still_works_after", coordinator.sync_now(quick_pass),
               [] { return std::string("a pass was refused although nobody clears the store any more"); });
  });
  world.run();
  world.check("gate_returns_to_zero", coordinator.gate().is_down_at_the_end(),
              [] { return std::string("at the end the gate is up, and nobody is left who would lower it"); });
}

Variant variant(std::string name, std::string summary, DrainHook hook, Expectation expected) {
  return {
      std::move(name), std::move(summary), std::move(expected), [hook](sim::World& world) { run(world, hook); }, {}};
}

}  // namespace

Scenario timeout_during_drain() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "timeout_during_drain";
  scenario.summary = "a timeout drops the drain of a clear at its await, and what stands after the await never runs";
  scenario.properties = {"gate_returns_to_zero", "coordinator_still_works_after"};
  scenario.variants = {
      variant("hook_add_subtract_after_await", "the drain hook adds one to the gate and subtracts it after the await",
              DrainHook::add_subtract_after_await, {.violates = scenario.properties}),
      variant("raii_guard", "the drain hook holds the gate by a guard", DrainHook::raii_guard,
              {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

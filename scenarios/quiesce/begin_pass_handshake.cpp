// Each side writes its own flag and then reads the other's: a pass `is_syncing`, quiesce `quiescing`. In a sequentially
// consistent order one of the two writes comes first, and the other side reads it. Release and acquire do not give that
// order: a load may be performed before the store that stands before it, so both may miss each other.
//
// Properties:
//  - no_pass_after_quiesce: when quiesce has returned, no pass is in flight, and none begins.
#include "scenarios/quiesce/begin_pass_handshake.hpp"

#include <atomic>

#include "scenarios/workload_variant.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/await.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/shared_state.hpp"

namespace heddle::scenarios {
namespace {

struct Orders {
  std::memory_order store;
  std::memory_order load;
};

class Handshake {
 public:
  explicit Handshake(Orders orders) : orders_(orders) {}

  /// False: refused, because the coordinator is quiescing.
  bool begin_pass() {
    is_syncing_.store(true, orders_.store);
    if (!quiescing_.load(orders_.load)) return true;
    end_pass();
    return false;
  }
  void end_pass() {
    is_syncing_.store(false, orders_.store);
    pass_ended_.notify_waiters();
  }
  /// Returns when no pass is in flight. False: it did not have to wait.
  bool quiesce() {
    quiescing_.store(true, orders_.store);
    for (bool waited = false;; waited = true) {
      auto ended = pass_ended_.notification();  // before looking, so that no end is missed
      if (!is_syncing_.load(orders_.load)) return waited;
      sim::await(ended);
    }
  }

 private:
  Orders orders_;
  sim::Atomic<bool> is_syncing_{false, "is_syncing"};
  sim::Atomic<bool> quiescing_{false, "quiescing"};
  sim::Notify pass_ended_{"pass ended"};
};

void pass_against_quiesce(sim::World& world, Orders orders) {
  Handshake handshake(orders);
  sim::SharedState<bool> in_flight(false, "in flight");
  sim::SharedState<bool> has_quiesced(false, "has quiesced");
  bool refused = false;
  bool waited = false;
  const auto expect_quiet = [&] {
    sim::check("no_pass_after_quiesce", !(in_flight.read() && has_quiesced.read()), [] {
      return std::string("quiesce has returned while a pass is in flight: each wrote its flag and missed the other's");
    });
  };
  world.task("pass", [&] {
    if (!handshake.begin_pass()) {
      refused = true;
      return;
    }
    in_flight.write() = true;
    expect_quiet();
    sim::yield("syncs");
    in_flight.write() = false;
    handshake.end_pass();
  });
  world.task("quiesce", [&] {
    waited = handshake.quiesce();
    has_quiesced.write() = true;
    expect_quiet();
  });
  world.run();
  world.sometimes("a pass was refused", refused);
  world.sometimes("quiesce waited for the pass", waited);
}

}  // namespace

Scenario begin_pass_handshake() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "begin_pass_handshake";
  scenario.summary = "a pass begins while the coordinator is quiesced: each side writes its flag and reads the other's";
  scenario.properties = {"no_pass_after_quiesce"};
  scenario.variants = {
      workload_variant("acquire_release", "stores release and loads acquire: each side may read the other's old flag",
                       pass_against_quiesce, {std::memory_order_release, std::memory_order_acquire},
                       {.violates = scenario.properties}),
      workload_variant("seq_cst", "one of the two stores comes first, and the other side sees it", pass_against_quiesce,
                       {std::memory_order_seq_cst, std::memory_order_seq_cst}, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

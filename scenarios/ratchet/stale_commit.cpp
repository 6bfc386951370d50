// State is read under the lock, the lock is released, something else happens, and what was read is acted on.
//
// Properties:
//  - phase_sees_one_state: what a phase of the handshake reads belongs to one connection;
//  - no_commit_after_disconnect: keys are committed only for a connection that is still there;
//  - no_signal_for_dead_session: a session that has ended gets no signal channel.
#include <fmt/format.h>

#include <optional>

#include "scenarios/ratchet/ratchet.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/rw_lock.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration crypto = 20ms;
constexpr sim::Duration round_trip = 30ms;

/// The node's connection, and the lock that guards it. A new connection has a new number.
class Node {
 public:
  struct State {
    int connection = 1;      ///< 0: none
    int key_connection = 1;  ///< of which connection the peer's key is
    int signal_of = 0;       ///< the connection whose session has a signal channel
  };

  sim::RwLock lock{"state"};
  State state;

  void reconnect() {
    const sim::WriteGuard writing(lock);
    ++state.connection;
    ++state.key_connection;
  }
  void disconnect() {
    const sim::WriteGuard writing(lock);
    state.connection = 0;
    state.signal_of = 0;
  }
};

enum class Phase : std::uint8_t { two_locks_per_phase, single_lock_per_phase };

void run_connect_stage(sim::World& world, Phase how) {
  Node node;
  bool saw_the_new_one = false;
  world.task("connect", [&, how] {
    int connection = 0;
    int key_connection = 0;
    if (how == Phase::two_locks_per_phase) {
      {
        const sim::ReadGuard reading(node.lock);
        connection = node.state.connection;
      }
      const sim::ReadGuard reading(node.lock);
      key_connection = node.state.key_connection;
    } else {
      const sim::ReadGuard reading(node.lock);
      connection = node.state.connection;
      key_connection = node.state.key_connection;
    }
    saw_the_new_one = connection == 2;
    sim::check("phase_sees_one_state", connection == key_connection, [&] {
      return fmt::format("connection {} is answered with the key of connection {}", connection, key_connection);
    });
  });
  world.task("reconnect", [&] { node.reconnect(); });
  world.run();
  world.sometimes("the phase met the new connection", saw_the_new_one);
}

enum class Commit : std::uint8_t { blind_commit, recheck_commit };

void run_register_stage1(sim::World& world, Commit how) {
  Node node;
  sim::Runtime runtime(1, "node");
  bool committed = false;
  bool was_gone = false;
  auto stage = runtime.spawn("register", [&, how] {
    int connection = 0;
    {
      const sim::ReadGuard reading(node.lock);
      connection = node.state.connection;
    }
    if (connection == 0) return;
    runtime.spawn_blocking("crypto", [] { sim::work(crypto); }).join();
    const sim::WriteGuard writing(node.lock);
    was_gone = node.state.connection != connection;
    if (how == Commit::recheck_commit && was_gone) return;
    committed = true;
    sim::check("no_commit_after_disconnect", node.state.connection == connection,
               [&] { return fmt::format("keys are committed for connection {}, which is gone", connection); });
    node.state.key_connection = connection;
  });
  world.task("disconnect", [&] {
    if (sim::choose(2, "it comes late") == 1) sim::sleep(2 * crypto);
    node.disconnect();
  });
  world.run();
  world.sometimes("keys were committed", committed);
  world.sometimes("the connection went during the crypto", was_gone);
}

enum class Signal : std::uint8_t { store_blindly, recheck_under_lock };

void run_channel_signal(sim::World& world, Signal how) {
  Node node;
  sim::Runtime runtime(1, "node");
  bool stored = false;
  bool was_gone = false;
  auto signal = runtime.spawn("open signal channel", [&, how] {
    const int session = 1;
    sim::sleep(round_trip);  // the peer opens its end
    const sim::WriteGuard writing(node.lock);
    was_gone = node.state.connection != session;
    if (how == Signal::recheck_under_lock && was_gone) return;
    node.state.signal_of = session;
    stored = true;
    sim::check("no_signal_for_dead_session", node.state.connection == session,
               [&] { return fmt::format("session {} has ended, and gets a signal channel", session); });
  });
  auto end = runtime.spawn("disconnect", [&] {
    if (sim::choose(2, "the session ends") == 1) sim::sleep(round_trip);
    node.disconnect();
  });
  world.run();
  world.sometimes("the signal was stored", stored);
  world.sometimes("the session ended before", was_gone);
}

}  // namespace

Scenario connect_stage() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "connect_stage";
  scenario.summary = "a phase of the handshake reads the state in two steps, and the peer reconnects between them";
  scenario.properties = {"phase_sees_one_state"};
  scenario.variants = {
      workload_variant("two_locks_per_phase", "takes the state lock twice", run_connect_stage,
                       Phase::two_locks_per_phase, {.violates = scenario.properties}),
      workload_variant("single_lock_per_phase", "reads all that the phase needs under one lock", run_connect_stage,
                       Phase::single_lock_per_phase, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario register_stage1() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "register_stage1";
  scenario.summary = "state is extracted, crypto is offloaded, and a disconnect comes in before the commit";
  scenario.properties = {"no_commit_after_disconnect"};
  scenario.variants = {
      workload_variant("blind_commit", "commits what it computed", run_register_stage1, Commit::blind_commit,
                       {.violates = scenario.properties}),
      workload_variant("recheck_commit", "commits if the connection is still the one it computed for",
                       run_register_stage1, Commit::recheck_commit, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario channel_signal_after_await() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "channel_signal_after_await";
  scenario.summary = "a signal channel is stored after an await, during which its session may have ended";
  scenario.properties = {"no_signal_for_dead_session"};
  scenario.variants = {
      workload_variant("store_blindly", "stores it when the peer has answered", run_channel_signal,
                       Signal::store_blindly, {.violates = scenario.properties}),
      workload_variant("recheck_under_lock", "looks, under the lock, whether the session still lives",
                       run_channel_signal, Signal::recheck_under_lock, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

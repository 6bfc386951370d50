// A runtime with one worker thread: what keeps it busy, and what pins it.
//
// Properties:
//  - heartbeat_jitter_within: a heartbeat is at most 5 ms late;
//  - worker_not_blocked_longer_than: no task keeps the worker for more than 5 ms;
//  - no_blocking_lock_across_await: no task awaits while it holds a lock that blocks threads;
//  - deadlock.
#include "properties/time_contracts.hpp"
#include "scenarios/ratchet/ratchet.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/rw_lock.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using properties::TimeContracts;

constexpr sim::Duration crypto = 20ms;
constexpr sim::Duration round_trip = 30ms;
constexpr sim::Duration beat = 10ms;
constexpr sim::Duration jitter = 5ms;

enum class Crypto : std::uint8_t { inline_crypto, spawn_blocking };

void run_rekey(sim::World& world, Crypto how) {
  TimeContracts contracts(world, {.worker_blocked = jitter});
  sim::Runtime runtime(1, "node");
  auto heart = runtime.spawn("heartbeat", [&] { contracts.heartbeat(beat, 3, jitter); });
  auto rekey = runtime.spawn("rekey", [&, how] {
    sim::sleep(beat / 2);
    if (how == Crypto::inline_crypto) {
      sim::work(crypto);
    } else {
      runtime.spawn_blocking("crypto", [] { sim::work(crypto); }).join();
    }
  });
  world.run();
}

enum class Connect : std::uint8_t { held_across_await, scoped_prelude };

/// What the node knows of its peer, behind a lock that blocks threads.
struct Session {
  sim::RwLock lock{"session"};
  bool is_connecting = false;
  bool is_connected = false;
};

void post_connect(Session& session, Connect how) {
  if (how == Connect::held_across_await) {
    const sim::WriteGuard state(session.lock);
    session.is_connecting = true;
    sim::sleep(round_trip);
    session.is_connected = true;
    return;
  }
  {
    const sim::WriteGuard state(session.lock);
    session.is_connecting = true;
  }
  sim::sleep(round_trip);
  const sim::WriteGuard state(session.lock);
  session.is_connected = true;
}

void run_post_connect(sim::World& world, Connect how) {
  const TimeContracts contracts(world, {.blocking_lock_across_await = true});
  sim::Runtime runtime(1, "node");
  Session session;
  bool met_a_connection_in_the_making = false;
  auto connect = runtime.spawn("post_connect", [&, how] { post_connect(session, how); });
  auto handler = runtime.spawn("message", [&] {
    const sim::ReadGuard state(session.lock);
    met_a_connection_in_the_making = session.is_connecting && !session.is_connected;
  });
  world.run();
  world.sometimes("a message came while the connection was being made",
                  how == Connect::held_across_await || met_a_connection_in_the_making);
}

}  // namespace

Scenario rekey() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "rekey";
  scenario.summary = "20 ms of crypto beside a heartbeat that shares the only worker thread";
  scenario.properties = {"heartbeat_jitter_within", "worker_not_blocked_longer_than"};
  scenario.variants = {
      workload_variant("inline_crypto", "computes on the worker", run_rekey, Crypto::inline_crypto,
                       {.violates = scenario.properties}),
      workload_variant("spawn_blocking", "computes on a thread of its own, and awaits it", run_rekey,
                       Crypto::spawn_blocking, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario post_connect() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "post_connect";
  scenario.summary = "a write lock that blocks threads is held across an await, on a runtime with one worker";
  scenario.properties = {"deadlock", "no_blocking_lock_across_await"};
  scenario.variants = {
      workload_variant("held_across_await", "one hold around the prelude, the round trip and the result",
                       run_post_connect, Connect::held_across_await, {.violates = scenario.properties}),
      workload_variant("scoped_prelude", "the lock is released before the await and taken again after it",
                       run_post_connect, Connect::scoped_prelude, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

// Async mutexes that are held across an await on the connection.
//
// Properties:
//  - acquire_terminates: whoever wants the lock has it within 30 s, although the peer may be silent for longer;
//  - lock_hold_within_budget: no lock is held for more than 5 ms, unless that is acknowledged;
//  - frames_do_not_interleave: the two halves of a frame are sent one after the other.
#include <fmt/format.h>

#include "properties/time_contracts.hpp"
#include "scenarios/ratchet/ratchet.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/channel.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;
using properties::Contract;
using properties::TimeContracts;

constexpr sim::Duration silence = 60s;
constexpr sim::Duration patience = 30s;
constexpr properties::TimeBudgets budgets{.lock_hold = 5ms};

enum class Receivers : std::uint8_t { two_receivers, single_receiver };

/// The receiving half of a connection, shared behind an async mutex.
struct Inbox {
  sim::AsyncMutex lock{"inbox"};
  sim::Receiver<int> receiver;
};

std::optional<int> recv_under_lock(Inbox& inbox) {
  std::optional<sim::AsyncMutex::Guard> held = sim::timeout(patience, [&] { return sim::await(inbox.lock.locking()); });
  sim::check("acquire_terminates", held.has_value(), [] {
    return std::string(
        "a receiver never gets the lock: whoever has it waits for a message, for as long as the peer is "
        "silent");
  });
  return inbox.receiver.recv();
}

void run_recv(sim::World& world, Receivers how) {
  TimeContracts contracts(world, budgets);
  sim::Runtime runtime(2, "node");
  auto connection = sim::channel<int>(1, "connection");
  Inbox inbox{.receiver = std::move(connection.receiver)};
  bool received = false;
  bool closed = false;
  const auto receive_all = [&] {
    while (const auto message = recv_under_lock(inbox)) received = true;
    closed = true;
  };
  auto first = runtime.spawn({"receiver", 1}, [&, how] {
    std::optional<TimeContracts::Acknowledged> meant;
    if (how == Receivers::single_receiver)
      meant.emplace(contracts, Contract::lock_hold, "one task receives; nobody else ever wants this lock");
    receive_all();
  });
  auto second = runtime.spawn({"receiver", 2}, [&, how] {
    if (how == Receivers::two_receivers) receive_all();
  });
  world.task("peer", [sender = std::move(connection.sender)]() mutable {
    static_cast<void>(sender.send(1));
    sim::sleep(silence);
    sender.drop();
  });
  world.run();
  world.sometimes("a message was received", received);
  world.sometimes("the connection was closed", closed);
}

enum class Sends : std::uint8_t { unserialised, serialised };

/// Two halves of a frame, which the peer takes 2 ms each to read.
struct Half {
  int frame = 0;
  int half = 0;
};

void send_frame(sim::AsyncMutex& lock, const sim::Sender<Half>& sender, int frame, Sends how,
                TimeContracts& contracts) {
  sim::Sender<Half> out = sender;
  const auto meant = contracts.acknowledge(Contract::lock_hold, "a frame is sent whole; the peer's pace is the bound");
  sim::AsyncMutex::Guard held;
  if (how == Sends::serialised) held = lock.lock();
  for (int half = 0; half < 2; ++half) static_cast<void>(out.send({frame, half}));
}

void run_send(sim::World& world, Sends how) {
  TimeContracts contracts(world, budgets);
  sim::Runtime runtime(2, "node");
  sim::AsyncMutex lock("outbox");
  auto connection = sim::channel<Half>(1, "connection");
  int frames = 0;
  world.task("peer", [&, receiver = std::move(connection.receiver)]() mutable {
    int open = 0;  // the frame whose second half is still to come
    while (const auto half = receiver.recv()) {
      const bool in_order = half->half == 0 ? open == 0 : open == half->frame;
      sim::check("frames_do_not_interleave", in_order, [&] {
        return fmt::format("half {} of frame {} arrived within frame {}", half->half + 1, half->frame, open);
      });
      open = half->half == 0 ? half->frame : 0;
      frames += half->half;
      sim::sleep(2ms);
    }
  });
  auto sender = std::make_shared<sim::Sender<Half>>(std::move(connection.sender));
  for (int i = 1; i <= 2; ++i) {
    auto task = runtime.spawn({"sender", i}, [&, i, how, sender] { send_frame(lock, *sender, i, how, contracts); });
  }
  sender.reset();
  world.run();
  world.sometimes("two frames arrived", frames == 2);
}

}  // namespace

Scenario recv_under_lock() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "recv_under_lock";
  scenario.summary = "an async mutex is held across recv().await, and the peer may be silent for a minute";
  scenario.properties = {"acquire_terminates", "lock_hold_within_budget"};
  scenario.variants = {
      // Holding it for as long as the peer is silent is beyond any budget, too.
      workload_variant("two_receivers", "two tasks receive in turns, under the lock", run_recv,
                       Receivers::two_receivers, {.violates = scenario.properties}),
      workload_variant("single_receiver", "one task receives; its hold is acknowledged, with the reason", run_recv,
                       Receivers::single_receiver, {.holds = scenario.properties}),
  };
  return scenario;
}

Scenario send_under_lock() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "send_under_lock";
  scenario.summary = "an async mutex is held across send().await, so that frames are sent whole";
  scenario.properties = {"frames_do_not_interleave"};
  scenario.variants = {
      workload_variant("unserialised", "both tasks send without the lock", run_send, Sends::unserialised,
                       {.violates = scenario.properties}),
      workload_variant("serialised", "each task holds the lock for a frame; how long, is in the report", run_send,
                       Sends::serialised, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

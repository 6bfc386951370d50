// Three workers want one channel. Whoever has it either releases it after a while, or keeps it for ever: that is chosen
// once for a run.
//
// Properties:
//  - acquire_terminates: an acquisition ends after a bounded number of calls;
//  - error_names_the_cause: whoever gets no channel is told that all are busy;
//  - every_worker_gets_through: if channels are released, nobody is turned away.
#include "models/kv/session.hpp"
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/metered_client.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr int workers = 3;
constexpr int attempts = 3;
constexpr int calls_per_attempt = 5;  // two reads; claim, lease, unclaim

struct Workload {
  kv::Store store;
  Chain chain{1};
  bool channels_are_released = false;
  int holders = 0;
  int turned_away = 0;
};

void work(Workload& workload, const Protocol& protocol, int i) {
  const std::string me = "worker-" + std::to_string(i);
  kv::StoreClient connection(workload.store);
  MeteredClient kv(connection, attempts * calls_per_attempt);
  ChannelPool pool(kv, protocol);
  try {
    const Lease lease = pool.acquire(me);
    ++workload.holders;
    if (!workload.channels_are_released) return;
    workload.chain.submit(lease.channel, me);
    sim::sleep(5ms);
    kv::StoreClient unmetered(workload.store);
    ChannelPool(unmetered, protocol).release(lease);
  } catch (const PoolError& error) {
    ++workload.turned_away;
    const std::string told = error.what();
    sim::check("error_names_the_cause", told == "POOL_CAPACITY: all_channels_busy",
               [&] { return "all channels are busy, and " + me + " is told '" + told + "'"; });
  }
}

void acquire_from_busy_pool(sim::World& world, const Protocol& protocol) {
  Workload workload;
  workload.channels_are_released = world.choose(2, "are channels released?") == 1;
  for (int i = 0; i < workers; ++i) world.task({"worker", i}, [&, i] { work(workload, protocol, i); });
  world.run();
  world.check("every_worker_gets_through", !workload.channels_are_released || workload.turned_away == 0, [&] {
    return std::to_string(workload.turned_away) + " of the workers were turned away, although channels are released";
  });
  if (protocol.attempts > 1) world.sometimes("every worker got through", workload.holders == workers);
  world.sometimes("all but one were turned away", workload.turned_away == workers - 1);
}

Protocol trying(int at_most) {
  Protocol protocol;
  protocol.channels = 1;
  protocol.attempts = at_most;
  protocol.lru_update = Protocol::LruUpdate::none;
  return protocol;
}

Protocol for_ever() {
  Protocol protocol = trying(attempts);
  protocol.gives_up = false;
  return protocol;
}

Protocol nameless() {
  Protocol protocol = trying(attempts);
  protocol.names_busy = false;
  return protocol;
}

}  // namespace

Scenario all_busy() {
  const std::vector<std::string> all = {"acquire_terminates", "error_names_the_cause", "every_worker_gets_through"};
  return channel_pool::make_scenario(
      "all_busy", "more workers than channels", all,
      {
          channel_pool::make_variant("retries_for_ever", "tries again until there is a channel", for_ever(),
                                     {.violates = {all[0]}}, acquire_from_busy_pool),
          channel_pool::make_variant("nameless_error", "gives up without saying why", nameless(),
                                     {.violates = {all[1]}, .holds = {all[0], all[2]}}, acquire_from_busy_pool),
          channel_pool::make_variant("no_retry", "gives up after the first attempt", trying(1),
                                     {.violates = {all[2]}, .holds = {all[0], all[1]}}, acquire_from_busy_pool),
          channel_pool::make_variant("bounded_retries", "tries three times, with pauses, and says that all are busy",
                                     trying(attempts), {.holds = all}, acquire_from_busy_pool),
      });
}

}  // namespace heddle::scenarios

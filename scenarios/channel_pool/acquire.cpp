// Two workers of one process acquire one of two channels each, submit, and release. Each of them may be held up once,
// by a call that takes longer than usual. No TTL runs out.
//
// Properties:
//  - one_holder_per_channel: never do two workers submit through one channel at once;
//  - disjoint_claims_do_not_wait: an acquisition takes no longer than its own calls, and its pauses while all
//  channels are busy.
#include "models/kv/unreliable_client.hpp"
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/scenarios.hpp"
#include "sim/sync/shared_state.hpp"

namespace heddle::scenarios {
namespace {

constexpr kv::FaultPolicy sometimes_slow{.slow = kv::Milliseconds(2), .slow_at_most = 1};

constexpr kv::FaultPolicy never_slow{};

struct Workload {
  explicit Workload(const Protocol& protocol) : chain(protocol.channels) {}
  kv::Store store;
  Chain chain;
  sim::AsyncMutex process{"process"};
  sim::SharedState<int> holders{0, "holders"};
  bool held_two_at_once = false;
};

void work(Workload& workload, const Protocol& protocol, const kv::FaultPolicy& policy, int i) {
  const std::string me = "worker-" + std::to_string(i);
  kv::UnreliableClient kv(workload.store, policy, {"connection", i});
  ChannelPool pool(kv, protocol, &workload.process);
  const sim::Duration before = sim::now();
  const Lease lease = pool.acquire(me);
  const sim::Duration waited = sim::now() - before - kv.time_spent() - pool.time_paused();
  sim::check("disjoint_claims_do_not_wait", waited.count() == 0, [&] {
    return me + " waited for " + std::to_string(waited.count() / 1'000'000) + " ms to acquire channel " +
           std::to_string(lease.channel) + ", which nobody else wanted";
  });
  workload.held_two_at_once = ++workload.holders.write() == 2 || workload.held_two_at_once;
  workload.chain.submit(lease.channel, me);
  --workload.holders.write();
  pool.release(lease);
}

void run(sim::World& world, const Protocol& protocol, int workers, const kv::FaultPolicy& policy) {
  Workload workload(protocol);
  for (int i = 0; i < workers; ++i) world.task({"worker", i}, [&, i] { work(workload, protocol, policy, i); });
  world.run();
  world.sometimes("two workers hold channels at once", workload.held_two_at_once);
}

void two_workers(sim::World& world, const Protocol& protocol) {
  run(world, protocol, 2, sometimes_slow);
}
void three_workers(sim::World& world, const Protocol& protocol) {
  run(world, protocol, 3, never_slow);  // else there are too many schedules to exhaust
}

Protocol claiming(Protocol::Claiming how) {
  Protocol protocol;
  protocol.claiming = how;
  protocol.lru_update = Protocol::LruUpdate::none;
  protocol.order = Protocol::Order::as_listed;
  protocol.attempts = 2;
  return protocol;
}

}  // namespace

Scenario acquire() {
  using enum Protocol::Claiming;
  const std::vector<std::string> both = {"one_holder_per_channel", "disjoint_claims_do_not_wait"};
  return channel_pool::make_scenario(
      "acquire", "two or three workers acquire one of two channels each", both,
      {
          channel_pool::make_variant("global_mutex", "one mutex of the process around each acquisition",
                                     claiming(global_mutex), {.violates = {both[1]}, .holds = {both[0]}}, two_workers),
          channel_pool::make_variant("claim_without_recheck", "claim a channel that was free when it was listed",
                                     claiming(without_recheck), {.violates = {both[0]}, .holds = {both[1]}},
                                     two_workers),
          channel_pool::make_variant("claim_with_recheck", "claim a channel, and look again whether it is free",
                                     claiming(with_recheck), {.holds = both}, two_workers),
          channel_pool::make_variant("claim_with_recheck_3_workers",
                                     "the same with more workers than channels; no call is slow",
                                     claiming(with_recheck), {.holds = both}, three_workers),
      });
}

}  // namespace heddle::scenarios

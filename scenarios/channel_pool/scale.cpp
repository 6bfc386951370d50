// The size of the real thing: 2,000 channels and 200 workers, each of which acquires a channel, submits, and releases
// it. Far too many schedules to exhaust: a random campaign.
//
// Property: one_holder_per_channel.
#include "models/kv/session.hpp"
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

constexpr int channels = 2'000;
constexpr int workers = 200;
constexpr std::uint64_t executions = 200;

void run(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  Chain chain(channels);
  int acquired = 0;
  int busy = 0;
  for (int i = 0; i < workers; ++i)
    world.task({"worker", i}, [&, i] {
      const std::string me = "worker-" + std::to_string(i);
      kv::StoreClient kv(store);
      ChannelPool pool(kv, protocol);
      const Lease lease = pool.acquire(me);
      ++acquired;
      busy += pool.tried().size() > 1 ? 1 : 0;
      chain.submit(lease.channel, me);
      pool.release(lease);
    });
  world.run();
  world.sometimes("every worker had a channel", acquired == workers);
  world.sometimes("a worker met another one's claim", busy > 0);
}

Protocol claiming(Protocol::Claiming how) {
  Protocol protocol;
  protocol.channels = channels;
  protocol.claiming = how;
  protocol.lru_update = Protocol::LruUpdate::unlocked;
  return protocol;
}

}  // namespace

Scenario scale() {
  const std::vector<std::string> property = {"one_holder_per_channel"};
  return channel_pool::make_scenario(
      "scale", "2,000 channels and 200 workers", property,
      {
          channel_pool::make_variant("claim_without_recheck", "claim a channel that was free when it was listed",
                                     claiming(Protocol::Claiming::without_recheck),
                                     {.violates = property, .sampled_executions = executions}, run),
          channel_pool::make_variant("claim_with_recheck", "claim a channel, and look again whether it is free",
                                     claiming(Protocol::Claiming::with_recheck),
                                     {.holds = property, .sampled_executions = executions}, run),
      });
}

}  // namespace heddle::scenarios

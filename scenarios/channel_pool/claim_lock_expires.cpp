// Two workers want one channel, and a worker may be so slow that its claim runs out between its second look and the
// writing of its lease. Leases themselves do not run out here.
//
// Property: one_holder_per_channel.
#include "models/kv/session.hpp"
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

constexpr int workers = 2;

void run(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  Chain chain(protocol.channels);
  bool claim_expired = false;
  store.observe([&](const kv::Change& change) { claim_expired = claim_expired || change.expired; });
  for (int i = 0; i < workers; ++i)
    world.task({"worker", i}, [&, i] {
      const std::string me = "worker-" + std::to_string(i);
      kv::StoreClient kv(store);
      ChannelPool pool(kv, protocol);
      try {
        const Lease lease = pool.acquire(me);
        chain.submit(lease.channel, me);
        pool.release(lease);
      } catch (const PoolError&) {  // the other one has it
      }
    });
  world.run();
  world.sometimes("a claim ran out under its holder", claim_expired);
}

Variant variant(std::string name, std::string summary, Protocol::Claiming claiming, Expectation expected) {
  Protocol protocol;
  protocol.claiming = claiming;
  protocol.channels = 1;
  protocol.lease_ttl = std::nullopt;
  protocol.lru_update = Protocol::LruUpdate::none;
  sim::ExecutionOptions options;
  options.time = sim::TimeMode::any_time;
  options.slack = workers;  // each worker's claim may run out under it
  return channel_pool::make_variant(std::move(name), std::move(summary), protocol, std::move(expected), run, options);
}

}  // namespace

Scenario claim_lock_expires() {
  const std::vector<std::string> property = {"one_holder_per_channel"};
  return channel_pool::make_scenario(
      "claim_lock_expires", "a claim runs out between the second look and the writing of the lease", property,
      {
          variant("claim_with_recheck", "the published design: look again under the claim, then write the lease",
                  Protocol::Claiming::with_recheck, {.violates = property}),
          variant("set_if_absent", "the lease itself is written only if there is none",
                  Protocol::Claiming::set_if_absent, {.holds = property}),
      });
}

}  // namespace heddle::scenarios

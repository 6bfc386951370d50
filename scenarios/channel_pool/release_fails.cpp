// A worker acquires the only channel and releases it over a connection that may fail once, at any call. Later another
// worker wants it.
//
// Property: no_channel_lost: in the end the channel is available.
#include "models/kv/unreliable_client.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

constexpr kv::FaultPolicy one_fault{.refuses = true, .times_out = true, .at_most = 1};

void release_and_fail(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  bool failed = false;
  world.task("worker", [&] {
    kv::UnreliableClient kv(store, one_fault);
    ChannelPool pool(kv, protocol);
    try {
      pool.release(pool.acquire("worker"));
    } catch (const std::runtime_error&) {  // a PoolError or a CallError: it gives up
      failed = true;
    }
    sim::sleep(std::chrono::seconds(60));  // longer than any TTL
    kv::StoreClient reliable(store);
    const bool is_available = ChannelPool(reliable, protocol).locked_channels().empty();
    sim::check("no_channel_lost", is_available,
               [] { return std::string("the channel is still leased after a minute"); });
  });
  world.run();
  world.sometimes("a call failed", failed);
}

Protocol leasing(std::optional<kv::Milliseconds> ttl) {
  Protocol protocol;
  protocol.channels = 1;
  protocol.lease_ttl = ttl;
  protocol.lru_update = Protocol::LruUpdate::none;
  return protocol;
}

}  // namespace

Scenario release_fails() {
  const std::vector<std::string> property = {"no_channel_lost"};
  return channel_pool::make_scenario(
      "release_fails", "a call of the only holder fails", property,
      {
          channel_pool::make_variant("lease_without_ttl", "only its holder ends a lease", leasing(std::nullopt),
                                     {.violates = property}, release_and_fail),
          channel_pool::make_variant("lease_with_ttl", "a lease ends by itself", leasing(kv::Milliseconds(10'000)),
                                     {.holds = property}, release_and_fail),
      });
}

}  // namespace heddle::scenarios

// The LRU document: one text in which every acquisition is recorded, and by which channels are chosen.
//
// lru_document: two workers that acquire different channels change it at the same time, each under the claim of its own
// channel.
//  - lru_has_every_acquisition: every channel that was acquired is in the document;
//  - one_holder_per_channel: whatever becomes of the document.
// lru_order: two workers, three channels, of which two are equally old.
//  - least_recent_first: no worker tries a channel before one that was acquired earlier.
#include <algorithm>

#include "models/kv/session.hpp"
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

void run_document(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  Chain chain(protocol.channels);
  std::vector<int> acquired;
  for (int i = 0; i < 2; ++i)
    world.task({"worker", i}, [&, i] {
      const std::string me = "worker-" + std::to_string(i);
      kv::StoreClient kv(store);
      ChannelPool pool(kv, protocol);
      try {
        const Lease lease = pool.acquire(me);
        acquired.push_back(lease.channel);
        chain.submit(lease.channel, me);
      } catch (const PoolError&) {  // no channel for this one
      }
    });
  world.run();
  const ChannelPool::LruDocument document =
      ChannelPool::parse_lru(std::string(store.peek(ChannelPool::lru_key).value_or("")));
  for (const int channel : acquired)
    world.check("lru_has_every_acquisition", document.contains(channel), [&] {
      return "channel " + std::to_string(channel) + " was acquired, and the document is '" +
             ChannelPool::lru_text(document) + "'";
    });
  std::ranges::sort(acquired);
  world.sometimes("two channels are acquired", acquired == std::vector<int>{0, 1});
}

Protocol recording(Protocol::LruUpdate how, Protocol::Claiming claiming) {
  Protocol protocol;
  protocol.lru_update = how;
  protocol.claiming = claiming;
  protocol.order = Protocol::Order::as_listed;
  return protocol;
}

constexpr std::string_view preset = "0=50;1=20;2=20";

void run_order(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  kv::StoreClient(store).set(ChannelPool::lru_key, preset);
  const ChannelPool::LruDocument document = ChannelPool::parse_lru(std::string(preset));
  bool lower_first = false;
  bool higher_first = false;
  bool had_to_go_on = false;
  for (int i = 0; i < 2; ++i)
    world.task({"worker", i}, [&, i] {
      kv::StoreClient kv(store);
      ChannelPool pool(kv, protocol);
      static_cast<void>(pool.acquire("worker-" + std::to_string(i)));
      const std::vector<int>& tried = pool.tried();
      const auto acquired = [&](int channel) { return document.at(channel); };
      sim::check("least_recent_first", std::ranges::is_sorted(tried, {}, acquired) && acquired(tried[0]) == 20, [&] {
        return "worker-" + std::to_string(i) + " tried channel " + std::to_string(tried[0]) +
               " first, and the document was '" + std::string(preset) + "'";
      });
      lower_first = lower_first || tried[0] == 1;
      higher_first = higher_first || tried[0] == 2;
      had_to_go_on = had_to_go_on || tried.size() > 1;
    });
  world.run();
  if (protocol.order != Protocol::Order::lru_with_shuffle) return;
  world.sometimes("a tie was broken for the lower channel", lower_first);
  world.sometimes("a tie was broken for the higher channel", higher_first);
  world.sometimes("a worker met the other one's claim", had_to_go_on);
}

Protocol ordering(Protocol::Order how) {
  Protocol protocol;
  protocol.order = how;
  protocol.channels = 3;
  protocol.lru_update = Protocol::LruUpdate::none;
  return protocol;
}

}  // namespace

Scenario lru_document() {
  using enum Protocol::Claiming;
  using enum Protocol::LruUpdate;
  const std::vector<std::string> both = {"lru_has_every_acquisition", "one_holder_per_channel"};
  return channel_pool::make_scenario(
      "lru_document", "one document, read, changed and written under the locks of different channels", both,
      {
          channel_pool::make_variant("unlocked_rmw", "read, change, write; at worst a channel is chosen badly",
                                     recording(unlocked, set_if_absent), {.violates = {both[0]}, .holds = {both[1]}},
                                     run_document),
          channel_pool::make_variant("locked_rmw", "read, change and write under a lock of the document",
                                     recording(locked, set_if_absent), {.holds = both}, run_document),
          channel_pool::make_variant("claim_without_recheck", "the document is locked, but leases are overwritten",
                                     recording(locked, without_recheck), {.violates = {both[1]}, .holds = {both[0]}},
                                     run_document),
      });
}

Scenario lru_order() {
  using enum Protocol::Order;
  const std::vector<std::string> property = {"least_recent_first"};
  return channel_pool::make_scenario(
      "lru_order", "the least recently acquired channel first, ties shuffled so that contention spreads", property,
      {
          channel_pool::make_variant("unordered", "channels are tried as they are listed", ordering(as_listed),
                                     {.violates = property}, run_order),
          channel_pool::make_variant("lru_with_shuffle",
                                     "by the document; which of two equal ones is a matter of chance",
                                     ordering(lru_with_shuffle), {.holds = property}, run_order),
      });
}

}  // namespace heddle::scenarios

// One call to the store fails.
//
// scan_failure: a worker acquires one of four channels, of which three are in use.
//  - kv_calls_per_acquire_bounded: with or without a failure, an acquisition makes no more calls than a smooth one;
//  - error_names_the_cause: what is told, as an error or as a warning, names the key or pattern of the call that
//  failed.
// locked_ids_scan: an operator lists the channels that are leased.
//  - error_names_the_cause, of that listing.
#include "models/kv/unreliable_client.hpp"
#include "scenarios/channel_pool/metered_client.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

constexpr kv::FaultPolicy one_refusal{.refuses = true, .at_most = 1};
constexpr int channels = 4;
// Two reads; claim, second look, lease, unclaim; two for the document.
constexpr int calls_of_a_smooth_acquisition = 8;

/// All channels but the last are in use.
void lease_to_others(kv::Store& store) {
  kv::StoreClient kv(store);
  for (int channel = 0; channel + 1 < channels; ++channel) kv.set(ChannelPool::in_use_key(channel), "somebody");
}

void check_cause(const MeteredClient& kv, const std::string& told) {
  sim::check("error_names_the_cause", kv.failed_key().empty() || told.find(kv.failed_key()) != std::string::npos,
             [&] { return "the call on " + kv.failed_key() + " failed, and what is told is '" + told + "'"; });
}

void run_acquisition(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  lease_to_others(store);
  bool was_warned = false;
  bool failed = false;
  world.task("worker", [&] {
    kv::UnreliableClient connection(store, one_refusal);
    MeteredClient kv(connection);
    ChannelPool pool(kv, protocol);
    std::string told;
    try {
      static_cast<void>(pool.acquire("worker"));
      told = pool.warning();
      was_warned = was_warned || !told.empty();
    } catch (const PoolError& error) {
      told = error.what() + pool.warning();
      failed = true;
    }
    sim::check("kv_calls_per_acquire_bounded", kv.calls() <= calls_of_a_smooth_acquisition, [&] {
      return "an acquisition made " + std::to_string(kv.calls()) + " calls; a smooth one makes " +
             std::to_string(calls_of_a_smooth_acquisition);
    });
    check_cause(kv, told);
  });
  world.run();
  world.sometimes("an acquisition went on after a failure", was_warned);
  world.sometimes("an acquisition failed", failed);
}

Protocol catching(Protocol::Catching how) {
  Protocol protocol;
  protocol.catching = how;
  protocol.channels = channels;
  protocol.claiming = Protocol::Claiming::with_recheck;
  protocol.lru_update = Protocol::LruUpdate::unlocked;
  protocol.order = Protocol::Order::as_listed;
  return protocol;
}

void run_listing(sim::World& world, const Protocol& protocol) {
  kv::Store store;
  lease_to_others(store);
  bool failed = false;
  world.task("operator", [&] {
    kv::UnreliableClient connection(store, one_refusal);
    MeteredClient kv(connection);
    ChannelPool pool(kv, protocol);
    try {
      static_cast<void>(pool.locked_channels());
    } catch (const PoolError& error) {
      failed = true;
      check_cause(kv, error.what());
    }
  });
  world.task("worker", [&] {
    kv::StoreClient kv(store);
    static_cast<void>(ChannelPool(kv, protocol).acquire("worker"));
  });
  world.run();
  world.sometimes("the listing failed", failed);
  world.sometimes("the listing succeeded", !failed);
}

Protocol naming(bool names_pattern) {
  Protocol protocol;
  protocol.names_pattern = names_pattern;
  protocol.channels = channels;
  protocol.lru_update = Protocol::LruUpdate::none;
  return protocol;
}

}  // namespace

Scenario scan_failure() {
  using enum Protocol::Catching;
  const std::vector<std::string> all = {"kv_calls_per_acquire_bounded", "error_names_the_cause"};
  return channel_pool::make_scenario(
      "scan_failure", "one of the two reads that begin an acquisition fails", all,
      {
          channel_pool::make_variant("shared_catch",
                                     "one try around both: what was listed is lost, and the document blamed",
                                     catching(shared), {.violates = all}, run_acquisition),
          channel_pool::make_variant("separate_catch",
                                     "without the listing there is no acquisition, without the document no order",
                                     catching(separate), {.holds = all}, run_acquisition),
      });
}

Scenario locked_ids_scan() {
  const std::vector<std::string> property = {"error_names_the_cause"};
  return channel_pool::make_scenario(
      "locked_ids_scan", "the operator's listing of leased channels fails", property,
      {
          channel_pool::make_variant("error_without_pattern", "the error says that listing failed", naming(false),
                                     {.violates = property}, run_listing),
          channel_pool::make_variant("error_with_pattern", "the error says what was listed, and why that failed",
                                     naming(true), {.holds = property}, run_listing),
      });
}

}  // namespace heddle::scenarios

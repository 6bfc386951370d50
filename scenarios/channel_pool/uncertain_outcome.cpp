// A submission ends in one of three ways: it lands, it fails for certain, or nobody answers in time and it may still
// land for a while. The worker is sometimes held up before it releases, beyond the TTL of its lease. Another worker
// waits for the channel and is next to use its sequence number.
//
// Properties:
//  - no_sequence_reuse_while_outcome_unknown: nobody submits through a channel while an earlier submission may still
//  land;
//  - cooldown_is_short: a channel that cools down is free again after the cooldown, not only when the lease would end;
//  - release_only_own: nobody deletes or re-times the lease of another worker.
#include "models/kv/lease_oracle.hpp"
#include "models/kv/session.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration time_to_submit = 10ms;  // until the answer, or until nobody waits for it any more
constexpr sim::Duration time_to_settle = 30ms;  // after which nothing lands any more
constexpr sim::Duration held_up = 150ms;        // longer than a lease
constexpr sim::Duration time_to_work = 80ms;    // of the second worker

constexpr sim::Op submit_op{"submit", sim::Unwinds::at_once};

enum class Outcome : std::uint8_t { landed, failed, uncertain };

/// The chain's side of the one channel.
class Sequence {
 public:
  Sequence() : execution_(sim::Execution::current()), object_(execution_.add_object("channel", "channel-0")) {}

  Outcome submit(const std::string& worker, std::source_location where = std::source_location::current()) {
    if (!execution_.step(submit_op, object_, sim::Access::write, where)) return Outcome::landed;
    execution_.touch(object_, sim::Access::write);
    sim::check("no_sequence_reuse_while_outcome_unknown", !is_unknown_, [&] {
      return worker + " submits with a sequence number while an earlier submission with the same one may still land";
    });
    const auto outcome = static_cast<Outcome>(execution_.alternative(3));
    is_unknown_ = outcome == Outcome::uncertain;
    if (is_unknown_) settle_later();
    sim::sleep(time_to_submit);
    return outcome;
  }

 private:
  void settle_later() {
    execution_.add_task("chain",
                        [this] {
                          sim::sleep(time_to_settle);
                          execution_.touch(object_, sim::Access::write);
                          is_unknown_ = false;
                        },
                        {.pool = nullptr, .background = true});
  }

  sim::Execution& execution_;
  sim::ObjectId object_;
  bool is_unknown_ = false;
};

struct Workload {
  kv::Store store;
  kv::LeaseOracle leases{store, std::string(ChannelPool::in_use_pattern)};
  Sequence sequence;
  bool is_held_up = false;
  bool freed_at_once = false;
};

void check_cooldown(kv::Client& kv, const Lease& lease, const Protocol& protocol) {
  const std::string key = ChannelPool::in_use_key(lease.channel);
  if (kv.get(key) != lease.token) return;
  const kv::Milliseconds left = kv.pttl(key).remaining;
  sim::check("cooldown_is_short", left <= protocol.cooldown_ttl, [&] {
    return "channel " + std::to_string(lease.channel) + " cools down for " + std::to_string(left.count()) +
           " ms; a cooldown takes " + std::to_string(protocol.cooldown_ttl.count()) + " ms";
  });
}

void first_worker(Workload& workload, const Protocol& protocol) {
  kv::StoreClient kv(workload.store);
  ChannelPool pool(kv, protocol);
  const Lease lease = pool.acquire("worker-0");
  const Outcome outcome = workload.sequence.submit("worker-0");
  workload.is_held_up = sim::choose(2, "is it held up?") == 1;
  if (workload.is_held_up) sim::sleep(held_up);
  if (outcome != Outcome::uncertain) return pool.release(lease);
  pool.release_with_cooldown(lease);
  check_cooldown(kv, lease, protocol);
}

void second_worker(Workload& workload, const Protocol& protocol) {
  kv::StoreClient kv(workload.store);
  ChannelPool pool(kv, protocol);
  sim::sleep(1ms);  // so that the other one is the first
  const Lease lease = pool.acquire("worker-1");
  workload.freed_at_once = sim::now() < 2 * time_to_submit;
  static_cast<void>(workload.sequence.submit("worker-1"));
  sim::sleep(time_to_work);
  pool.release(lease);
}

void submit_and_lose_the_answer(sim::World& world, const Protocol& protocol) {
  Workload workload;
  world.task("worker-0", [&] { first_worker(workload, protocol); });
  world.task("worker-1", [&] { second_worker(workload, protocol); });
  world.run();
  world.sometimes("a worker outlived its lease", workload.is_held_up);
  world.sometimes("a certain outcome freed the channel at once", workload.freed_at_once);
}

Protocol cooling(Protocol::Cooldown how) {
  Protocol protocol;
  protocol.channels = 1;
  protocol.cooldown = how;
  protocol.lease_ttl = 100ms;
  protocol.attempts = 9;
  protocol.pause = 15ms;
  protocol.lru_update = Protocol::LruUpdate::none;
  return protocol;
}

}  // namespace

Scenario uncertain_outcome() {
  using enum Protocol::Cooldown;
  const std::vector<std::string> all = {"no_sequence_reuse_while_outcome_unknown", "cooldown_is_short",
                                        "release_only_own"};
  return channel_pool::make_scenario(
      "uncertain_outcome", "a submission times out and may still land", all,
      {
          channel_pool::make_variant("release_now", "an uncertain outcome releases the channel", cooling(none),
                                     {.violates = {all[0]}, .holds = {all[1], all[2]}}, submit_and_lose_the_answer),
          channel_pool::make_variant("cooldown_keeps_old_ttl", "the lease is left to run out", cooling(keeps_old_ttl),
                                     {.violates = {all[1]}, .holds = {all[0], all[2]}}, submit_and_lose_the_answer),
          channel_pool::make_variant("cooldown_without_token_check", "the key gets a short TTL, whoever's it is",
                                     cooling(unchecked), {.violates = {all[2]}, .holds = {all[0], all[1]}},
                                     submit_and_lose_the_answer),
          channel_pool::make_variant("cooldown",
                                     "the lease gets a short TTL if it is still its own; certain outcomes free at once",
                                     cooling(checked), {.holds = all}, submit_and_lose_the_answer),
      });
}

}  // namespace heddle::scenarios

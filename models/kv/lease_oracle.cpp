#include "models/kv/lease_oracle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/kv/glob.hpp"
#include "sim/core/hash.hpp"
#include "sim/core/world.hpp"

namespace heddle::kv {

using sim::Access;

LeaseOracle::LeaseOracle(Store& store, std::string pattern) : store_(store), pattern_(std::move(pattern)) {
  store.observe([this](const Change& change) { on_change(change); });
  store.observe_refusals([this](std::string_view key) { on_refusal(key); });
  store.observe_lost_replies([this](const Command& command, bool applied) { on_lost_reply(command, applied); });
}

sim::TaskId LeaseOracle::actor() {
  sim::Execution& execution = sim::Execution::current();
  const sim::Task& task = execution.running_task();
  return task.background && task.parent != 0 ? task.parent : task.id;
}

LeaseOracle::Lease& LeaseOracle::lease_of(std::string_view key) {
  const auto known = std::ranges::find(leases_, key, &Lease::key);
  if (known != leases_.end()) return *known;
  sim::Execution& execution = store_.execution();
  Lease& lease = leases_.emplace_back();
  lease.key = key;
  lease.object = execution.add_part("lease", key, store_.object(), sim::mix(sim::hash_text(key), 0x6c65617365U));
  return lease;
}

void LeaseOracle::on_change(const Change& change) {
  if (!matches_glob(pattern_, change.key)) return;
  Lease& lease = lease_of(change.key);
  const sim::TaskId task = actor();
  if (change.before && !change.expired)
    sim::check("release_only_own", task == lease.owner, [&] {
      const std::string_view deed = !change.after                     ? "deleted"
                                    : *change.before == *change.after ? "changed the TTL of"
                                                                      : "overwrote";
      return fmt::format("{} {} {} while it was the lease of {}", store_.execution().task(task).name.str(), deed,
                         change.key, lease.holder);
    });
  if (change.before && change.before == change.after) return;
  // Its own object, which stands for the tenure: observers of what is held look at it.
  store_.execution().touch(lease.object, Access::write);
  if (change.before) store_.execution().note_released(lease.object);
  if (!change.after) return;
  lease.holder = *change.after;
  lease.owner = task;
  lease.was_acted_on = lease.is_unanswered = false;
  store_.execution().note_held_by(task, lease.object, sim::holding::lease);
}

void LeaseOracle::on_refusal(std::string_view key) {
  if (!matches_glob(pattern_, key)) return;
  const Lease& lease = lease_of(key);
  if (lease.owner != actor()) store_.execution().note_blocked(lease.object, true);
}

void LeaseOracle::on_lost_reply(const Command& command, bool applied) {
  if (!applied || !matches_glob(pattern_, command.key)) return;
  Lease& lease = lease_of(command.key);
  if (lease.owner == actor()) lease.is_unanswered = true;
}

void LeaseOracle::check_held(const Lease& lease, std::string_view holder, std::string_view when) {
  const auto value = store_.peek(lease.key);
  sim::check("acts_only_while_held", value == holder, [&] {
    return fmt::format("{} {} as holder of {}, which {}", holder, when, lease.key,
                       value ? fmt::format("is held by {}", *value) : std::string("nobody holds"));
  });
}

LeaseOracle::Acting::Acting(LeaseOracle& oracle, std::string_view key, std::string_view holder)
    : oracle_(oracle), key_(key), holder_(holder) {
  Lease& lease = oracle.lease_of(key);
  oracle.store_.execution().touch(lease.object, Access::write);
  lease.was_acted_on = true;
  const auto other = std::ranges::find_if(lease.acting, [&](const std::string& name) { return name != holder; });
  sim::check("one_holder_acts", other == lease.acting.end(),
             [&] { return fmt::format("{} and {} both act as holder of {}", *other, holder, key); });
  lease.acting.emplace_back(holder);
  oracle.check_held(lease, holder, "begins to act");
}

LeaseOracle::Acting::~Acting() {
  if (oracle_.store_.execution().tearing_down()) return;
  Lease& lease = oracle_.lease_of(key_);
  oracle_.store_.execution().touch(lease.object, Access::write);
  if (const auto mine = std::ranges::find(lease.acting, holder_); mine != lease.acting.end()) lease.acting.erase(mine);
}

void LeaseOracle::finish() {
  for (const Lease& lease : leases_) {
    const Store::Entry& entry = store_.entry_of(lease.key);
    const bool leaks = lease.is_unanswered && !lease.was_acted_on && entry.holds(lease.holder) && !entry.expires;
    sim::check("lost_reply_leaks_no_lease", !leaks, [&] {
      return fmt::format("{} was taken for {} by a call that was never answered, and has no TTL", lease.key,
                         lease.holder);
    });
  }
}

}  // namespace heddle::kv

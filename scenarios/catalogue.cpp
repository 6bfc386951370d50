#include "scenarios/channel_pool/lease_expiry.hpp"
#include "scenarios/channel_pool/scenarios.hpp"
#include "scenarios/flame/apply_changes.hpp"
#include "scenarios/home_channel/checkpoint_reopens.hpp"
#include "scenarios/home_channel/connection_lost.hpp"
#include "scenarios/home_channel/created_unsigned_head.hpp"
#include "scenarios/home_channel/fake_home_deposit.hpp"
#include "scenarios/home_channel/first_touch_lock.hpp"
#include "scenarios/home_channel/lock_order_two_assets.hpp"
#include "scenarios/home_channel/sqlite_hides_the_race.hpp"
#include "scenarios/home_channel/stale_snapshot.hpp"
#include "scenarios/home_channel/unknown_channel.hpp"
#include "scenarios/home_channel/vacuous_regression.hpp"
#include "scenarios/quiesce/begin_pass_handshake.hpp"
#include "scenarios/quiesce/clears.hpp"
#include "scenarios/quiesce/lifecycle.hpp"
#include "scenarios/quiesce/nested_clear.hpp"
#include "scenarios/quiesce/shutdowns.hpp"
#include "scenarios/quiesce/timeout_during_drain.hpp"
#include "scenarios/ratchet/ratchet.hpp"
#include "scenarios/scenario.hpp"

namespace heddle::scenarios {
namespace {

std::vector<Scenario> build() {
  std::vector<Scenario> all;
  const auto add = [&all](auto... make) { (all.push_back(make()), ...); };
  // home_channel
  add(checkpoint_reopens, challenged_overwrites, closed_overwrites, created_unsigned_head, fake_home_deposit,
      first_touch_lock, unknown_channel, lock_order_two_assets, vacuous_regression, connection_lost,
      sqlite_hides_the_race);
  // quiesce
  add(nested_clear, quiesce_during_clear, spawn_during_clear, timeout_during_drain, cancelled_drain,
      superseded_during_quiesce, shutdown_against_sync_now, start_during_shutdown, stop_is_cancel_only,
      event_adapter_cancel, weights, orphan_alive_during_clear, host_wipes_on_error, shutdown_on_single_worker_runtime,
      panic_in_teardown, restart_in_place, begin_pass_handshake);
  // channel_pool
  add(acquire, lease_expiry, with_lock_double, claim_lock_expires, lru_document, lru_order, scan_failure,
      locked_ids_scan, uncertain_outcome, all_busy, release_fails, scale);
  // flame
  add(apply_changes, apply_changes_lock_order, single_worker);
  // ratchet
  add(commit_next_version, rekey, post_connect, recv_under_lock, send_under_lock, connect_stage, register_stage1,
      channel_signal_after_await);
  return all;
}

}  // namespace

const Variant* Scenario::find_variant(std::string_view variant) const {
  for (const Variant& candidate : variants)
    if (candidate.name == variant) return &candidate;
  return nullptr;
}

const std::vector<Scenario>& catalogue() {
  static const std::vector<Scenario> all = build();
  return all;
}

const Scenario* find_scenario(std::string_view path, const std::vector<Scenario>& among) {
  const Scenario* found = nullptr;
  for (const Scenario& candidate : among) {
    if (candidate.path() == path) return &candidate;
    if (candidate.name != path) continue;
    if (found != nullptr) return nullptr;  // ambiguous
    found = &candidate;
  }
  return found;
}

}  // namespace heddle::scenarios

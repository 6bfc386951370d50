// What must be true of leases in a store, whatever protocol takes and releases them; any scenario can switch it on:
//
//     kv::LeaseOracle leases(store, "NET:channel:in-use:*");      // these keys are leases; their value names the
//     holder { const auto acting = leases.act(key, token);  submit(); }  // in the holder's task: what only a holder
//     may do world.run(); leases.finish();
//
// Properties (names in `LeaseOracle::properties`):
//  - one_holder_acts: never do two holders of one lease act at once;
//  - acts_only_while_held: whoever acts holds the lease, when it begins to act;
//  - release_only_own: nobody deletes, overwrites or re-times the lease of another task. A lease belongs to the task
//    whose command made its key; what is performed late for a caller that gave up counts as the caller's;
//  - lost_reply_leaks_no_lease: a lease that was taken by a call which was never answered, and under which nobody ever
//    acted, has a TTL in the end, or is gone: else nobody will ever release it.
// The leases are also what tasks *hold*, as locks are: `properties::Ledger` finds those that nobody gave back,
// `properties::LockOrder` and `check_lock_order` take them into the lock order. A lease counts as taken by somebody who
// would have waited for it, since whoever is refused may ask again.
// Not detected: a holder that acts without saying so.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "models/kv/store.hpp"

namespace heddle::kv {

class LeaseOracle {
 public:
  static constexpr std::array<std::string_view, 4> properties = {"one_holder_acts", "acts_only_while_held",
                                                                 "release_only_own", "lost_reply_leaks_no_lease"};

  LeaseOracle(Store& store, std::string pattern);
  LeaseOracle(const LeaseOracle&) = delete;
  LeaseOracle& operator=(const LeaseOracle&) = delete;

  /// Somebody acting under a lease, for as long as this lives.
  class [[nodiscard]] Acting {
   public:
    Acting(LeaseOracle& oracle, std::string_view key, std::string_view holder);
    ~Acting();
    Acting(const Acting&) = delete;
    Acting& operator=(const Acting&) = delete;

   private:
    LeaseOracle& oracle_;
    std::string key_;
    std::string holder_;
  };
  /// The running task acts as `holder` of the lease `key`. Part of the running step: no scheduling point.
  Acting act(std::string_view key, std::string_view holder) { return {*this, key, holder}; }

  /// After the run: looks for leases that nobody knows of.
  void finish();

 private:
  struct Lease {
    std::string key;
    std::string holder;     ///< of the latest tenure
    sim::TaskId owner = 0;  ///< whose command made it
    bool was_acted_on = false;
    bool is_unanswered = false;  ///< its owner was not told
    std::vector<std::string> acting;
    sim::ObjectId object;
  };

  Lease& lease_of(std::string_view key);
  void on_change(const Change& change);
  void on_refusal(std::string_view key);
  void on_lost_reply(const Command& command, bool applied);
  void check_held(const Lease& lease, std::string_view holder, std::string_view when);
  /// The task on whose behalf the running step is made.
  [[nodiscard]] static sim::TaskId actor();

  Store& store_;
  std::string pattern_;
  std::vector<Lease> leases_;
};

}  // namespace heddle::kv

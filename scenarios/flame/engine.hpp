// The funding engine: which accounts lack coins (guarded by `coin_manager`), how each is configured (guarded by
// `registry`), and a tree on disk that a funding pass rewrites. The fixed pass is `snapshot_then_io`.
#pragma once

#include <array>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::scenarios::flame {

enum class Pass : std::uint8_t {
  two_lock_blocks,             ///< choose the accounts under the lock; take it again to fund them, disk I/O included
  one_lock_around_everything,  ///< choose and fund them under one hold of the lock, disk I/O included
  snapshot_then_io,            ///< read all that is needed under one short hold of both locks; disk I/O after that
};

class Engine {
 public:
  explicit Engine(Pass pass) : pass_(pass) {}

  /// Funds every account with a coin gap.
  void apply_changes();
  /// Moves balance between the accounts and reconfigures them: a new version of all that a pass reads.
  void rebalance();
  /// Looks at the balances, as a wallet that is shown to its user does.
  void read_balances();
  /// Reads the configuration and, for it, a balance: `registry -> coin_manager`, or in the order of `apply_changes`.
  void audit_config(bool in_the_order_of_the_pass);

  [[nodiscard]] int funded() const noexcept { return funded_; }

 private:
  static constexpr std::size_t account_count = 2;
  struct Account {  // guarded by coin_manager
    int balance = 0;
    int target = 0;
    int version = 1;
  };
  struct Config {  // guarded by registry
    int version = 1;
  };
  /// An account that lacks coins, as it was chosen.
  struct Gap {
    std::size_t account = 0;
    int missing = 0;
    int version = 0;
  };

  void fund_in_two_lock_blocks();
  void fund_under_one_lock();
  void fund_from_a_snapshot();
  [[nodiscard]] std::vector<Gap> accounts_with_gap() const;
  Config config_of(std::size_t account);
  void check_funding(const Gap& gap, const Account& account, const Config& config);
  void rewrite_tree();

  Pass pass_;
  sim::Mutex coin_manager_{"coin_manager"};
  sim::Mutex registry_{"registry"};
  std::array<Account, account_count> accounts_{Account{10, 25}, Account{25, 25}};
  std::array<Config, account_count> configs_{};
  int funded_ = 0;
};

}  // namespace heddle::scenarios::flame

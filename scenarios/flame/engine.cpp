#include "scenarios/flame/engine.hpp"
#include "scenarios/workload_variant.hpp"

#include <fmt/format.h>

namespace heddle::scenarios::flame {

using namespace std::chrono_literals;

constexpr sim::Duration tree_operation = 3ms;
constexpr sim::Duration reader_patience = 1ms;

void Engine::apply_changes() {
  switch (pass_) {
    case Pass::two_lock_blocks:
      return fund_in_two_lock_blocks();
    case Pass::one_lock_around_everything:
      return fund_under_one_lock();
    case Pass::snapshot_then_io:
      return fund_from_a_snapshot();
  }
}

void Engine::fund_in_two_lock_blocks() {
  std::vector<Gap> gaps;
  {
    const sim::LockGuard coins(coin_manager_);
    gaps = accounts_with_gap();
  }
  const sim::LockGuard coins(coin_manager_);
  for (const Gap& gap : gaps) {
    const Config config = config_of(gap.account);
    check_funding(gap, accounts_[gap.account], config);
    rewrite_tree();
  }
}

void Engine::fund_under_one_lock() {
  const sim::LockGuard coins(coin_manager_);
  for (const Gap& gap : accounts_with_gap()) {
    const Config config = config_of(gap.account);
    check_funding(gap, accounts_[gap.account], config);
    rewrite_tree();
  }
}

void Engine::fund_from_a_snapshot() {
  std::vector<Gap> gaps;
  std::array<Account, account_count> accounts;
  std::array<Config, account_count> configs;
  {
    const sim::LockGuard coins(coin_manager_);
    const sim::LockGuard config(registry_);
    gaps = accounts_with_gap();
    accounts = accounts_;
    configs = configs_;
  }
  for (const Gap& gap : gaps) {
    check_funding(gap, accounts[gap.account], configs[gap.account]);
    rewrite_tree();
  }
}

void Engine::rebalance() {
  const sim::LockGuard coins(coin_manager_);
  const sim::LockGuard config(registry_);
  std::swap(accounts_[0].balance, accounts_[1].balance);
  for (Account& account : accounts_) ++account.version;
  for (Config& entry : configs_) ++entry.version;
}

void Engine::read_balances() {
  const sim::Duration start = sim::now();
  const sim::LockGuard coins(coin_manager_);
  const sim::Duration waited = sim::now() - start;
  sim::check("readers_not_blocked_by_io", waited <= reader_patience, [&] {
    return fmt::format("a reader waited {} ms for the lock while somebody wrote to disk under it", waited / 1ms);
  });
}

void Engine::audit_config(bool in_the_order_of_the_pass) {
  if (in_the_order_of_the_pass) {
    const sim::LockGuard coins(coin_manager_);
    const sim::LockGuard config(registry_);
  } else {
    const sim::LockGuard config(registry_);
    const sim::LockGuard coins(coin_manager_);
  }
}

std::vector<Engine::Gap> Engine::accounts_with_gap() const {
  std::vector<Gap> gaps;
  for (std::size_t i = 0; i < accounts_.size(); ++i)
    if (const Account& account = accounts_[i]; account.balance < account.target)
      gaps.push_back({i, account.target - account.balance, account.version});
  return gaps;
}

Engine::Config Engine::config_of(std::size_t account) {
  const sim::LockGuard config(registry_);
  return configs_[account];
}

void Engine::check_funding(const Gap& gap, const Account& account, const Config& config) {
  const int missing = account.target - account.balance;
  sim::check("funding_uses_one_snapshot",
             missing == gap.missing && gap.version == account.version && account.version == config.version, [&] {
               return fmt::format(
                   "account {} was chosen at version {}, when it lacked {}, and is funded by the state of "
                   "version {}, in which it lacks {}, and the config of version {}",
                   gap.account, gap.version, gap.missing, account.version, missing, config.version);
             });
  ++funded_;
}

void Engine::rewrite_tree() {
  sim::sleep(tree_operation);  // tree.remove
  sim::sleep(tree_operation);  // tree.insert
}

}  // namespace heddle::scenarios::flame

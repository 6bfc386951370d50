#include "scenarios/home_channel/fake_home_deposit.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

constexpr std::int64_t deposit = 50;

/// submit_state(Finalize): the chain pays the balance out, so that afterwards it backs nothing.
void finalize_and_pay_out(pg::Connection& db) {
  auto tx = db.begin();
  lock_user_state(tx);
  finalize(tx);
  tx.exec("UPDATE user_balances SET amount = 0 WHERE wallet = $1 AND asset = $2", wallet, usdc);
  tx.commit();
}

/// submit_state(HomeDeposit), rebound to a new epoch: credited if the channel is open. False if it is refused.
bool submit_home_deposit(pg::Connection& db) {
  auto tx = db.begin();
  lock_user_state(tx);
  if (read_channel(tx).status != "Open") return false;
  tx.exec("INSERT INTO states (channel_id, epoch, version, kind, amount) VALUES ($1, 2, 1, 'HomeDeposit', $2)",
          channel_id, deposit);
  tx.exec("UPDATE user_balances SET amount = amount + $3 WHERE wallet = $1 AND asset = $2", wallet, usdc, deposit);
  return tx.commit();
}

/// What the user gets out of the node, if the balance allows it.
std::int64_t spend(pg::Connection& db, std::int64_t amount) {
  const auto taken =
      db.exec("UPDATE user_balances SET amount = amount - $3 WHERE wallet = $1 AND asset = $2 AND amount >= $3", wallet,
              usdc, amount);
  return taken.affected() == 1 ? amount : 0;
}

void on_checkpointed(pg::Connection& db, ReadChannel read) {
  auto tx = db.begin();
  write_back(tx, read(tx));
  tx.commit();
}

void run(sim::World& world, ReadChannel read) {
  pg::Database database(node_with_open_channel());
  std::int64_t spent = 0;
  bool refused = false;
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    on_checkpointed(connection, read);
  });
  world.task("user", [&] {
    auto connection = database.connect();
    finalize_and_pay_out(connection);
    refused = !submit_home_deposit(connection);
    if (!refused) spent = spend(connection, deposit);
  });
  world.run();
  world.sometimes("the deposit is refused", refused);
  auto connection = database.connect();
  const auto left = connection.exec("SELECT amount FROM user_balances WHERE wallet = $1 AND asset = $2", wallet, usdc)
                        .one()
                        .get<pg::Numeric>("amount");
  world.check("spendable_is_backed_by_chain", left + pg::Numeric(spent) == pg::Numeric(0), [&] {
    return "the chain has paid everything out, and the user has spent " + std::to_string(spent) + " and holds " +
           left.str();
  });
}

Variant variant(std::string name, std::string summary, ReadChannel read, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [read](sim::World& world) { run(world, read); });
}

}  // namespace

Scenario fake_home_deposit() {
  const std::vector<std::string> all = {"spendable_is_backed_by_chain"};
  return make_scenario(
      "fake_home_deposit",
      "a checkpoint reopens a finalized channel, which then accepts a deposit that the chain never saw", all,
      {
          variant("read_before_lock", "the checkpoint reads the channel, locks the user's balance, writes it back",
                  read_before_lock, {.violates = all}),
          variant("lock_then_read", "the checkpoint locks the balance, then reads the channel", lock_then_read,
                  {.holds = all}),
      });
}

}  // namespace heddle::scenarios

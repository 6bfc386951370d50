#include "scenarios/home_channel/first_touch_lock.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

/// A channel of a user who has no balance yet.
const pg::Blueprint& node_without_balance() {
  static const pg::Blueprint blueprint(tables() + "INSERT INTO channels VALUES ('c1', 'alice', 'usdc', 'Open', 7);");
  return blueprint;
}

using Lock = void (*)(pg::Transaction&);

void lock_missing_row(pg::Transaction& tx) {
  lock_user_state(tx);
}

void ensure_row_then_lock(pg::Transaction& tx) {
  tx.exec("INSERT INTO user_balances (wallet, asset, amount) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", wallet, usdc);
  lock_user_state(tx);
}

void on_checkpointed(pg::Connection& db, Lock lock) {
  auto tx = db.begin();
  lock(tx);
  const Channel channel = read_channel(tx);
  sim::sometimes("the checkpoint comes first", channel.status == "Open");
  write_back(tx, channel);
  tx.commit();
}

void submit_state(pg::Connection& db, Lock lock) {
  auto tx = db.begin();
  lock(tx);
  finalize(tx);
  tx.commit();
}

void run(sim::World& world, Lock lock) {
  pg::Database database(node_without_balance());
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    on_checkpointed(connection, lock);
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    submit_state(connection, lock);
  });
  world.run();
  auto connection = database.connect();
  const Channel channel = read_channel(connection);
  world.check("finalized_never_reopens", channel.status == "Closing", [&] {
    return "channel " + std::string(channel_id) + " was finalized and is '" + channel.status + "' again";
  });
}

Variant variant(std::string name, std::string summary, Lock lock, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [lock](sim::World& world) { run(world, lock); });
}

}  // namespace

Scenario first_touch_lock() {
  const std::vector<std::string> all = {"finalized_never_reopens"};
  return make_scenario(
      "first_touch_lock", "both sides lock the user's balance before they read, but the row does not exist yet", all,
      {
          variant("lock_missing_row", "SELECT ... FOR UPDATE, which finds nothing to lock", lock_missing_row,
                  {.violates = all}),
          variant("ensure_row_then_lock", "INSERT ... ON CONFLICT DO NOTHING, then SELECT ... FOR UPDATE",
                  ensure_row_then_lock, {.holds = all}),
      });
}

}  // namespace heddle::scenarios

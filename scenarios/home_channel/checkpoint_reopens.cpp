#include "scenarios/home_channel/checkpoint_reopens.hpp"

#include <string>
#include <string_view>

#include "models/postgres/database.hpp"

namespace heddle::scenarios {
namespace {

constexpr std::string_view channel_id = "c1";
constexpr std::string_view wallet = "alice";
constexpr std::string_view asset = "usdc";

const pg::Blueprint& node_database() {
  static const pg::Blueprint blueprint(R"(
    CREATE TABLE channels (
      channel_id text PRIMARY KEY,
      wallet text NOT NULL,
      asset text NOT NULL,
      status text NOT NULL,
      version bigint NOT NULL
    );
    CREATE TABLE user_balances (wallet text, asset text, amount numeric NOT NULL, PRIMARY KEY (wallet, asset));
    CREATE TABLE states (
      channel_id text,
      version bigint,
      kind text NOT NULL,
      PRIMARY KEY (channel_id, version)
    );
    INSERT INTO user_balances VALUES ('alice', 'usdc', 100);
    INSERT INTO channels VALUES ('c1', 'alice', 'usdc', 'Open', 7);
  )");
  return blueprint;
}

/// What the node's code calls LockUserState: it locks the balance, not the channel.
void lock_user_state(pg::Transaction& tx) {
  tx.exec("SELECT 1 FROM user_balances WHERE wallet = $1 AND asset = $2 FOR UPDATE", wallet, asset);
}

/// The channel as a handler reads it.
struct Channel {
  std::string status;
  std::int64_t version = 0;

  static Channel from(const pg::Rows& rows) {
    return {std::string(rows.one().get<std::string_view>("status")), rows.one().get<std::int64_t>("version")};
  }
};

using ReadChannel = Channel (*)(pg::Transaction&);

Channel read_before_lock(pg::Transaction& tx) {
  Channel channel = Channel::from(tx.exec("SELECT * FROM channels WHERE channel_id = $1", channel_id));
  lock_user_state(tx);
  return channel;
}

// The statement's snapshot is taken before it waits for the lock; after the wait only the locked row, b, is read
// afresh.
Channel single_statement_join(pg::Transaction& tx) {
  return Channel::from(
      tx.exec("SELECT c.* FROM channels c JOIN user_balances b ON b.wallet = c.wallet AND b.asset = c.asset "
              "WHERE c.channel_id = $1 FOR UPDATE OF b",
              channel_id));
}

Channel lock_then_read(pg::Transaction& tx) {
  lock_user_state(tx);
  return Channel::from(tx.exec("SELECT * FROM channels WHERE channel_id = $1", channel_id));
}

Channel lock_channel_row(pg::Transaction& tx) {
  return Channel::from(tx.exec("SELECT * FROM channels WHERE channel_id = $1 FOR UPDATE", channel_id));
}

/// The event handler: the chain has confirmed a checkpoint of an unchallenged channel, so the channel stays what it is.
void on_checkpointed(pg::Connection& db, ReadChannel read) {
  auto tx = db.begin(pg::read_committed);
  const Channel channel = read(tx);
  sim::sometimes("the checkpoint comes first", channel.status == "Open");
  sim::sometimes("the checkpoint comes after the finalization", channel.status == "Closing");
  tx.exec("UPDATE channels SET status = $2, version = $3 WHERE channel_id = $1", channel_id, channel.status,
          channel.version);
  tx.commit();
}

/// The RPC: the user finalizes the channel.
void submit_state_finalize(pg::Connection& db) {
  auto tx = db.begin(pg::read_committed);
  lock_user_state(tx);
  tx.exec("INSERT INTO states (channel_id, version, kind) VALUES ($1, $2, 'Finalize')", channel_id, 8);
  tx.exec("UPDATE channels SET status = 'Closing', version = 8 WHERE channel_id = $1", channel_id);
  tx.commit();
}

void run(sim::World& world, ReadChannel read) {
  pg::Database database(node_database());
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    on_checkpointed(connection, read);
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    submit_state_finalize(connection);
  });
  world.run();
  auto connection = database.connect();
  const Channel channel = Channel::from(connection.exec("SELECT * FROM channels WHERE channel_id = $1", channel_id));
  world.check("finalized_never_reopens", channel.status == "Closing", [&] {
    return "channel " + std::string(channel_id) + " was finalized at version 8 and is '" + channel.status +
           "' at version " + std::to_string(channel.version);
  });
}

Variant variant(std::string name, std::string summary, ReadChannel read, Expectation expected) {
  return {
      std::move(name), std::move(summary), std::move(expected), [read](sim::World& world) { run(world, read); }, {}};
}

}  // namespace

Scenario checkpoint_reopens() {
  Scenario scenario;
  scenario.family = "home_channel";
  scenario.name = "checkpoint_reopens";
  scenario.summary =
      "an event handler writes back the channel it read, over a finalization that has committed in the meantime";
  scenario.properties = {"finalized_never_reopens"};
  const std::vector<std::string> all = scenario.properties;
  scenario.variants = {
      variant("read_before_lock", "read the channel, lock the user's balance, write the channel back", read_before_lock,
              {.violates = all}),
      variant("single_statement_join", "read the channel and lock the balance in one SELECT ... FOR UPDATE OF b",
              single_statement_join, {.violates = all}),
      variant("lock_then_read", "lock the balance, then read the channel in a statement of its own", lock_then_read,
              {.holds = all}),
      variant("lock_channel_row", "read the channel FOR UPDATE", lock_channel_row, {.holds = all}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

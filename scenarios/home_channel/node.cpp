#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios::home_channel {

std::string tables() {
  return R"(
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
      epoch bigint DEFAULT 1,
      version bigint,
      signed boolean NOT NULL DEFAULT true,
      kind text NOT NULL,
      amount numeric NOT NULL DEFAULT 0,
      PRIMARY KEY (channel_id, epoch, version)
    );
  )";
}

const pg::Blueprint& node_with_open_channel() {
  static const pg::Blueprint blueprint(tables() + R"(
    INSERT INTO user_balances VALUES ('alice', 'usdc', 100);
    INSERT INTO channels VALUES ('c1', 'alice', 'usdc', 'Open', 7);
  )");
  return blueprint;
}

void lock_user_state(pg::Transaction& tx, std::string_view asset) {
  tx.exec("SELECT 1 FROM user_balances WHERE wallet = $1 AND asset = $2 FOR UPDATE", wallet, asset);
}

Channel Channel::from(const pg::Rows& rows) {
  return {std::string(rows.one().get<std::string_view>("status")), rows.one().get<std::int64_t>("version")};
}

void write_back(pg::Transaction& tx, const Channel& channel) {
  tx.exec("UPDATE channels SET status = $2, version = $3 WHERE channel_id = $1", channel_id, channel.status,
          channel.version);
}

Channel read_before_lock(pg::Transaction& tx) {
  Channel channel = read_channel(tx);
  lock_user_state(tx);
  return channel;
}

Channel lock_then_read(pg::Transaction& tx) {
  lock_user_state(tx);
  return read_channel(tx);
}

void finalize(pg::Transaction& tx) {
  tx.exec("INSERT INTO states (channel_id, version, kind) VALUES ($1, $2, 'Finalize')", channel_id, 8);
  tx.exec("UPDATE channels SET status = 'Closing', version = 8 WHERE channel_id = $1", channel_id);
}

void submit_state_finalize(pg::Connection& db, pg::Isolation isolation) {
  auto tx = db.begin(isolation);
  lock_user_state(tx);
  finalize(tx);
  tx.commit();
}

Scenario make_scenario(std::string name, std::string summary, std::vector<std::string> properties,
                       std::vector<Variant> variants) {
  Scenario scenario;
  scenario.family = "home_channel";
  scenario.name = std::move(name);
  scenario.summary = std::move(summary);
  scenario.properties = std::move(properties);
  scenario.variants = std::move(variants);
  return scenario;
}

Variant make_variant(std::string name, std::string summary, Expectation expected, sim::Program program) {
  return {std::move(name), std::move(summary), std::move(expected), std::move(program), {}};
}

}  // namespace heddle::scenarios::home_channel

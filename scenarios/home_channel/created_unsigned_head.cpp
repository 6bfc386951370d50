#include "scenarios/home_channel/created_unsigned_head.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

/// The channel has been announced; its head is the unsigned state 1.
const pg::Blueprint& node_with_void_channel() {
  static const pg::Blueprint blueprint(tables() + R"(
    INSERT INTO user_balances VALUES ('alice', 'usdc', 100);
    INSERT INTO channels VALUES ('c1', 'alice', 'usdc', 'Void', 1);
    INSERT INTO states (channel_id, version, signed, kind) VALUES ('c1', 1, false, 'Initial');
  )");
  return blueprint;
}

enum class Protocol { no_lock, lock_then_check_active };

std::int64_t head_version(pg::Transaction& tx) {
  return tx.exec("SELECT max(version) AS head FROM states WHERE channel_id = $1", channel_id)
      .one()
      .get<std::int64_t>("head");
}

/// The RPC that issues a receiver's state. The node signs it only if the channel is active.
void issue_receiver_state(pg::Connection& db, Protocol protocol) {
  auto tx = db.begin();
  if (protocol == Protocol::lock_then_check_active) lock_user_state(tx);
  const bool is_active = read_channel(tx).status == "Open";
  tx.exec("INSERT INTO states (channel_id, version, signed, kind) VALUES ($1, 2, $2, 'Receive')", channel_id,
          is_active);
  tx.commit();
}

/// The event handler: the channel exists on the chain, so it becomes active and its head is signed.
void on_created(pg::Connection& db, Protocol protocol) {
  auto tx = db.begin();
  if (protocol == Protocol::lock_then_check_active) lock_user_state(tx);
  const std::int64_t head = head_version(tx);
  sim::sometimes("Created backfills the state that the RPC has issued", head == 2);
  tx.exec("UPDATE states SET signed = true WHERE channel_id = $1 AND version = $2", channel_id, head);
  tx.exec("UPDATE channels SET status = 'Open' WHERE channel_id = $1", channel_id);
  tx.commit();
}

void run(sim::World& world, Protocol protocol) {
  pg::Database database(node_with_void_channel());
  world.task("Created", [&] {
    auto connection = database.connect();
    on_created(connection, protocol);
  });
  world.task("issue_state", [&] {
    auto connection = database.connect();
    issue_receiver_state(connection, protocol);
  });
  world.run();
  auto connection = database.connect();
  const auto head = connection.exec(
      "SELECT version, signed FROM states WHERE channel_id = $1 ORDER BY version DESC LIMIT 1", channel_id);
  world.check("open_channel_head_is_signed", head.one().get<bool>("signed"), [&] {
    return "channel " + std::string(channel_id) + " is '" + read_channel(connection).status +
           "', and its head, version " + head.one().get<std::string>("version") + ", is not signed";
  });
}

Variant variant(std::string name, std::string summary, Protocol protocol, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [protocol](sim::World& world) { run(world, protocol); });
}

}  // namespace

Scenario created_unsigned_head() {
  const std::vector<std::string> all = {"open_channel_head_is_signed"};
  return make_scenario(
      "created_unsigned_head",
      "an RPC decides on a Void channel to leave a state unsigned, while Created opens the channel and signs its head",
      all,
      {
          variant("no_lock", "neither side locks anything", Protocol::no_lock, {.violates = all}),
          variant("lock_then_check_active", "both lock the balance first, and the RPC looks at the status under it",
                  Protocol::lock_then_check_active, {.holds = all}),
      });
}

}  // namespace heddle::scenarios

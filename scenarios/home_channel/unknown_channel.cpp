#include "scenarios/home_channel/unknown_channel.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

constexpr std::string_view unknown_id = "c9";

/// What the handler of an event tells its caller.
enum class Told { applied, channel_is_unknown };
using Handler = Told (*)(pg::Transaction&);

Told lock_then_read(pg::Transaction& tx) {
  lock_user_state(tx);
  const auto rows = tx.exec("SELECT * FROM channels WHERE channel_id = $1", unknown_id);
  if (rows.empty()) return Told::channel_is_unknown;
  const Channel channel = Channel::from(rows);
  tx.exec("UPDATE channels SET status = $2 WHERE channel_id = $1", unknown_id, channel.status);
  return Told::applied;
}

Told upsert(pg::Transaction& tx) {
  lock_user_state(tx);
  const auto known = tx.exec("SELECT 1 FROM channels WHERE channel_id = $1", unknown_id);
  tx.exec(
      "INSERT INTO channels VALUES ($1, $2, $3, 'Open', 1) "
      "ON CONFLICT (channel_id) DO UPDATE SET status = EXCLUDED.status",
      unknown_id, wallet, usdc);
  return known.empty() ? Told::channel_is_unknown : Told::applied;
}

Told update_blindly(pg::Transaction& tx) {
  lock_user_state(tx);
  tx.exec("UPDATE channels SET status = 'Open' WHERE channel_id = $1", unknown_id);
  return Told::applied;
}

void run(sim::World& world, Handler handler) {
  pg::Database database(node_with_open_channel());
  Told told = Told::applied;
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    auto tx = connection.begin();
    told = handler(tx);
    tx.commit();
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    submit_state_finalize(connection);
  });
  world.run();
  auto connection = database.connect();
  world.check("unknown_channel_writes_nothing",
              connection.exec("SELECT 1 FROM channels WHERE channel_id = $1", unknown_id).empty(),
              [] { return "channel " + std::string(unknown_id) + " was never created, and is stored"; });
  world.check("caller_is_told", told == Told::channel_is_unknown,
              [] { return "the event for channel " + std::string(unknown_id) + " is reported as applied"; });
}

Variant handler_variant(std::string name, std::string summary, Handler handler, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [handler](sim::World& world) { run(world, handler); });
}

}  // namespace

Scenario unknown_channel() {
  const std::vector<std::string> both = {"unknown_channel_writes_nothing", "caller_is_told"};
  return make_scenario(
      "unknown_channel", "an event for a channel that was never stored", both,
      {
          handler_variant("upsert", "insert the channel if it is missing", upsert,
                          {.violates = {both[0]}, .holds = {both[1]}}),
          handler_variant("update_blindly", "UPDATE without a look at how many rows it changed", update_blindly,
                          {.violates = {both[1]}, .holds = {both[0]}}),
          handler_variant("lock_then_read", "lock the balance, read the channel, and stop if there is none",
                          lock_then_read, {.holds = both}),
      });
}

}  // namespace heddle::scenarios

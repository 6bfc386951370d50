#include "scenarios/home_channel/checkpoint_reopens.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

// The statement's snapshot is taken before it waits for the lock; after the wait only the locked row, b, is read
// afresh.
Channel single_statement_join(pg::Transaction& tx) {
  return Channel::from(
      tx.exec("SELECT c.* FROM channels c JOIN user_balances b ON b.wallet = c.wallet AND b.asset = c.asset "
              "WHERE c.channel_id = $1 FOR UPDATE OF b",
              channel_id));
}

Channel lock_channel_row(pg::Transaction& tx) {
  return Channel::from(tx.exec("SELECT * FROM channels WHERE channel_id = $1 FOR UPDATE", channel_id));
}

/// One implementation of the handler, and the level that the node's transactions run at.
struct Protocol {
  ReadChannel read;
  pg::Isolation isolation = pg::read_committed;
};

/// The event handler: the chain has confirmed a checkpoint of an unchallenged channel, so the channel stays what it is.
void on_checkpointed(pg::Connection& db, const Protocol& protocol) {
  auto tx = db.begin(protocol.isolation);
  const Channel channel = protocol.read(tx);
  sim::sometimes("the checkpoint comes first", channel.status == "Open");
  write_back(tx, channel);
  tx.commit();
}

void run(sim::World& world, const Protocol& protocol) {
  pg::Database database(node_with_open_channel());
  std::optional<pg::SqlError> checkpoint_failed;
  std::optional<pg::SqlError> submit_failed;
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    checkpoint_failed = failure_of([&] { on_checkpointed(connection, protocol); });
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    submit_failed = failure_of([&] { submit_state_finalize(connection, protocol.isolation); });
  });
  world.run();
  auto connection = database.connect();
  const Channel channel = read_channel(connection);
  world.sometimes("the channel is finalized", !submit_failed);
  world.check("finalized_never_reopens", submit_failed || channel.status == "Closing", [&] {
    return "channel " + std::string(channel_id) + " was finalized at version 8 and is '" + channel.status +
           "' at version " + std::to_string(channel.version);
  });
  world.check("handler_completes", !checkpoint_failed && !submit_failed, [&] {
    return checkpoint_failed ? "Checkpointed ends with ERROR " + std::string(checkpoint_failed->what())
                             : "submit_state ends with ERROR " + std::string(submit_failed->what());
  });
}

Variant variant(std::string name, std::string summary, const Protocol& protocol, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [protocol](sim::World& world) { run(world, protocol); });
}

}  // namespace

Scenario checkpoint_reopens() {
  const std::vector<std::string> both = {"finalized_never_reopens", "handler_completes"};
  const Expectation reopens{.violates = {"finalized_never_reopens"}, .holds = {"handler_completes"}};
  const Expectation gives_up{.violates = {"handler_completes"}, .holds = {"finalized_never_reopens"}};
  return make_scenario(
      "checkpoint_reopens",
      "an event handler writes back the channel it read, over a finalization that has committed in the meantime", both,
      {
          variant("read_before_lock", "read the channel, lock the user's balance, write the channel back",
                  {read_before_lock}, reopens),
          variant("single_statement_join", "read the channel and lock the balance in one SELECT ... FOR UPDATE OF b",
                  {single_statement_join}, reopens),
          variant("lock_then_read", "lock the balance, then read the channel in a statement of its own",
                  {lock_then_read}, {.holds = both}),
          variant("lock_then_read_repeatable_read",
                  "the same at REPEATABLE READ: the snapshot is older than the lock, and the write fails with 40001",
                  {lock_then_read, pg::repeatable_read}, gives_up),
          variant("lock_then_read_serializable",
                  "the same at SERIALIZABLE: one of the two fails with 40001, and without a retry that is its end",
                  {lock_then_read, pg::serializable}, gives_up),
          variant("lock_channel_row", "read the channel FOR UPDATE", {lock_channel_row}, {.holds = both}),
      });
}

}  // namespace heddle::scenarios

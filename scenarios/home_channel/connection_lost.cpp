#include "scenarios/home_channel/connection_lost.hpp"

#include "models/postgres/lossy_connection.hpp"
#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

/// submit_state(Finalize). True if the node may tell the user that it is done.
using Submit = bool (*)(pg::Connection&);

bool one_transaction(pg::Connection& db) {
  submit_state_finalize(db);
  return true;
}

bool statement_by_statement(pg::Connection& db) {
  db.exec("SELECT 1 FROM user_balances WHERE wallet = $1 AND asset = $2 FOR UPDATE", wallet, usdc);
  db.exec("INSERT INTO states (channel_id, version, kind) VALUES ($1, $2, 'Finalize')", channel_id, 8);
  db.exec("UPDATE channels SET status = 'Closing', version = 8 WHERE channel_id = $1", channel_id);
  return true;
}

/// Takes the loss of the connection for a failure, also where the COMMIT has arrived.
bool lost_means_failed(pg::Connection& db) {
  return !failure_of([&] { submit_state_finalize(db); });
}

void run(sim::World& world, Submit submit) {
  pg::Database database(node_with_open_channel());
  bool is_lost = false;
  std::optional<bool> answer;  // none: the user is told that the outcome is unknown
  world.task("Checkpointed", [&] {
    auto connection = database.connect();
    auto tx = connection.begin();
    write_back(tx, lock_then_read(tx));
    tx.commit();
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    pg::LossyConnection lossy(connection);
    const auto failed = failure_of([&] { answer = submit(lossy); });
    is_lost = lossy.is_lost();
  });
  world.run();
  auto connection = database.connect();
  const bool is_stored = !connection.exec("SELECT 1 FROM states WHERE channel_id = $1", channel_id).empty();
  const bool is_closing = read_channel(connection).status == "Closing";
  world.sometimes("the connection is lost, and nothing is done", is_lost && !is_stored && !is_closing);
  world.sometimes("the connection is lost, and all is done", is_lost && is_stored && is_closing);
  world.check("finalize_is_all_or_nothing", is_stored == is_closing, [&] {
    return std::string("the finalization is ") +
           (is_stored ? "stored, and the channel is still open" : "not stored, and the channel is closing");
  });
  world.check("answer_is_true", !answer || *answer == is_closing, [&] {
    return std::string("the user is told that the channel is ") + (*answer ? "finalized" : "still open") +
           ", and it is " + (is_closing ? "finalized" : "still open");
  });
}

Variant variant(std::string name, std::string summary, Submit submit, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [submit](sim::World& world) { run(world, submit); });
}

}  // namespace

Scenario connection_lost() {
  const std::vector<std::string> both = {"finalize_is_all_or_nothing", "answer_is_true"};
  return make_scenario(
      "connection_lost", "the connection of an RPC is lost in mid-transaction, or after the COMMIT that it waits for",
      both,
      {
          variant("statement_by_statement", "each statement is a transaction of its own", statement_by_statement,
                  {.violates = both}),
          variant("lost_means_failed", "one transaction; the user is told that it failed if the connection was lost",
                  lost_means_failed, {.violates = {both[1]}, .holds = {both[0]}}),
          variant("one_transaction", "one transaction; after a loss the user is told that the outcome is unknown",
                  one_transaction, {.holds = both}),
      });
}

}  // namespace heddle::scenarios

#include "scenarios/home_channel/sqlite_hides_the_race.hpp"

#include "models/sqlite/database.hpp"
#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

/// The handler that reads before it locks, as it will run on PostgreSQL.
void on_checkpointed(pg::Connection& db) {
  auto tx = db.begin();
  const Channel channel = read_before_lock(tx);
  sim::sometimes("the checkpoint comes first", channel.status == "Open");
  write_back(tx, channel);
  tx.commit();
}

/// `connect`: makes a connection to the database that the node's tests run on.
template <class Connect>
void run(sim::World& world, Connect connect) {
  std::optional<pg::SqlError> checkpoint_failed;
  std::optional<pg::SqlError> submit_failed;
  world.task("Checkpointed", [&] {
    const auto connection = connect();
    checkpoint_failed = failure_of([&] { on_checkpointed(*connection); });
  });
  world.task("submit_state", [&] {
    const auto connection = connect();
    submit_failed = failure_of([&] { submit_state_finalize(*connection); });
  });
  world.run();
  const auto connection = connect();
  const Channel channel = read_channel(*connection);
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

sim::Program on_sqlite(sqlite::Begin begin) {
  return [begin](sim::World& world) {
    sqlite::Database database(node_with_open_channel());
    run(world, [&] { return database.connect({.begin = begin, .busy_timeout = std::chrono::seconds(5)}); });
  };
}

void on_postgres(sim::World& world) {
  pg::Database database(node_with_open_channel());
  run(world, [&] { return database.connect_owned(); });
}

}  // namespace

Scenario sqlite_hides_the_race() {
  const std::vector<std::string> both = {"finalized_never_reopens", "handler_completes"};
  return make_scenario(
      "sqlite_hides_the_race",
      "the handler that reads before it locks, on SQLite: one writer at a time, so its tests cannot fail as the node "
      "does",
      both,
      {
          make_variant("read_before_lock_postgres", "where it is to run: the finalization is overwritten",
                       {.violates = {"finalized_never_reopens"}, .holds = {"handler_completes"}}, on_postgres),
          make_variant("read_before_lock_immediate", "BEGIN IMMEDIATE: the transactions come one after the other",
                       {.holds = both}, on_sqlite(sqlite::Begin::immediate)),
          make_variant("read_before_lock_deferred",
                       "BEGIN: who has read before another's commit cannot write any more (SQLITE_BUSY_SNAPSHOT)",
                       {.violates = {"handler_completes"}, .holds = {"finalized_never_reopens"}},
                       on_sqlite(sqlite::Begin::deferred)),
      });
}

}  // namespace heddle::scenarios

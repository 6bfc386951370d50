// The four shapes of SQL of the home_channel scenario, explored: what the row locks and EvalPlanQual of READ COMMITTED
// let through.
#include <gtest/gtest.h>

#include "models/postgres/database.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::pg {
namespace {

const Blueprint& blueprint() {
  static const Blueprint instance(R"(
    CREATE TABLE channels (channel_id text PRIMARY KEY, wallet text NOT NULL, asset text NOT NULL, status text NOT NULL, version bigint NOT NULL);
    CREATE TABLE user_balances (wallet text, asset text, amount numeric NOT NULL, PRIMARY KEY (wallet, asset));
    CREATE TABLE states (channel_id text, version bigint, kind text NOT NULL, PRIMARY KEY (channel_id, version));
    INSERT INTO channels VALUES ('c1', 'w', 'usdc', 'Open', 1);
    INSERT INTO user_balances VALUES ('w', 'usdc', 100);
  )");
  return instance;
}

enum class Variant { read_before_lock, single_statement_join, lock_then_read, lock_channel_row };

void lock_balance(Transaction& tx) {
  tx.exec("SELECT 1 FROM user_balances WHERE wallet = $1 AND asset = $2 FOR UPDATE", "w", "usdc");
}

std::string_view status_under(Variant variant, Transaction& tx) {
  switch (variant) {
    case Variant::read_before_lock: {
      const auto status =
          tx.exec("SELECT * FROM channels WHERE channel_id = $1", "c1").one().get<std::string_view>("status");
      lock_balance(tx);
      return status;
    }
    case Variant::single_statement_join:
      return tx
          .exec(
              "SELECT c.* FROM channels c JOIN user_balances b ON b.wallet = c.wallet AND b.asset = c.asset "
              "WHERE c.channel_id = $1 FOR UPDATE OF b",
              "c1")
          .one()
          .get<std::string_view>("status");
    case Variant::lock_then_read:
      lock_balance(tx);
      return tx.exec("SELECT * FROM channels WHERE channel_id = $1", "c1").one().get<std::string_view>("status");
    case Variant::lock_channel_row:
      return tx.exec("SELECT * FROM channels WHERE channel_id = $1 FOR UPDATE", "c1")
          .one()
          .get<std::string_view>("status");
  }
  return {};
}

void on_checkpointed(Connection& db, Variant variant) {
  auto tx = db.begin(read_committed);
  const std::string_view status = status_under(variant, tx);
  tx.exec("UPDATE channels SET status = $2, version = version + 1 WHERE channel_id = $1", "c1", status);
  tx.commit();
}

void finalize(Connection& db) {
  auto tx = db.begin(read_committed);
  lock_balance(tx);
  tx.exec("UPDATE channels SET status = 'Closing' WHERE channel_id = $1", "c1");
  tx.exec("INSERT INTO states (channel_id, version, kind) VALUES ($1, $2, 'Finalize')", "c1", 2);
  tx.commit();
}

sim::Program program(Variant variant) {
  return [variant](sim::World& world) {
    Database db(blueprint());
    world.task("checkpointed", [&] {
      ModelConnection connection = db.connect();
      on_checkpointed(connection, variant);
    });
    world.task("submit_state", [&] {
      ModelConnection connection = db.connect();
      finalize(connection);
    });
    world.run();
    ModelConnection connection = db.connect();
    world.check("finalized_never_reopens", connection.exec("SELECT status FROM channels WHERE channel_id = $1", "c1")
                                                   .one()
                                                   .get<std::string_view>("status") == "Closing");
  };
}

TEST(CheckpointReopens, ReadingBeforeTheLockIsCaught) {
  const auto verdict = sim::explore(program(Variant::read_before_lock));
  EXPECT_TRUE(verdict.violates("finalized_never_reopens")) << sim::evidence_line(verdict) << verdict.problem;
}

TEST(CheckpointReopens, TheJoinReadsAStaleChannelAfterItsWait) {
  const auto verdict = sim::explore(program(Variant::single_statement_join));
  EXPECT_TRUE(verdict.violates("finalized_never_reopens")) << sim::evidence_line(verdict) << verdict.problem;
}

TEST(CheckpointReopens, LockingThenReadingHoldsInEverySchedule) {
  const auto verdict = sim::explore(program(Variant::lock_then_read));
  EXPECT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict) << verdict.problem
                                   << (verdict.failure ? verdict.failure->property + verdict.failure->message : "");
}

TEST(CheckpointReopens, LockingTheChannelRowHoldsInEverySchedule) {
  const auto verdict = sim::explore(program(Variant::lock_channel_row));
  EXPECT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict) << verdict.problem
                                   << (verdict.failure ? verdict.failure->property + verdict.failure->message : "");
}

}  // namespace
}  // namespace heddle::pg

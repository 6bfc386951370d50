// Unique keys and ON CONFLICT under concurrency (facts F31-F35).
#include <gtest/gtest.h>

#include <set>

#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

constexpr const char* schema =
    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, x int); INSERT INTO t VALUES (1, 1, 10)";
constexpr const char* duplicate = "2: ERROR 23505 duplicate key value violates unique constraint \"t_pkey\"";

void expect_wait(const char* first, const char* second, const char* end, const std::string& released) {
  const std::string done =
      std::string(first).starts_with("INSERT") ? "INSERT 0 1" : std::string(first).substr(0, 6) + " 1";
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: " + std::string(first), done, {}},
                         {"2: " + std::string(second), "waits", {}},
                         {"1: " + std::string(end), end, {released}}});
}

TEST(UniqueKey, AnInsertWaitsForAnUncommittedInsertOfItsKey) {
  expect_wait("INSERT INTO t VALUES (5, 5, 0)", "INSERT INTO t VALUES (5, 6, 0)", "COMMIT", duplicate);
  expect_wait("INSERT INTO t VALUES (5, 5, 0)", "INSERT INTO t VALUES (5, 6, 0)", "ROLLBACK", "2: INSERT 0 1");
  expect_wait("INSERT INTO t VALUES (5, 5, 0)", "UPDATE t SET id = 5 WHERE id = 1", "COMMIT", duplicate);
}

TEST(UniqueKey, AnInsertWaitsForAnUncommittedChangeOfTheRowThatHasItsKey) {
  expect_wait("UPDATE t SET x = 11 WHERE id = 1", "INSERT INTO t VALUES (1, 6, 0)", "COMMIT", duplicate);
  expect_wait("UPDATE t SET x = 11 WHERE id = 1", "INSERT INTO t VALUES (1, 6, 0)", "ROLLBACK", duplicate);
  expect_wait("DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (1, 6, 0)", "COMMIT", "2: INSERT 0 1");
  expect_wait("DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (1, 6, 0)", "ROLLBACK", duplicate);
  expect_wait("UPDATE t SET id = 9 WHERE id = 1", "INSERT INTO t VALUES (1, 6, 0)", "COMMIT", "2: INSERT 0 1");
}

TEST(UniqueKey, ARowThatIsOnlyLockedIsADuplicateAtOnce) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT id FROM t WHERE id = 1 FOR UPDATE", "(1)", {}},
                         {"2: INSERT INTO t VALUES (1, 6, 0)", "ERROR 23505", {}},
                         {"2: INSERT INTO t VALUES (1, 6, 0) ON CONFLICT DO NOTHING", "INSERT 0 0", {}},
                         {"1: COMMIT", "COMMIT", {}}});
}

TEST(UniqueKey, ADuplicateThatTheSnapshotDoesNotSeeIsStillADuplicate) {
  expect_script(schema, {{"2: BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN", {}},
                         {"2: SELECT id FROM t", "(1)", {}},
                         {"1: INSERT INTO t VALUES (5, 5, 0)", "INSERT 0 1", {}},
                         {"2: INSERT INTO t VALUES (5, 6, 0)", "ERROR 23505", {}},
                         {"2: ROLLBACK", "ROLLBACK", {}},
                         {"2: BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN", {}},
                         {"2: SELECT id FROM t ORDER BY id", "(1) (5)", {}},
                         {"1: INSERT INTO t VALUES (6, 6, 0)", "INSERT 0 1", {}},
                         {"2: INSERT INTO t VALUES (6, 7, 0) ON CONFLICT DO NOTHING", "ERROR 40001", {}},
                         {"2: ROLLBACK", "ROLLBACK", {}}});
}

TEST(OnConflict, DoNothingWaitsForWhoeverDecides) {
  constexpr const char* nothing = "INSERT INTO t VALUES (5, 6, 0) ON CONFLICT (id) DO NOTHING RETURNING id";
  expect_wait("INSERT INTO t VALUES (5, 5, 0)", nothing, "COMMIT", "2: INSERT 0 0");
  expect_wait("INSERT INTO t VALUES (5, 5, 0)", nothing, "ROLLBACK", "2: INSERT 0 1: (5)");
  constexpr const char* existing = "INSERT INTO t VALUES (1, 6, 0) ON CONFLICT DO NOTHING";
  expect_wait("UPDATE t SET x = 11 WHERE id = 1", existing, "COMMIT", "2: INSERT 0 0");
  expect_wait("DELETE FROM t WHERE id = 1", existing, "COMMIT", "2: INSERT 0 1");
  expect_wait("DELETE FROM t WHERE id = 1", existing, "ROLLBACK", "2: INSERT 0 0");
}

TEST(OnConflict, DoUpdateUsesTheRowThatTheSnapshotDidNotSee) {
  constexpr const char* upsert =
      "INSERT INTO t VALUES (5, 6, 1) ON CONFLICT (id) DO UPDATE SET x = t.x + EXCLUDED.x RETURNING id, u, x";
  expect_wait("INSERT INTO t VALUES (5, 5, 40)", upsert, "COMMIT", "2: INSERT 0 1: (5, 5, 41)");
  expect_wait("INSERT INTO t VALUES (5, 5, 40)", upsert, "ROLLBACK", "2: INSERT 0 1: (5, 6, 1)");
  constexpr const char* existing =
      "INSERT INTO t VALUES (1, 6, 1) ON CONFLICT (id) DO UPDATE SET x = t.x + EXCLUDED.x RETURNING x";
  expect_wait("UPDATE t SET x = 50 WHERE id = 1", existing, "COMMIT", "2: INSERT 0 1: (51)");
  expect_wait("DELETE FROM t WHERE id = 1", existing, "COMMIT", "2: INSERT 0 1: (1)");
}

TEST(OnConflict, AFalseWhereUpdatesNothingButKeepsTheLock) {
  expect_script(
      schema,
      {{"1: BEGIN", "BEGIN", {}},
       {"1: INSERT INTO t VALUES (1, 6, 1) ON CONFLICT (id) DO UPDATE SET x = 0 WHERE t.x < 0", "INSERT 0 0", {}},
       {"2: SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT", "ERROR 55P03", {}},
       {"1: COMMIT", "COMMIT", {}}});
}

TEST(OnConflict, TheSameKeyTwiceInOneCommand) {
  expect_script(schema, {{"1: INSERT INTO t VALUES (7, 7, 1), (7, 8, 2) ON CONFLICT DO NOTHING", "INSERT 0 1", {}},
                         {"1: INSERT INTO t VALUES (8, 18, 1), (8, 28, 2) ON CONFLICT (id) DO UPDATE SET x = 3",
                          "ERROR 21000 ON CONFLICT DO UPDATE command cannot affect row a second time",
                          {}},
                         {"1: INSERT INTO t VALUES (9, 1, 0) ON CONFLICT (id) DO NOTHING", "ERROR 23505", {}}});
}

TEST(UniqueKey, CrossedInsertsDeadlock) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: INSERT INTO t VALUES (5, 5, 0)", "INSERT 0 1", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: INSERT INTO t VALUES (6, 6, 0)", "INSERT 0 1", {}},
                         {"1: INSERT INTO t VALUES (6, 7, 0)", "waits", {}},
                         {"2: INSERT INTO t VALUES (5, 8, 0)", "ERROR 40P01", {"1: INSERT 0 1"}},
                         {"1: COMMIT", "COMMIT", {}},
                         {"2: ROLLBACK", "ROLLBACK", {}}});
}

/// What it comes to; for statements that may fail.
std::string outcome_of(Connection& connection, const char* sql) {
  try {
    return describe(connection.exec(sql));
  } catch (const SqlError& error) {
    return std::string(error.sqlstate());
  }
}

/// The outcomes of `waiter`, which first waits for an update, and of an upsert of the same row after that.
std::set<std::string> outcomes_beside(const char* waiter) {
  const Blueprint blueprint(schema);
  std::set<std::string> outcomes;
  std::string first;
  std::string second;
  const sim::Program program = [&](sim::World& world) {
    Database db(blueprint);
    world.task("upsert", [&] {
      auto connection = db.connect();
      connection.exec("SET default_transaction_isolation = 'repeatable read'");
      connection.exec("BEGIN");
      connection.exec("UPDATE t SET x = 11 WHERE id = 1");
      connection.exec("COMMIT");
      second = outcome_of(connection, "INSERT INTO t VALUES (1, 6, 0) ON CONFLICT (id) DO UPDATE SET x = 12");
    });
    world.task("waiter", [&] {
      auto connection = db.connect();
      first = outcome_of(connection, waiter);
    });
    world.run();
  };
  sim::Dfs strategy;
  sim::Execution execution;
  for (std::uint64_t i = 0; strategy.begin_execution(i); ++i) {
    const sim::ExecutionResult& result = execution.run(program, strategy);
    strategy.end_execution(result);
    EXPECT_EQ(result.failure, sim::FailureKind::none) << result.message;
    outcomes.insert(first + ", " + second);
  }
  return outcomes;
}

TEST(OnConflict, MeetsARowThatIsLockedBeforeItLosesItsKey) {
  // In between the upsert finds the key, waits for the lock, and then finds the row changed since its snapshot. Before
  // that it updates the row, and afterwards there is no such key.
  EXPECT_EQ(outcomes_beside("UPDATE t SET id = 9 WHERE id = 1"),
            (std::set<std::string>{"UPDATE 1, INSERT 0 1", "UPDATE 1, 40001"}));
  EXPECT_EQ(outcomes_beside("DELETE FROM t WHERE id = 1"),
            (std::set<std::string>{"DELETE 1, INSERT 0 1", "DELETE 1, 40001"}));
}

}  // namespace
}  // namespace heddle::pg::test

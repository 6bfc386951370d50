// Who blocks whom: the conflict table of row locks, queues, overtaking, NOWAIT, SKIP LOCKED, time-outs (facts F1-F5,
// F23-F30, F36, F37).
#include <gtest/gtest.h>

#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

constexpr const char* schema = R"(
  CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, x int);
  INSERT INTO t VALUES (1, 1, 10), (2, 2, 20);
)";

/// "-B" rows of F1: does the column's statement wait for the row's?
struct Conflict {
  const char* held;
  const char* blocks;  ///< one letter per requested statement: 'B' or '-'
};
constexpr const char* requested[] = {"SELECT x FROM t WHERE id = 1 FOR KEY SHARE",
                                     "SELECT x FROM t WHERE id = 1 FOR SHARE",
                                     "SELECT x FROM t WHERE id = 1 FOR NO KEY UPDATE",
                                     "SELECT x FROM t WHERE id = 1 FOR UPDATE",
                                     "UPDATE t SET x = 11 WHERE id = 1",
                                     "UPDATE t SET id = id WHERE id = 1",
                                     "UPDATE t SET id = 9 WHERE id = 1",
                                     "DELETE FROM t WHERE id = 1",
                                     "SELECT x FROM t WHERE id = 1"};
constexpr Conflict conflicts[] = {{"SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "---B--BB-"},
                                  {"SELECT x FROM t WHERE id = 1 FOR SHARE", "--BBBBBB-"},
                                  {"SELECT x FROM t WHERE id = 1 FOR NO KEY UPDATE", "-BBBBBBB-"},
                                  {"SELECT x FROM t WHERE id = 1 FOR UPDATE", "BBBBBBBB-"},
                                  {"UPDATE t SET x = 11 WHERE id = 1", "-BBBBBBB-"},
                                  {"UPDATE t SET id = id WHERE id = 1", "-BBBBBBB-"},
                                  {"UPDATE t SET id = 9 WHERE id = 1", "BBBBBBBB-"},
                                  {"UPDATE t SET u = 9 WHERE id = 1", "BBBBBBBB-"},
                                  {"DELETE FROM t WHERE id = 1", "BBBBBBBB-"}};

TEST(RowLock, ConflictsAreThoseOfTheServersTable) {
  const Blueprint blueprint(schema);
  for (const Conflict& row : conflicts) {
    for (std::size_t i = 0; i < std::size(requested); ++i) {
      const auto steps = run_on_model(blueprint, {{"1: BEGIN", {}, {}},
                                                  {"1: " + std::string(row.held), {}, {}},
                                                  {"2: BEGIN", {}, {}},
                                                  {"2: " + std::string(requested[i]), {}, {}},
                                                  {"1: ROLLBACK", {}, {}},
                                                  {"2: ROLLBACK", {}, {}}});
      EXPECT_EQ(steps[3].outcome == "waits", row.blocks[i] == 'B') << row.held << " / " << requested[i];
    }
  }
}

TEST(RowLock, TwoKeyShareHoldersLetOneOfThemUpdateWithoutTouchingTheKey) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "(10)", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "(10)", {}},
                         {"2: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: COMMIT", "COMMIT", {}},
                         {"3: DELETE FROM t WHERE id = 1", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"3: DELETE 1"}}});
}

TEST(RowLock, KeyShareOfARowBeingUpdatedReturnsTheOldValuesAtOnce) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "(10)", {}},
                         {"1: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, OlderLocksSurviveTheRollbackOfAnUpdater) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "(10)", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: ROLLBACK", "ROLLBACK", {}},
                         {"3: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"3: (10)"}}});
}

TEST(RowLock, ACompatibleRequestOvertakesAWaitingOne) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR SHARE", "(10)", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"3: BEGIN", "BEGIN", {}},
                         {"3: SELECT x FROM t WHERE id = 1 FOR SHARE", "(10)", {}},
                         {"1: COMMIT", "COMMIT", {}},
                         {"3: COMMIT", "COMMIT", {"2: (10)"}}});
}

TEST(RowLock, ConflictingRequestsQueueFirstInFirstOut) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR UPDATE", "(10)", {}},
                         {"3: BEGIN", "BEGIN", {}},
                         {"3: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"3: (10)"}},
                         {"3: COMMIT", "COMMIT", {"2: (10)"}},
                         {"2: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, AShareRequestStaysBehindAWaitingExclusiveOne) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"3: SELECT x FROM t WHERE id = 1 FOR SHARE", "waits", {}},
                         {"1: ROLLBACK", "ROLLBACK", {"2: (10)"}},
                         {"2: COMMIT", "COMMIT", {"3: (10)"}}});
}

TEST(RowLock, AHolderThatWantsMoreWaitsForTheOtherHoldersOnly) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR SHARE", "(10)", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR SHARE", "(10)", {}},
                         {"3: SELECT x FROM t WHERE id = 1 FOR UPDATE", "waits", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "waits", {}},
                         {"2: COMMIT", "COMMIT", {"1: UPDATE 1"}},
                         {"1: COMMIT", "COMMIT", {"3: (11)"}}});
}

TEST(RowLock, RowsAreLockedInSortedOrderAndOffsetRowsToo) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT id FROM t ORDER BY id DESC LIMIT 1 OFFSET 1 FOR UPDATE", "(1)", {}},
                         {"2: SELECT id FROM t WHERE id = 2 FOR UPDATE NOWAIT", "ERROR 55P03", {}},
                         {"1: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, NowaitFailsAndSkipLockedSkips) {
  expect_script(
      schema,
      {{"1: BEGIN", "BEGIN", {}},
       {"1: UPDATE t SET x = 0 WHERE id = 1", "UPDATE 1", {}},
       {"2: SELECT id FROM t FOR UPDATE NOWAIT", "ERROR 55P03 could not obtain lock on row in relation \"t\"", {}},
       {"2: SELECT id FROM t ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED", "(2)", {}},
       {"1: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, AFailedRecheckKeepsTheRowLocked) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 0 WHERE id = 1", "UPDATE 1", {}},
                         {"2: BEGIN", "BEGIN", {}},
                         {"2: SELECT id FROM t WHERE id = 1 AND x = 10 FOR UPDATE", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"2: no rows"}},
                         {"3: SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT", "ERROR 55P03", {}},
                         {"2: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, TheLossOfAConnectionReleasesItsLocksAndUndoesItsChanges) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 0 WHERE id = 1", "UPDATE 1", {}},
                         {"2: UPDATE t SET x = x + 1 WHERE id = 1 RETURNING x", "waits", {}},
                         {"1: disconnect", "disconnected", {"2: UPDATE 1: (11)"}}});
}

TEST(RowLock, LockTimeoutAbortsTheTransactionAndItsLocksGo) {
  expect_script(
      schema,
      {{"1: BEGIN", "BEGIN", {}},
       {"1: UPDATE t SET x = 0 WHERE id = 1", "UPDATE 1", {}},
       {"2: SET lock_timeout = '100ms'", "SET", {}},
       {"2: BEGIN", "BEGIN", {}},
       {"2: UPDATE t SET x = 0 WHERE id = 2", "UPDATE 1", {}},
       {"2: UPDATE t SET x = 0 WHERE id = 1", "waits", {}},
       {"3: UPDATE t SET x = x + 1 WHERE id = 2 RETURNING x", "waits", {}},
       {"0: sleep 150", "slept", {"2: ERROR 55P03 canceling statement due to lock timeout", "3: UPDATE 1: (21)"}},
       {"2: COMMIT", "ROLLBACK", {}},
       {"1: COMMIT", "COMMIT", {}}});
}

TEST(RowLock, StatementTimeoutIsReportedWhenItIsTheSmaller) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 0 WHERE id = 1", "UPDATE 1", {}},
                         {"2: SET lock_timeout = 200", "SET", {}},
                         {"2: SET statement_timeout = 100", "SET", {}},
                         {"2: UPDATE t SET x = 0 WHERE id = 1", "waits", {}},
                         {"0: sleep 300", "slept", {"2: ERROR 57014 canceling statement due to statement timeout"}},
                         {"1: COMMIT", "COMMIT", {}}});
}

}  // namespace
}  // namespace heddle::pg::test

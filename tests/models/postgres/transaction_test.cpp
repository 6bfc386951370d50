// Savepoints, errors and the state of a transaction (facts F60-F63).
#include <gtest/gtest.h>

#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

constexpr const char* schema = "CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 10), (2, 20)";

TEST(Savepoint, RollingBackToItReleasesWhatCameAfterIt) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"1: SAVEPOINT a", "SAVEPOINT", {}},
                         {"1: UPDATE t SET x = 21 WHERE id = 2", "UPDATE 1", {}},
                         {"1: INSERT INTO t VALUES (3, 30)", "INSERT 0 1", {}},
                         {"2: UPDATE t SET x = x + 1 WHERE id = 2 RETURNING x", "waits", {}},
                         {"3: INSERT INTO t VALUES (3, 31)", "waits", {}},
                         {"1: ROLLBACK TO a", "ROLLBACK", {"2: UPDATE 1: (21)", "3: INSERT 0 1"}},
                         {"2: UPDATE t SET x = 0 WHERE id = 1", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"2: UPDATE 1"}}});
}

TEST(Savepoint, AnUpgradedLockFallsBackToTheOlderOne) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR KEY SHARE", "(10)", {}},
                         {"1: SAVEPOINT a", "SAVEPOINT", {}},
                         {"1: SELECT x FROM t WHERE id = 1 FOR UPDATE", "(10)", {}},
                         {"1: ROLLBACK TO a", "ROLLBACK", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR NO KEY UPDATE NOWAIT", "(10)", {}},
                         {"2: SELECT x FROM t WHERE id = 1 FOR UPDATE NOWAIT", "ERROR 55P03", {}},
                         {"1: COMMIT", "COMMIT", {}}});
}

TEST(Savepoint, ReleasedWorkBelongsToTheOuterSavepoint) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SAVEPOINT a", "SAVEPOINT", {}},
                         {"1: SAVEPOINT b", "SAVEPOINT", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"1: RELEASE b", "RELEASE", {}},
                         {"1: ROLLBACK TO a", "ROLLBACK", {}},
                         {"1: SELECT x FROM t WHERE id = 1", "(10)", {}},
                         {"1: ROLLBACK TO b", "ERROR 3B001 savepoint \"b\" does not exist", {}},
                         {"1: COMMIT", "ROLLBACK", {}}});
}

TEST(FailedTransaction, AnErrorReleasesTheLocksAtOnceAndCommitAnswersRollback) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: UPDATE t SET x = x + 1 WHERE id = 1 RETURNING x", "waits", {}},
                         {"1: SELECT 1 / 0", "ERROR 22012 division by zero", {"2: UPDATE 1: (11)"}},
                         {"1: SELECT 1",
                          "ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block",
                          {}},
                         {"1: SELECT nothing FROM nowhere", "ERROR 25P02", {}},
                         {"1: COMMIT", "ROLLBACK", {}},
                         {"1: SELECT x FROM t WHERE id = 1", "(11)", {}}});
}

TEST(FailedTransaction, ASavepointKeepsWhatCameBeforeIt) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"1: SAVEPOINT a", "SAVEPOINT", {}},
                         {"1: UPDATE t SET x = 21 WHERE id = 2", "UPDATE 1", {}},
                         {"2: UPDATE t SET x = x + 1 WHERE id = 2", "waits", {}},
                         {"3: UPDATE t SET x = x + 1 WHERE id = 1", "waits", {}},
                         {"1: INSERT INTO t VALUES (1, 0)", "ERROR 23505", {"2: UPDATE 1"}},
                         {"1: ROLLBACK TO a", "ROLLBACK", {}},
                         {"1: COMMIT", "COMMIT", {"3: UPDATE 1"}},
                         {"1: SELECT id, x FROM t ORDER BY id", "(1, 12) (2, 21)", {}}});
}

TEST(TransactionState, BeginTwiceAndCommitOutsideAreOnlyWarnings) {
  expect_script(schema, {{"1: COMMIT", "COMMIT", {}},
                         {"1: BEGIN", "BEGIN", {}},
                         {"1: BEGIN", "BEGIN", {}},
                         {"1: ROLLBACK", "ROLLBACK", {}},
                         {"1: SAVEPOINT a", "ERROR 25P01 SAVEPOINT can only be used in transaction blocks", {}}});
}

TEST(TransactionState, ReadOnlyTransactionsRefuseWritesAndLocks) {
  expect_script(
      schema,
      {{"1: BEGIN READ ONLY", "BEGIN", {}},
       {"1: UPDATE t SET x = 0", "ERROR 25006 cannot execute UPDATE in a read-only transaction", {}},
       {"1: ROLLBACK", "ROLLBACK", {}},
       {"1: BEGIN READ ONLY", "BEGIN", {}},
       {"1: SELECT x FROM t FOR SHARE", "ERROR 25006 cannot execute SELECT FOR SHARE in a read-only transaction", {}},
       {"1: ROLLBACK", "ROLLBACK", {}}});
}

TEST(TransactionState, TheIsolationLevelIsFixedByTheFirstQuery) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET", {}},
                         {"1: SHOW transaction_isolation", "(repeatable read)", {}},
                         {"1: SELECT x FROM t WHERE id = 1", "(10)", {}},
                         {"1: SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
                          "ERROR 25001 SET TRANSACTION ISOLATION LEVEL must be called before any query",
                          {}},
                         {"1: ROLLBACK", "ROLLBACK", {}},
                         {"1: BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN", {}}});
}

TEST(TransactionState, CommitAndChainReleasesTheLocks) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE t SET x = 11 WHERE id = 1", "UPDATE 1", {}},
                         {"2: UPDATE t SET x = x + 1 WHERE id = 1 RETURNING x", "waits", {}},
                         {"1: COMMIT AND CHAIN", "COMMIT", {"2: UPDATE 1: (12)"}},
                         {"1: SAVEPOINT a", "SAVEPOINT", {}},
                         {"1: COMMIT", "COMMIT", {}}});
}

}  // namespace
}  // namespace heddle::pg::test

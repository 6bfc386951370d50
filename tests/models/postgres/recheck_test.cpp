// What a statement sees after it has waited for a row: EvalPlanQual at READ COMMITTED, serialization failures at
// REPEATABLE READ (facts F6-F9, F12-F15, F38, F42-F53).
#include <gtest/gtest.h>

#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

constexpr const char* schema = R"(
  CREATE TABLE channels (id int PRIMARY KEY, wallet int, status text);
  CREATE TABLE user_balances (wallet int PRIMARY KEY, balance int);
  INSERT INTO channels VALUES (1, 7, 'Open');
  INSERT INTO user_balances VALUES (7, 100);
)";

constexpr const char* rc = "2: BEGIN";
constexpr const char* rr = "2: BEGIN ISOLATION LEVEL REPEATABLE READ";
constexpr const char* concurrent_update = "2: ERROR 40001 could not serialize access due to concurrent update";

/// Session 1 locks the balance, closes the channel and does `more`; session 2's `query` waits; 1 commits.
void expect_join(const std::string& more, const char* begin, const std::string& query, const std::string& released) {
  std::vector<Step> steps = {{"1: BEGIN", "BEGIN", {}},
                             {"1: SELECT 1 FROM user_balances WHERE wallet = 7 FOR UPDATE", "(1)", {}},
                             {"1: UPDATE channels SET status = 'Closing' WHERE id = 1", "UPDATE 1", {}}};
  if (!more.empty()) steps.push_back({"1: " + more, more.substr(0, 6) + " 1", {}});
  steps.push_back({begin, "BEGIN", {}});
  steps.push_back({"2: " + query, "waits", {}});
  steps.push_back({"1: COMMIT", "COMMIT", {released}});
  steps.push_back({"2: COMMIT", released.starts_with("2: ERROR") ? "ROLLBACK" : "COMMIT", {}});
  expect_script(schema, steps);
}

const std::string join =
    "SELECT c.status, b.balance FROM channels c JOIN user_balances b ON b.wallet = c.wallet WHERE c.id = 1 ";
const std::string update_b = "UPDATE user_balances SET balance = 55 WHERE wallet = 7";

TEST(Recheck, AJoinThatLocksOnlyTheBalanceReturnsTheStaleChannel) {
  expect_join("", rc, join + "FOR UPDATE OF b", "2: (Open, 100)");
  expect_join("", rr, join + "FOR UPDATE OF b", "2: (Open, 100)");
  expect_join("", rc, join + "AND c.status = 'Open' FOR UPDATE OF b", "2: (Open, 100)");
}

TEST(Recheck, AJoinThatLocksBothTablesReturnsTheFreshChannel) {
  expect_join("", rc, join + "FOR UPDATE OF c", "2: (Closing, 100)");
  expect_join("", rr, join + "FOR UPDATE", concurrent_update);
  expect_join("", rc, join + "AND c.status = 'Open' FOR UPDATE OF c", "2: no rows");
}

TEST(Recheck, TwoStatementsSeeTheFreshChannelOnlyAtReadCommitted) {
  const auto steps = [](const char* begin, const char* seen) {
    return std::vector<Step>{{"1: BEGIN", "BEGIN", {}},
                             {"1: SELECT 1 FROM user_balances WHERE wallet = 7 FOR UPDATE", "(1)", {}},
                             {"1: UPDATE channels SET status = 'Closing' WHERE id = 1", "UPDATE 1", {}},
                             {begin, "BEGIN", {}},
                             {"2: SELECT 1 FROM user_balances WHERE wallet = 7 FOR UPDATE", "waits", {}},
                             {"1: COMMIT", "COMMIT", {"2: (1)"}},
                             {"2: SELECT status FROM channels WHERE id = 1", seen, {}},
                             {"2: COMMIT", "COMMIT", {}}};
  };
  expect_script(schema, steps(rc, "(Closing)"));
  expect_script(schema, steps(rr, "(Open)"));
}

TEST(Recheck, TheLockedRowIsFreshAndEverythingElseStale) {
  expect_join(update_b, rc, join + "FOR UPDATE OF b", "2: (Open, 55)");
  expect_join(update_b, rc, join + "AND b.balance > 60 FOR UPDATE OF b", "2: no rows");
  expect_join(update_b, rc, join + "AND c.status = 'Open' FOR UPDATE OF b", "2: (Open, 55)");
  expect_join(update_b, rr, join + "FOR UPDATE OF b", concurrent_update);
  expect_join("DELETE FROM user_balances WHERE wallet = 7", rc, join + "FOR UPDATE OF b", "2: no rows");
  expect_join("UPDATE user_balances SET wallet = 8 WHERE wallet = 7", rc, join + "FOR UPDATE OF b", "2: no rows");
}

TEST(Recheck, SubSelectsStayStale) {
  expect_join(
      update_b, rc,
      "SELECT balance, (SELECT status FROM channels c WHERE c.wallet = b.wallet), (SELECT max(status) FROM channels) "
      "FROM user_balances b WHERE wallet = 7 AND EXISTS (SELECT 1 FROM channels c WHERE c.status = 'Open') FOR UPDATE",
      "2: (55, Open, Open)");
  expect_join(update_b, rc,
              "UPDATE user_balances b SET balance = balance + (SELECT count(*) FROM channels WHERE status = 'Open') "
              "FROM channels c "
              "WHERE c.wallet = b.wallet RETURNING balance, status",
              "2: UPDATE 1: (56, Open)");
}

TEST(Recheck, ABlockerThatRollsBackOrOnlyLocksCausesNoRecheck) {
  for (const char* begin : {rc, rr})
    expect_script(
        schema, {{"1: BEGIN", "BEGIN", {}},
                 {"1: UPDATE user_balances SET balance = 55 WHERE wallet = 7", "UPDATE 1", {}},
                 {begin, "BEGIN", {}},
                 {"2: UPDATE user_balances SET balance = balance + 1 WHERE wallet = 7 RETURNING balance", "waits", {}},
                 {"1: ROLLBACK", "ROLLBACK", {"2: UPDATE 1: (101)"}},
                 {"2: COMMIT", "COMMIT", {}}});
}

TEST(Recheck, LockingBothTablesAgainstTheOtherOrderIsADeadlock) {
  const std::vector<Step> steps = {
      {"1: BEGIN", "BEGIN", {}},
      {"1: SELECT 1 FROM user_balances WHERE wallet = 7 FOR UPDATE", "(1)", {}},
      {"2: BEGIN", "BEGIN", {}},
      {"2: " + join + "FOR UPDATE", "waits", {}},
      {"1: UPDATE channels SET status = 'Closing' WHERE id = 1", "ERROR 40P01 deadlock detected", {"2: (Open, 100)"}},
      {"1: ROLLBACK", "ROLLBACK", {}},
      {"2: ROLLBACK", "ROLLBACK", {}}};
  expect_script(schema, steps, 0);
  std::vector<Step> other = steps;
  other[4] = {steps[4].command, "UPDATE 1", {"2: ERROR 40P01 deadlock detected"}};
  expect_script(schema, other, 1);
}

TEST(Recheck, ALostUpdateIsLostAtReadCommittedAndRefusedAtRepeatableRead) {
  const auto steps = [](const char* begin, const char* released, const char* final) {
    return std::vector<Step>{{"1: BEGIN", "BEGIN", {}},
                             {begin, "BEGIN", {}},
                             {"1: SELECT balance FROM user_balances", "(100)", {}},
                             {"2: SELECT balance FROM user_balances", "(100)", {}},
                             {"1: UPDATE user_balances SET balance = 101", "UPDATE 1", {}},
                             {"2: UPDATE user_balances SET balance = 102", "waits", {}},
                             {"1: COMMIT", "COMMIT", {released}},
                             {"2: COMMIT", std::string(released).starts_with("2: ERROR") ? "ROLLBACK" : "COMMIT", {}},
                             {"3: SELECT balance FROM user_balances", final, {}}};
  };
  expect_script(schema, steps(rc, "2: UPDATE 1", "(102)"));
  expect_script(schema, steps(rr, concurrent_update, "(101)"));
}

TEST(Recheck, ARelativeUpdateCountsBothAtReadCommitted) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE user_balances SET balance = balance + 1", "UPDATE 1", {}},
                         {"2: UPDATE user_balances SET balance = balance + 1 RETURNING balance", "waits", {}},
                         {"1: COMMIT", "COMMIT", {"2: UPDATE 1: (102)"}}});
}

/// F42-F49: session 1's change, session 2's statement, and what it answers at READ COMMITTED and at REPEATABLE READ.
struct Changed {
  const char* change;
  const char* statement;
  const char* at_rc;
  const char* at_rr;
};
class ChangedRow : public ::testing::TestWithParam<Changed> {};

TEST_P(ChangedRow, IsJudgedAgainAtReadCommittedAndRefusedAtRepeatableRead) {
  constexpr const char* table =
      "CREATE TABLE t (id int PRIMARY KEY, x int, y int); INSERT INTO t VALUES (1, 10, 0), (2, 20, 0)";
  const Changed& changed = GetParam();
  for (const bool repeatable : {false, true}) {
    const std::string answer = repeatable ? changed.at_rr : changed.at_rc;
    std::vector<Step> steps = {{"1: BEGIN", "BEGIN", {}}};
    std::string change = changed.change;
    for (std::size_t end = 0; !change.empty(); change = end == std::string::npos ? "" : change.substr(end + 2)) {
      end = change.find("; ");
      const std::string statement = change.substr(0, end);
      steps.push_back({"1: " + statement, statement.substr(0, 6) + (statement[0] == 'I' ? " 0 1" : " 1"), {}});
    }
    steps.push_back({repeatable ? rr : rc, "BEGIN", {}});
    steps.push_back({"2: " + std::string(changed.statement), "waits", {}});
    steps.push_back({"1: COMMIT", "COMMIT", {"2: " + answer}});
    steps.push_back({"2: COMMIT", answer.starts_with("ERROR") ? "ROLLBACK" : "COMMIT", {}});
    expect_script(table, steps);
  }
}

constexpr const char* update_refused = "ERROR 40001 could not serialize access due to concurrent update";
constexpr const char* delete_refused = "ERROR 40001 could not serialize access due to concurrent delete";
INSTANTIATE_TEST_SUITE_P(
    Facts, ChangedRow,
    ::testing::Values(
        Changed{"UPDATE t SET x = 11 WHERE id = 1", "UPDATE t SET y = 1 WHERE x = 10", "UPDATE 0", update_refused},
        Changed{"UPDATE t SET x = 11 WHERE id = 1", "DELETE FROM t WHERE x = 10", "DELETE 0", update_refused},
        Changed{"UPDATE t SET x = 11 WHERE id = 1", "UPDATE t SET y = 1 WHERE id = 1 RETURNING x", "UPDATE 1: (11)",
                update_refused},
        Changed{"DELETE FROM t WHERE id = 1", "UPDATE t SET y = 1 WHERE id = 1", "UPDATE 0", delete_refused},
        Changed{"DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id = 1", "DELETE 0", delete_refused},
        Changed{"DELETE FROM t WHERE id = 1", "SELECT id FROM t WHERE id = 1 FOR UPDATE", "no rows", update_refused},
        Changed{"DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (1, 10, 5)", "UPDATE t SET y = 1 WHERE id = 1",
                "UPDATE 0", delete_refused},
        Changed{"UPDATE t SET id = 9 WHERE id = 1", "UPDATE t SET y = 1 WHERE id = 1", "UPDATE 0", update_refused},
        Changed{"UPDATE t SET id = 9 WHERE id = 1", "UPDATE t SET y = 1 WHERE x = 10 RETURNING id", "UPDATE 1: (9)",
                update_refused},
        Changed{"UPDATE t SET id = 9 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2", "UPDATE t SET y = 1 WHERE id = 1",
                "UPDATE 0", update_refused},
        Changed{"UPDATE t SET x = 99 WHERE id = 1", "SELECT id, x FROM t ORDER BY x FOR UPDATE", "(1, 99) (2, 20)",
                update_refused},
        Changed{"UPDATE t SET y = 7 WHERE id = 1", "SELECT id FROM t WHERE y = 0 ORDER BY id LIMIT 1 FOR UPDATE", "(2)",
                update_refused},
        Changed{"UPDATE t SET y = 7 WHERE id = 1",
                "UPDATE t SET y = 8 WHERE id = (SELECT id FROM t WHERE y = 0 ORDER BY id LIMIT 1) RETURNING id",
                "UPDATE 1: (1)", update_refused},
        Changed{
            "UPDATE t SET y = 7 WHERE id = 1",
            "UPDATE t SET y = 8 WHERE id = (SELECT id FROM t WHERE y = 0 ORDER BY id LIMIT 1 FOR UPDATE) RETURNING id",
            "UPDATE 1: (2)", update_refused}));

TEST(Snapshot, RepeatableReadTakesItsSnapshotWithTheFirstQueryAndNotWithBegin) {
  expect_script(
      schema,
      {{rr, "BEGIN", {}},
       {"1: UPDATE channels SET status = 'A'", "UPDATE 1", {}},
       {"2: SELECT status FROM channels", "(A)", {}},
       {"1: UPDATE channels SET status = 'B'", "UPDATE 1", {}},
       {"2: SELECT status FROM channels", "(A)", {}},
       {"2: UPDATE channels SET status = 'C'", "ERROR 40001 could not serialize access due to concurrent update", {}},
       {"2: ROLLBACK", "ROLLBACK", {}}});
}

TEST(Snapshot, KeyShareOfARowUpdatedSinceReturnsTheOldValues) {
  expect_script(schema, {{rr, "BEGIN", {}},
                         {"2: SELECT status FROM channels", "(Open)", {}},
                         {"1: UPDATE channels SET status = 'A'", "UPDATE 1", {}},
                         {"2: SELECT status FROM channels FOR KEY SHARE", "(Open)", {}},
                         {"2: SELECT status FROM channels FOR SHARE", "ERROR 40001", {}},
                         {"2: ROLLBACK", "ROLLBACK", {}}});
}

TEST(Snapshot, ATransactionSeesItsOwnChangesAndNobodyElseDoes) {
  expect_script(schema, {{"1: BEGIN", "BEGIN", {}},
                         {"1: UPDATE channels SET status = 'Mine'", "UPDATE 1", {}},
                         {"1: INSERT INTO channels VALUES (2, 7, 'New')", "INSERT 0 1", {}},
                         {"1: SELECT id, status FROM channels ORDER BY id", "(1, Mine) (2, New)", {}},
                         {"2: SELECT id, status FROM channels ORDER BY id", "(1, Open)", {}},
                         {"1: DELETE FROM channels WHERE id = 1", "DELETE 1", {}},
                         {"1: SELECT id FROM channels", "(2)", {}},
                         {"1: COMMIT", "COMMIT", {}},
                         {"2: SELECT id FROM channels", "(2)", {}}});
}

}  // namespace
}  // namespace heddle::pg::test

// Strings of several statements, warnings, and deadlocks that are looked for after deadlock_timeout (facts F21, F63).
#include <gmock/gmock.h>

#include "models/postgres/database.hpp"
#include "models/postgres/engine/session.hpp"
#include "sim/explore/explorer.hpp"
#include "tests/models/postgres/script.hpp"

namespace heddle::pg {
namespace {

using ::testing::ElementsAre;

const Blueprint& blueprint() {
  static const Blueprint instance("CREATE TABLE t (id int PRIMARY KEY, x int); INSERT INTO t VALUES (1, 10), (2, 20)");
  return instance;
}

std::vector<std::string> run(ModelConnection& connection, std::string_view script) {
  std::vector<std::string> told;
  for (const StatementResult& result : connection.run_script(script))
    told.push_back(result.error ? "ERROR " + result.error->message() : test::describe(*result.rows));
  for (const Notice& notice : connection.notices()) told.push_back("WARNING " + std::string(notice.message));
  return told;
}

TEST(SimpleQuery, AnErrorUndoesAllStatementsOfTheString) {
  Database db(blueprint());
  auto connection = db.connect();
  EXPECT_THAT(run(connection, "UPDATE t SET x = 11 WHERE id = 1; SELECT 1/0; SELECT 2"),
              ElementsAre("UPDATE 1", "ERROR division by zero"));
  EXPECT_THAT(run(connection, "SELECT x FROM t WHERE id = 1"), ElementsAre("(10)"));
}

TEST(SimpleQuery, ACommitInTheStringSplitsIt) {
  Database db(blueprint());
  auto connection = db.connect();
  EXPECT_THAT(run(connection, "UPDATE t SET x = 11 WHERE id = 1; COMMIT; UPDATE t SET x = 12 WHERE id = 1; SELECT 1/0"),
              ElementsAre("UPDATE 1", "COMMIT", "UPDATE 1", "ERROR division by zero",
                          "WARNING there is no transaction in progress"));
  EXPECT_THAT(run(connection, "SELECT x FROM t WHERE id = 1"), ElementsAre("(11)"));
}

TEST(SimpleQuery, ABeginInTheStringKeepsTheTransactionOpen) {
  Database db(blueprint());
  auto connection = db.connect();
  EXPECT_THAT(run(connection, "UPDATE t SET x = 11 WHERE id = 1; BEGIN"), ElementsAre("UPDATE 1", "BEGIN"));
  EXPECT_THAT(run(connection, "BEGIN"), ElementsAre("BEGIN", "WARNING there is already a transaction in progress"));
  EXPECT_THAT(run(connection, "ROLLBACK"), ElementsAre("ROLLBACK"));
  EXPECT_THAT(run(connection, "SELECT x FROM t WHERE id = 1"), ElementsAre("(10)"));
}

TEST(SimpleQuery, ASyntaxErrorAnywhereIsFoundBeforeAnythingIsExecuted) {
  Database db(blueprint());
  auto connection = db.connect();
  EXPECT_THAT(run(connection, "UPDATE t SET x = 11; SELEC 1"), ElementsAre("ERROR syntax error at or near \"SELEC\""));
  EXPECT_THAT(run(connection, "SELECT x FROM t WHERE id = 1"), ElementsAre("(10)"));
}

TEST(SimpleQuery, WarningsOutsideOfATransaction) {
  Database db(blueprint());
  auto connection = db.connect();
  EXPECT_THAT(run(connection, "ROLLBACK"), ElementsAre("ROLLBACK", "WARNING there is no transaction in progress"));
  EXPECT_THAT(run(connection, "SET LOCAL lock_timeout = 5"),
              ElementsAre("SET", "WARNING SET LOCAL can only be used in transaction blocks"));
  EXPECT_THAT(run(connection, "SET TRANSACTION READ ONLY"),
              ElementsAre("SET", "WARNING SET TRANSACTION can only be used in transaction blocks"));
}

/// Who dies in a deadlock of two sessions with these time-outs, of which the first waits first.
std::vector<bool> victims(std::string_view first_timeout, std::string_view second_timeout) {
  std::vector<bool> died(2);
  const std::string_view timeouts[] = {first_timeout, second_timeout};
  const auto verdict = sim::explore([&](sim::World& world) {
    Database db(blueprint(), "postgres", as_on_a_server);
    std::fill(died.begin(), died.end(), false);
    for (int i = 0; i < 2; ++i)
      world.task({"session", i}, [&, i] {
        auto connection = db.connect();
        connection.exec("SET deadlock_timeout = " + std::string(timeouts[i]));
        auto tx = connection.begin();
        tx.exec("SELECT 1 FROM t WHERE id = $1 FOR UPDATE", 1 + i);
        sim::sleep(std::chrono::milliseconds(10 * (1 + i)));
        try {
          tx.exec("SELECT 1 FROM t WHERE id = $1 FOR UPDATE", 2 - i);
        } catch (const SqlError& error) {
          died[static_cast<std::size_t>(i)] = error.sqlstate() == sqlstate::deadlock_detected;
        }
      });
    world.run();
    world.check("one dies", died[0] != died[1]);
  });
  EXPECT_TRUE(verdict.exhausted()) << sim::evidence_line(verdict);
  return died;
}

TEST(DeadlockTimeout, TheFirstWaiterDiesIfBothWaitEquallyLong) {
  EXPECT_THAT(victims("'1s'", "'1s'"), ElementsAre(true, false));
}

TEST(DeadlockTimeout, TheSecondDiesIfItIsLessPatient) {
  EXPECT_THAT(victims("'1s'", "'100ms'"), ElementsAre(false, true));
}

TEST(DeadlockTimeout, ACheckFromBeforeTheCycleIsNotRepeated) {
  EXPECT_THAT(victims("'5ms'", "'1s'"), ElementsAre(false, true));
}

}  // namespace
}  // namespace heddle::pg

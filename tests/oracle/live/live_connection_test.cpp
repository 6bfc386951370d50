#include "models/postgres/live/live_connection.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "models/postgres/database.hpp"

namespace heddle::pg {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string uri() {
  const char* uri = std::getenv("HEDDLE_POSTGRES_URI");
  if (uri == nullptr) throw std::runtime_error("HEDDLE_POSTGRES_URI is not set; run this by script/with-postgres");
  return uri;
}

/// The sentence of the error that `body` throws.
template <class Error, class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

constexpr std::string_view schema = "live_connection_test";
constexpr std::string_view tables = R"(
  CREATE TABLE accounts (id int PRIMARY KEY, owner text, amount numeric, active bool, visits bigint);
  INSERT INTO accounts VALUES (1, 'ann', 10.50, true, 7), (2, NULL, 20, false, 8);
)";

class LiveConnectionTest : public ::testing::Test {
 protected:
  LiveConnectionTest() {
    control.run_or_throw("DROP SCHEMA IF EXISTS live_connection_test CASCADE");
    control.run_or_throw("CREATE SCHEMA live_connection_test");
    enter(control);
    control.send_script(tables);
    EXPECT_FALSE(control.collect().back().error);
  }
  ~LiveConnectionTest() override { control.run("DROP SCHEMA live_connection_test CASCADE"); }

  static void enter(ServerSession& session) {
    session.run_or_throw("SET search_path = " + std::string(schema));
    session.run_or_throw("SET deadlock_timeout = '50ms'");
  }

  ServerSession control{uri()};
};

/// A handler as it is shipped: it does not know what it talks to. Returns all that it was told.
std::vector<std::string> handler(Connection& db) {
  std::vector<std::string> told;
  auto tx = db.begin(repeatable_read);
  const auto row = tx.exec("SELECT * FROM accounts WHERE id = $1 FOR UPDATE", 1).one();
  told.push_back(row.get<std::string>("owner") + " " + row.get<Numeric>("amount").str() + " " +
                 (row.get<bool>("active") ? "active" : "idle") + " " + std::to_string(row.get<std::int64_t>("visits")));
  told.push_back(
      tx.exec("UPDATE accounts SET amount = amount - $2, owner = $3 WHERE id = $1", 1, Numeric(3), nullptr).tag());
  told.push_back(tx.exec("INSERT INTO accounts VALUES ($1, $2, $3, $4, $5)", 3, "o'hara", 5, true, 1).tag());
  told.push_back(tx.commit() ? "committed" : "rolled back");
  for (const auto& each : db.exec("SELECT id, owner, amount FROM accounts ORDER BY id"))
    told.push_back(std::to_string(each.get<int>("id")) + " " +
                   each.get<std::optional<std::string>>("owner").value_or("NULL") + " " +
                   each.get<std::string>("amount"));
  try {
    db.exec("INSERT INTO accounts (id) VALUES (1)");
  } catch (const SqlError& error) {
    told.emplace_back(error.what());
  }
  auto failing = db.begin();
  try {
    failing.exec("SELECT nonsense FROM accounts");
  } catch (const SqlError& error) {
    told.emplace_back(error.what());
  }
  told.push_back(failing.commit() ? "committed" : "rolled back");
  return told;
}

TEST_F(LiveConnectionTest, AHandlerIsToldTheSameByTheModelAndByTheServer) {
  LiveConnection live(uri());
  enter(live.session());
  const Blueprint blueprint(tables);
  Database database(blueprint);
  auto model = database.connect();

  const auto by_server = handler(live);

  EXPECT_EQ(by_server, handler(model));
  EXPECT_THAT(by_server, ::testing::Contains("3 o'hara 5"));
}

TEST_F(LiveConnectionTest, ATransactionThatIsDroppedIsRolledBack) {
  LiveConnection live(uri());
  enter(live.session());
  {
    live.begin().exec("DELETE FROM accounts");
  }
  EXPECT_EQ(live.exec("SELECT 1 FROM accounts").size(), 2U);
}

TEST_F(LiveConnectionTest, AResultOutlivesTheNextStatement) {
  LiveConnection live(uri());
  enter(live.session());
  const Rows first = live.exec("SELECT owner FROM accounts WHERE id = 1");
  live.exec("SELECT 'something else entirely'");
  EXPECT_EQ(first.one().get<std::string_view>("owner"), "ann");
}

TEST_F(LiveConnectionTest, ABlockedStatementIsSeenWithItsBlockerAndCollectedLater) {
  ServerSession s1(uri());
  ServerSession s2(uri());
  LockMonitor monitor(uri());
  enter(s1);
  enter(s2);
  ServerSession* const both[] = {&s1, &s2};
  s1.run_or_throw("BEGIN");
  s1.run_or_throw("SELECT 1 FROM accounts WHERE id = 1 FOR UPDATE");

  s2.send("UPDATE accounts SET visits = visits + 1 WHERE id = 1");

  EXPECT_THAT(monitor.settle(both), ElementsAre(IsEmpty(), ElementsAre(s1.pid())));
  EXPECT_FALSE(s2.poll());
  s1.run_or_throw("COMMIT");
  EXPECT_THAT(monitor.settle(both), ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_TRUE(s2.poll());
  EXPECT_EQ(s2.collect().back().tag, "UPDATE 1");
}

TEST_F(LiveConnectionTest, ABlockedStatementCanBeCancelled) {
  ServerSession s1(uri());
  ServerSession s2(uri());
  LockMonitor monitor(uri());
  enter(s1);
  enter(s2);
  s1.run_or_throw("BEGIN");
  s1.run_or_throw("LOCK TABLE accounts");
  s2.send("SELECT 1 FROM accounts");
  ServerSession* const waiting[] = {&s2};
  monitor.settle(waiting);

  s2.cancel();

  EXPECT_EQ(s2.collect().back().error->sqlstate(), sqlstate::query_canceled);
}

TEST_F(LiveConnectionTest, AScriptHasAResultForEachStatementUpToTheFirstError) {
  ServerSession session(uri());
  enter(session);

  session.send_script("SELECT 1 AS one; UPDATE accounts SET visits = 0; SELECT 1/0; SELECT 2");
  const auto results = session.collect();

  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].columns[0].name, "one");
  EXPECT_EQ(results[1].tag, "UPDATE 2");
  EXPECT_EQ(results[2].error->sqlstate(), sqlstate::division_by_zero);
  EXPECT_EQ(*session.run("SELECT min(visits) FROM accounts").rows[0][0], "7") << "one implicit transaction";
}

TEST_F(LiveConnectionTest, NoticesAreKept) {
  ServerSession session(uri());
  session.run("COMMIT");
  const auto notices = session.take_notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].severity, "WARNING");
  EXPECT_EQ(notices[0].message, "there is no transaction in progress");
}

TEST_F(LiveConnectionTest, ASessionThatIsAbandonedReleasesItsLocks) {
  ServerSession s1(uri());
  enter(s1);
  s1.run_or_throw("BEGIN");
  s1.run_or_throw("LOCK TABLE accounts");
  s1.abandon();
  EXPECT_EQ(control.run("SELECT count(*) FROM accounts").tag, "SELECT 1");
  EXPECT_THAT(error_of<ServerError>([&] { s1.run("SELECT 1"); }), HasSubstr("was closed before"));
}

TEST_F(LiveConnectionTest, AServerThatGoesAwayIsOneSentence) {
  ServerSession session(uri());
  const Value pid = Value::of(static_cast<std::int64_t>(session.pid()));
  control.run_or_throw("SELECT pg_terminate_backend($1, 5000)", {&pid, 1});

  const ServerResult last = session.run("SELECT 1");

  ASSERT_TRUE(last.error);
  EXPECT_EQ(last.error->sqlstate(), sqlstate::admin_shutdown);
  EXPECT_THAT(error_of<ServerError>([&] { session.run("SELECT 1"); }),
              AllOf(HasSubstr("has gone away"), ::testing::Not(HasSubstr("\n"))));
}

TEST(ServerSession, AServerThatCannotBeReachedIsOneSentence) {
  EXPECT_THAT(error_of<ServerError>([] { const ServerSession session("postgresql://nobody@127.0.0.1:1/nothing"); }),
              AllOf(HasSubstr("the PostgreSQL server at 127.0.0.1 port 1 cannot be reached"),
                    HasSubstr("Connection refused"), ::testing::Not(HasSubstr("\n"))));
}

TEST(ServerSession, AnotherVersionIsRefused) {
  require_supported_version(150018, "here");
  EXPECT_EQ(error_of<ServerError>([] { require_supported_version(160003, "db.example port 5432"); }),
            "the server at db.example port 5432 is PostgreSQL 16.3; the model was measured against PostgreSQL 15, "
            "and only a server of that version can confirm what it says");
}

}  // namespace
}  // namespace heddle::pg

// Statements whose footprints do not conflict commute: row, table and advisory locks, foreign keys, SERIALIZABLE,
// sequences, savepoints, time-outs, and sessions that are cancelled.
#include "tests/support/commute_fuzz.hpp"

#include <array>
#include <memory>
#include <vector>

#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

using heddle::testing::Actor;
using heddle::testing::CommuteOptions;
using heddle::testing::expect_commutes;
template <class Object>
using Operations = std::vector<heddle::testing::Operation<Object>>;

/// What a kind of program is made of.
struct Kind {
  const char* schema;
  std::array<const char*, 3> begins;  ///< of the sessions
  std::vector<const char*> statements;
};

/// A database with a connection for each actor, of which each begins with a statement of its own.
template <const Kind& kind>
class Sessions {
 public:
  explicit Sessions(sim::World&) : database_(blueprint()) {
    for (std::size_t i = 0; i < kind.begins.size(); ++i) connections_.push_back(database_.connect_owned());
  }
  /// Who waits, and for whom.
  [[nodiscard]] std::string state() const {
    std::string text;
    for (const auto& connection : connections_) {
      const auto& session = static_cast<const ModelConnection&>(*connection);
      text += session.is_waiting() ? "waits for" : "-";
      for (const std::size_t blocker : session.blocked_by()) text += fmt::format(" {}", blocker);
      text += "; ";
    }
    return text;
  }
  template <class Body>
  void add_task(sim::World& world, Actor& actor, Body body) {
    world.task(sim::Name("task", static_cast<int>(actor.number())), [this, &actor, body] {
      say(actor, kind.begins[actor.number()]);
      body();
      connections_[actor.number()]->close();
    });
  }
  void say(Actor& actor, const char* sql) {
    try {
      actor.saw(describe(connections_[actor.number()]->exec(sql)));
    } catch (const SqlError& error) {
      actor.saw(error.what());
    }
  }
  static Operations<Sessions> operations() {
    Operations<Sessions> all;
    for (const char* sql : kind.statements)
      all.push_back({sql, [sql](Sessions& object, Actor& actor) { object.say(actor, sql); }});
    const auto connection = [](Sessions& object, std::size_t number) -> ModelConnection& {
      return static_cast<ModelConnection&>(*object.connections_[number]);
    };
    all.push_back({"cancel 0", [=](Sessions& object, Actor&) { connection(object, 0).cancel(); }});
    all.push_back({"terminate 1", [=](Sessions& object, Actor&) { connection(object, 1).terminate(); }});
    all.push_back({"lose 2", [=](Sessions& object, Actor& actor) {
                     if (actor.number() != 2) connection(object, 2).close();
                   }});
    return all;
  }

 private:
  static const Blueprint& blueprint() {
    static const Blueprint made(kind.schema);
    return made;
  }

  Database database_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

constexpr const char* one_table =
    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, x int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20), (3, 3, 30)";

const Kind row_locks = {one_table,
                        {"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SET lock_timeout = 1"},
                        {"SELECT x FROM t WHERE id = 1 FOR UPDATE",
                         "SELECT x FROM t WHERE id = 1 FOR NO KEY UPDATE",
                         "SELECT x FROM t WHERE id = 2 FOR SHARE",
                         "SELECT x FROM t WHERE u = 1 FOR KEY SHARE",
                         "SELECT id FROM t FOR UPDATE SKIP LOCKED",
                         "SELECT id FROM t WHERE id = 2 FOR UPDATE NOWAIT",
                         "SELECT id FROM t ORDER BY id DESC FOR UPDATE",
                         "SELECT id, x FROM t",
                         "SELECT x FROM t WHERE id = 3",
                         "UPDATE t SET x = x + 1 WHERE id = 1",
                         "UPDATE t SET x = x + 1 WHERE id = 2",
                         "UPDATE t SET x = x + 1",
                         "UPDATE t SET id = 4 WHERE id = 1",
                         "UPDATE t SET u = 5 WHERE id = 2",
                         "DELETE FROM t WHERE id = 2",
                         "INSERT INTO t VALUES (2, 4, 0)",
                         "INSERT INTO t VALUES (4, 5, 0)",
                         "INSERT INTO t VALUES (4, 4, 0) ON CONFLICT DO NOTHING",
                         "INSERT INTO t VALUES (1, 6, 0) ON CONFLICT (id) DO UPDATE SET x = t.x + 1",
                         "INSERT INTO t VALUES (7, 2, 0) ON CONFLICT (u) DO UPDATE SET id = 8",
                         "SAVEPOINT s",
                         "ROLLBACK TO s",
                         "RELEASE s",
                         "BEGIN",
                         "COMMIT",
                         "ROLLBACK"}};

const Kind table_locks = {
    one_table,
    {"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN"},
    {"LOCK TABLE t IN ACCESS SHARE MODE", "LOCK TABLE t IN ROW SHARE MODE", "LOCK TABLE t IN ROW EXCLUSIVE MODE",
     "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE", "LOCK TABLE t IN SHARE MODE",
     "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "LOCK TABLE t IN EXCLUSIVE MODE NOWAIT", "LOCK TABLE t",
     "SELECT sum(x) FROM t", "SELECT x FROM t WHERE id = 1 FOR SHARE", "UPDATE t SET x = x + 1 WHERE id = 1",
     "UPDATE t SET x = x + 1 WHERE id = 2", "INSERT INTO t VALUES (4, 4, 4)", "SAVEPOINT s", "ROLLBACK TO s", "COMMIT",
     "BEGIN"}};

const Kind advisory_locks = {
    one_table,
    {"BEGIN", "SELECT 1", "SET statement_timeout = 1"},
    {"SELECT pg_advisory_lock(1)", "SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_lock_shared(1)",
     "SELECT pg_advisory_xact_lock_shared(1)", "SELECT pg_try_advisory_lock(2)", "SELECT pg_try_advisory_xact_lock(1)",
     "SELECT pg_advisory_lock(2)", "SELECT pg_advisory_unlock(1)", "SELECT pg_advisory_unlock(2)",
     "SELECT pg_advisory_unlock_shared(1)", "SELECT pg_advisory_unlock_all()", "SELECT pg_advisory_xact_lock(1, 2)",
     "SELECT pg_advisory_xact_lock(1), x FROM t WHERE id = 1", "UPDATE t SET x = x + 1 WHERE id = 1",
     "SELECT x FROM t WHERE id = 1", "SAVEPOINT s", "ROLLBACK TO s", "BEGIN", "COMMIT"}};

const Kind foreign_keys = {
    "CREATE TABLE p (id int PRIMARY KEY, u int UNIQUE, x int);"
    "CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, x int);"
    "CREATE TABLE d (id int PRIMARY KEY, u int REFERENCES p (u) ON DELETE CASCADE ON UPDATE SET NULL);"
    "CREATE TABLE e (id int PRIMARY KEY, c int REFERENCES c DEFERRABLE INITIALLY DEFERRED);"
    "INSERT INTO p VALUES (1, 1, 0), (2, 2, 0); INSERT INTO c VALUES (1, 1, 0); INSERT INTO d VALUES (1, 1), (2, 2)",
    {"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1"},
    {"INSERT INTO c VALUES (2, 2, 0)",
     "INSERT INTO c VALUES (3, 1, 0)",
     "INSERT INTO c VALUES (4, 9, 0)",
     "UPDATE c SET p = 2 WHERE id = 1",
     "UPDATE c SET x = x + 1 WHERE id = 1",
     "DELETE FROM c WHERE id = 1",
     "DELETE FROM p WHERE id = 1",
     "DELETE FROM p WHERE id = 2",
     "UPDATE p SET id = 3 WHERE id = 2",
     "UPDATE p SET x = x + 1 WHERE id = 1",
     "UPDATE p SET u = 7 WHERE id = 2",
     "INSERT INTO p VALUES (9, 9, 0)",
     "INSERT INTO d VALUES (3, 2)",
     "SELECT id, u FROM d",
     "SELECT id, p FROM c",
     "INSERT INTO e VALUES (1, 5)",
     "INSERT INTO e VALUES (2, 1)",
     "INSERT INTO c VALUES (5, 1, 0)",
     "SELECT x FROM p WHERE id = 1 FOR UPDATE",
     "SELECT x FROM p WHERE id = 2 FOR KEY SHARE",
     "SET CONSTRAINTS ALL IMMEDIATE",
     "SAVEPOINT s",
     "ROLLBACK TO s",
     "BEGIN",
     "COMMIT",
     "ROLLBACK"}};

const Kind serializable = {
    one_table,
    {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN ISOLATION LEVEL SERIALIZABLE",
     "SET default_transaction_isolation = serializable"},
    {"SELECT x FROM t WHERE id = 1", "SELECT x FROM t WHERE id = 2", "SELECT sum(x) FROM t",
     "SELECT x FROM t WHERE id = 9", "SELECT count(*) FROM t WHERE x > 25", "UPDATE t SET x = x + 1 WHERE id = 1",
     "UPDATE t SET x = x + 1 WHERE id = 2", "UPDATE t SET x = 99 WHERE id = 3", "INSERT INTO t VALUES (9, 9, 9)",
     "DELETE FROM t WHERE id = 2", "SELECT x FROM t WHERE id = 1 FOR UPDATE", "SAVEPOINT s", "ROLLBACK TO s", "BEGIN",
     "COMMIT", "ROLLBACK"}};

const Kind sequences = {
    "CREATE TABLE t (id serial PRIMARY KEY, x int); CREATE SEQUENCE q; INSERT INTO t (x) VALUES (1)",
    {"BEGIN", "SELECT 1", "BEGIN ISOLATION LEVEL REPEATABLE READ"},
    {"INSERT INTO t (x) VALUES (2) RETURNING id", "SELECT nextval('q')", "SELECT currval('q')", "SELECT lastval()",
     "SELECT setval('q', 10)", "SELECT nextval('t_id_seq')", "SELECT id, x FROM t",
     "UPDATE t SET x = nextval('q') WHERE id = 1", "DELETE FROM t WHERE id = 2", "SAVEPOINT s", "ROLLBACK TO s",
     "BEGIN", "COMMIT"}};

template <const Kind& kind>
void expect_kind_commutes() {
  expect_commutes<Sessions<kind>>({.seed = 20261122, .programs = 600, .longest = 5});
}

TEST(Commute, RowLocks) {
  expect_kind_commutes<row_locks>();
}
TEST(Commute, TableLocks) {
  expect_kind_commutes<table_locks>();
}
TEST(Commute, AdvisoryLocks) {
  expect_kind_commutes<advisory_locks>();
}
TEST(Commute, ForeignKeys) {
  expect_kind_commutes<foreign_keys>();
}
TEST(Commute, Serializable) {
  expect_kind_commutes<serializable>();
}
TEST(Commute, Sequences) {
  expect_kind_commutes<sequences>();
}

}  // namespace
}  // namespace heddle::pg::test

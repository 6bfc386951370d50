#include "tests/oracle/postgres/random_program.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <span>
#include <string_view>

namespace heddle::pg::oracle {
namespace {

/// "$a" and "$b" are small numbers. The first statements are the simplest: shrinking prefers them.
struct RandomSchema {
  const char* definition;
  std::span<const char* const> statements;
  const char* contents;  ///< what is compared at the end
};

constexpr const char* transaction_statements[] = {"COMMIT",      "ROLLBACK",      "BEGIN",
                                                  "SAVEPOINT s", "ROLLBACK TO s", "RELEASE s"};

constexpr const char* row_statements[] = {
    "SELECT x FROM t WHERE id = $a",
    "UPDATE t SET x = x + 1 WHERE id = $a",
    "UPDATE t SET x = $b WHERE id = $a RETURNING x",
    "SELECT id, x FROM t ORDER BY id",
    "SELECT x FROM t WHERE id = $a FOR UPDATE",
    "SELECT x FROM t WHERE id = $a FOR NO KEY UPDATE",
    "SELECT x FROM t WHERE id = $a FOR SHARE",
    "SELECT x FROM t WHERE id = $a FOR KEY SHARE",
    "DELETE FROM t WHERE id = $a",
    "INSERT INTO t VALUES ($a, $b, $b)",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT (id) DO UPDATE SET x = t.x + 10 RETURNING id, u, x",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT (u) DO UPDATE SET x = EXCLUDED.id, u = EXCLUDED.u + $a RETURNING x",
    "UPDATE t SET u = $b WHERE id = $a",
    "UPDATE t SET id = $b WHERE id = $a",
    "UPDATE t SET x = x + 1 WHERE u = $a",
    "UPDATE t SET x = 5 WHERE id = $a AND x < 20 RETURNING id",
    "SELECT id FROM t ORDER BY id FOR UPDATE",
    "SELECT id FROM t WHERE x >= 10 ORDER BY id FOR SHARE",
    "SELECT id FROM t WHERE x >= 10 ORDER BY id LIMIT 1 FOR UPDATE",
    "SELECT id FROM t ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
    "SELECT id FROM t ORDER BY id FOR KEY SHARE SKIP LOCKED",
    "SELECT id FROM t WHERE id = $a FOR NO KEY UPDATE NOWAIT",
    "SELECT sum(x), count(*) FROM t WHERE x < 25",
    "SELECT max(x) FROM t WHERE id <= $a",
    "INSERT INTO t SELECT $a, $b, count(*) FROM t",
    "UPDATE t SET x = (SELECT sum(x) FROM t) WHERE id = $a RETURNING x",
    "UPDATE t SET x = 100 WHERE id = (SELECT id FROM t WHERE x < 50 ORDER BY id LIMIT 1) RETURNING id",
    "UPDATE t SET x = 0 WHERE id = (SELECT id FROM t ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
    "SELECT a.id, b.x FROM t a JOIN t b ON b.id = a.u WHERE a.id = $a FOR UPDATE OF b",
    "SELECT a.x, b.x FROM t a LEFT JOIN t b ON b.u = a.id + 1 WHERE a.id = $a FOR UPDATE OF a",
    "SELECT s.x FROM (SELECT x, id FROM t WHERE id = $a) s WHERE s.x > 5",
    "SELECT id FROM t WHERE id = ANY ('{1,$b}') ORDER BY id FOR SHARE",
    "SELECT 1 / ($a - 1)",
};

constexpr const char* family_statements[] = {
    "SELECT * FROM c ORDER BY id",
    "INSERT INTO c VALUES ($a, $b, 0)",
    "DELETE FROM p WHERE id = $a",
    "UPDATE c SET p = $b WHERE id = $a",
    "UPDATE c SET x = x + 1 WHERE id = $a",
    "DELETE FROM c WHERE id = $a",
    "UPDATE p SET x = x + 1 WHERE id = $a",
    "UPDATE p SET id = $b WHERE id = $a",
    "INSERT INTO p VALUES ($a, $b)",
    "SELECT x FROM p WHERE id = $a FOR UPDATE",
    "SELECT x FROM p WHERE id = $a FOR NO KEY UPDATE",
    "SELECT x FROM p WHERE id = $a FOR KEY SHARE",
    "SELECT c.x, p.x FROM c JOIN p ON p.id = c.p WHERE c.id = $a FOR UPDATE",
    "SELECT c.x, p.x FROM c JOIN p ON p.id = c.p WHERE c.id = $a FOR SHARE OF p",
    "UPDATE p SET x = c.x + 1 FROM c WHERE c.p = p.id AND c.id = $a RETURNING p.id",
    "INSERT INTO c VALUES ($a, $b, 7) ON CONFLICT (id) DO UPDATE SET p = EXCLUDED.p",
    "SELECT p.id, count(*) FROM p JOIN c ON c.p = p.id GROUP BY p.id ORDER BY p.id",
    "SELECT * FROM p WHERE EXISTS (SELECT 1 FROM c WHERE c.p = p.id) ORDER BY id",
    "SELECT * FROM p WHERE id NOT IN (SELECT p FROM c WHERE p IS NOT NULL) ORDER BY id",
};

constexpr const char* lock_statements[] = {
    "SELECT pg_advisory_xact_lock($a)",
    "SELECT pg_advisory_lock($a)",
    "SELECT pg_advisory_unlock($a)",
    "SELECT pg_advisory_xact_lock_shared($a)",
    "SELECT pg_try_advisory_xact_lock($a)",
    "SELECT pg_try_advisory_lock_shared($a)",
    "SELECT pg_advisory_unlock_all()",
    "UPDATE t SET x = x + 1 WHERE id = $a",
    "SELECT x FROM t WHERE id = $a",
    "SELECT x FROM t WHERE id = $a FOR SHARE",
    "SELECT pg_advisory_xact_lock($b), x FROM t WHERE id = $a",
    "LOCK TABLE t IN SHARE MODE",
    "LOCK TABLE t IN ROW EXCLUSIVE MODE",
    "LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE",
    "LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT",
    "LOCK TABLE t IN EXCLUSIVE MODE",
    "INSERT INTO t (x) VALUES ($b) RETURNING id",
};

constexpr RandomSchema schemas[] = {
    {"CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, x int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20)",
     row_statements, "SELECT * FROM t ORDER BY id"},
    {"CREATE TABLE t (id bigint PRIMARY KEY, u numeric UNIQUE, x int CHECK (x < 200));"
     "INSERT INTO t VALUES (1, 2, 10), (2, 1, 20), (3, NULL, 30)",
     row_statements, "SELECT * FROM t ORDER BY id"},
    {"CREATE TABLE t (id int, u int, x int, PRIMARY KEY (id, u)); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20)",
     row_statements, "SELECT * FROM t ORDER BY id, u"},
    {"CREATE TABLE p (id int PRIMARY KEY, x int); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, x int);"
     "INSERT INTO p VALUES (1, 10), (2, 20); INSERT INTO c VALUES (1, 1, 1)",
     family_statements, "SELECT p.id, p.x, c.id, c.x FROM p LEFT JOIN c ON c.p = p.id ORDER BY p.id, c.id"},
    {"CREATE TABLE p (id int PRIMARY KEY, x int);"
     "CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, x int);"
     "INSERT INTO p VALUES (1, 10), (2, 20); INSERT INTO c VALUES (1, 1, 1)",
     family_statements, "SELECT p.id, p.x, c.id, c.x FROM p LEFT JOIN c ON c.p = p.id ORDER BY p.id, c.id"},
    {"CREATE TABLE p (id int PRIMARY KEY, x int);"
     "CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p DEFERRABLE INITIALLY DEFERRED, x int);"
     "INSERT INTO p VALUES (1, 10), (2, 20); INSERT INTO c VALUES (1, 1, 1)",
     family_statements, "SELECT p.id, p.x, c.id, c.x FROM p LEFT JOIN c ON c.p = p.id ORDER BY p.id, c.id"},
    {"CREATE TABLE p (id int PRIMARY KEY, x int);"
     "CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p ON DELETE SET NULL ON UPDATE RESTRICT, x int);"
     "INSERT INTO p VALUES (1, 10), (2, 20); INSERT INTO c VALUES (1, 1, 1)",
     family_statements, "SELECT p.id, p.x, c.id, c.x FROM p LEFT JOIN c ON c.p = p.id ORDER BY p.id, c.id"},
    {"CREATE TABLE t (id serial PRIMARY KEY, x int); INSERT INTO t (x) VALUES (10), (20)", lock_statements,
     "SELECT * FROM t ORDER BY id"},
};

constexpr const char* begins[] = {"BEGIN", "BEGIN ISOLATION LEVEL READ COMMITTED",
                                  "BEGIN ISOLATION LEVEL REPEATABLE READ", "BEGIN ISOLATION LEVEL SERIALIZABLE", ""};

std::string fill_in(std::string_view statement, const RandomStep& step) {
  std::string text;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    if (statement[i] != '$') {
      text += statement[i];
      continue;
    }
    text += std::to_string((statement[++i] == 'a' ? step.a : step.b) + 1);
  }
  return text;
}

}  // namespace

Script RandomProgram::script() const {
  const RandomSchema& chosen = schemas[schema];
  Script result;
  result.schema = chosen.definition;
  result.tables = created_tables(result.schema);
  const auto add = [&](std::size_t session, std::string command) {
    result.steps.push_back({session, std::move(command), ""});
  };
  for (unsigned i = 0; i < sessions; ++i)
    if (const std::string begin = begins[starts[i]]; !begin.empty()) add(i + 1, begin);
  constexpr std::size_t one_in = 6;  // of the steps, the first of six ends or begins something
  for (const RandomStep& step : steps) {
    const bool ends = step.statement % one_in == one_in - 1;
    const std::size_t number = step.statement / one_in;
    const char* text = ends ? transaction_statements[number % std::size(transaction_statements)]
                            : chosen.statements[(step.statement - number) % chosen.statements.size()];
    add(step.session % sessions + 1, fill_in(text, step));
  }
  for (unsigned round = 0; round < sessions; ++round)  // as often as one may wait for another
    for (unsigned i = 0; i < sessions; ++i) add(i + 1, "COMMIT");
  add(1, chosen.contents);
  return result;
}

rc::Gen<RandomProgram> random_programs() {
  using rc::gen::inRange;
  const auto step = rc::gen::build<RandomStep>(
      rc::gen::set(&RandomStep::session, inRange(0U, 12U)), rc::gen::set(&RandomStep::statement, inRange(0U, 240U)),
      rc::gen::set(&RandomStep::a, inRange(0U, 3U)), rc::gen::set(&RandomStep::b, inRange(0U, 3U)));
  const auto length = rc::gen::resize(18, rc::gen::container<std::vector<RandomStep>>(step));
  return rc::gen::build<RandomProgram>(
      rc::gen::set(&RandomProgram::schema, inRange(0U, static_cast<unsigned>(std::size(schemas)))),
      rc::gen::set(&RandomProgram::sessions, inRange(2U, 5U)), rc::gen::set(&RandomProgram::level, inRange(0U, 3U)),
      rc::gen::set(&RandomProgram::starts,
                   rc::gen::container<std::vector<unsigned>>(
                       4, rc::gen::weightedElement<unsigned>({{12, 0U}, {1, 1U}, {1, 2U}, {1, 3U}, {3, 4U}}))),
      rc::gen::set(&RandomProgram::steps, length));
}

std::ostream& operator<<(std::ostream& out, const RandomProgram& program) {
  return out << for_psql(program.script(), program.isolation());
}

}  // namespace heddle::pg::oracle

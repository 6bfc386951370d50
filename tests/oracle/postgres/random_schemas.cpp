#include "tests/oracle/postgres/random_schemas.hpp"

namespace heddle::pg::oracle {
namespace {

constexpr const char* transaction_statements[] = {"COMMIT",
                                                  "ROLLBACK",
                                                  "BEGIN",
                                                  "SAVEPOINT s",
                                                  "ROLLBACK TO s",
                                                  "RELEASE s",
                                                  "SAVEPOINT u",
                                                  "ROLLBACK TO u",
                                                  "RELEASE u",
                                                  "COMMIT",
                                                  "SAVEPOINT s",
                                                  "ROLLBACK TO s",
                                                  "COMMIT AND CHAIN",
                                                  "ROLLBACK AND CHAIN",
                                                  "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                                                  "\\cancel",
                                                  "\\close",
                                                  "SET CONSTRAINTS ALL DEFERRED",
                                                  "SET CONSTRAINTS ALL IMMEDIATE"};

constexpr const char* row_statements[] = {
    "SELECT x FROM t WHERE id = $a",
    "UPDATE t SET x = x + 1 WHERE id = $a",
    "UPDATE t SET x = $b WHERE id = $a RETURNING x",
    "SELECT id, x FROM t ORDER BY id, u",
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
    "SELECT id FROM t ORDER BY id, u FOR UPDATE",
    "SELECT id FROM t WHERE x >= 10 ORDER BY id, u FOR SHARE",
    "SELECT id FROM t WHERE x >= 10 ORDER BY id, u LIMIT 1 FOR UPDATE",
    "SELECT id FROM t ORDER BY id, u LIMIT 2 FOR UPDATE SKIP LOCKED",
    "SELECT id FROM t ORDER BY id, u FOR KEY SHARE SKIP LOCKED",
    "SELECT id FROM t WHERE id = $a FOR NO KEY UPDATE NOWAIT",
    "SELECT sum(x), count(*) FROM t WHERE x < 25",
    "SELECT max(x) FROM t WHERE id <= $a",
    "INSERT INTO t SELECT $a, $b, count(*) FROM t",
    "UPDATE t SET x = (SELECT sum(x) FROM t) WHERE id = $a RETURNING x",
    "UPDATE t SET x = 100 WHERE id = (SELECT id FROM t WHERE x < 50 ORDER BY id, u LIMIT 1) RETURNING id",
    "UPDATE t SET x = 0 WHERE id = (SELECT id FROM t ORDER BY id, u LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
    "SELECT a.id, b.x FROM t a JOIN t b ON b.id = a.u WHERE a.id = $a FOR UPDATE OF b",
    "SELECT a.x, b.x FROM t a LEFT JOIN t b ON b.u = a.id + 1 WHERE a.id = $a FOR UPDATE OF a",
    "SELECT s.x FROM (SELECT x, id FROM t WHERE id = $a) s WHERE s.x > 5",
    "SELECT id FROM t WHERE id = ANY ('{1,$b}') ORDER BY id, u FOR SHARE",
    "SELECT 1 / ($a - 1)",
    "UPDATE t SET id = id, u = u WHERE id = $a",
    "UPDATE t SET u = u + 10 WHERE id = $a RETURNING u",
    "DELETE FROM t WHERE id = $a RETURNING id, u, x",
    "DELETE FROM t WHERE u = $a AND x > 10",
    "UPDATE t SET x = x + 1",
    "UPDATE t SET x = x - 1 WHERE x >= 10 RETURNING id, x",
    "DELETE FROM t WHERE x >= 20",
    "SELECT * FROM t",
    "SELECT * FROM t FOR UPDATE",
    "SELECT id FROM t WHERE x > 5 FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT id, x FROM t ORDER BY x, id, u FOR UPDATE",
    "SELECT id FROM t ORDER BY id, u OFFSET 1 LIMIT 1 FOR UPDATE",
    "SELECT x FROM t WHERE id = $a FOR UPDATE NOWAIT",
    "SELECT x FROM t WHERE id = $a FOR SHARE NOWAIT",
    "SELECT x FROM t WHERE id = $a FOR KEY SHARE NOWAIT",
    "SELECT x FROM t WHERE id = $a FOR UPDATE SKIP LOCKED",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT (id) DO UPDATE SET x = EXCLUDED.x WHERE t.x < 15",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id, x = t.x + 1",
    "INSERT INTO t VALUES ($a, $b, 1), ($b, $a, 2) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES ($a, $b, 1), ($b, $a, 2) ON CONFLICT (id) DO UPDATE SET x = t.x + EXCLUDED.x",
    "INSERT INTO t VALUES ($a, $b, 1), ($b, $a, 2)",
    "INSERT INTO t SELECT $a, $b, 5 WHERE NOT EXISTS (SELECT 1 FROM t WHERE id = $a)",
    "INSERT INTO t (id, u) SELECT id + 1, u + 1 FROM t WHERE id = $a ON CONFLICT (id) DO NOTHING",
    "UPDATE t SET x = s.x + 1 FROM t s WHERE s.id = t.u AND t.id = $a RETURNING t.x, s.x",
    "DELETE FROM t USING t s WHERE s.id = t.u AND t.id = $a RETURNING t.id, s.x",
    ("DELETE FROM t WHERE id = (SELECT id FROM t WHERE x < 50 ORDER BY id, u LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING "
     "id"),
    "SELECT t.id, (SELECT max(s.x) FROM t s WHERE s.id <> t.id) FROM t WHERE id = $a FOR UPDATE",
    "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t s WHERE s.u = t.id AND s.x > 5) AND id = $a FOR SHARE",
    "SELECT x, count(*) FROM t GROUP BY x HAVING count(*) > 0 ORDER BY x DESC",
    "UPDATE t SET x = NULL WHERE id = $a",
    "UPDATE t SET id = NULL WHERE id = $a",
    "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE",
    "LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
};

constexpr const char* tree_statements[] = {
    "SELECT * FROM t ORDER BY id",
    "INSERT INTO t VALUES ($a, $b, 0)",
    "DELETE FROM t WHERE id = $a",
    "UPDATE t SET p = $b WHERE id = $a",
    "UPDATE t SET id = $b WHERE id = $a",
    "UPDATE t SET x = x + 1 WHERE id = $a",
    "INSERT INTO t VALUES ($a, NULL, 0)",
    "UPDATE t SET p = NULL WHERE p = $a",
    "SELECT x FROM t WHERE id = $a FOR UPDATE",
    "SELECT x FROM t WHERE id = $a FOR KEY SHARE",
    "SELECT x FROM t WHERE id = $a FOR NO KEY UPDATE",
    "INSERT INTO t VALUES ($a, $b, 0), ($b, $a, 0)",
    "INSERT INTO t VALUES ($a, $b, 0) ON CONFLICT (id) DO UPDATE SET p = EXCLUDED.p RETURNING p",
    "DELETE FROM t WHERE p = $a RETURNING id",
    "SELECT c.id, t.x FROM t c LEFT JOIN t ON t.id = c.p ORDER BY c.id",
};

constexpr const char* chain_statements[] = {
    "SELECT * FROM c ORDER BY id",
    "INSERT INTO c VALUES ($a, $b, $b)",
    "INSERT INTO b VALUES ($a, $b)",
    "INSERT INTO a VALUES ($a, $b)",
    "DELETE FROM a WHERE id = $a",
    "DELETE FROM b WHERE id = $a",
    "DELETE FROM c WHERE id = $a",
    "UPDATE a SET id = $b WHERE id = $a",
    "UPDATE a SET u = $b WHERE id = $a",
    "UPDATE b SET id = $b WHERE id = $a",
    "UPDATE b SET a = $b WHERE id = $a",
    "UPDATE c SET b = $b WHERE id = $a",
    "UPDATE c SET u = $b WHERE id = $a",
    "UPDATE c SET b = NULL, u = NULL WHERE id = $a",
    "SELECT id FROM a WHERE id = $a FOR UPDATE",
    "SELECT id FROM a WHERE id = $a FOR NO KEY UPDATE",
    "SELECT id FROM b WHERE id = $a FOR KEY SHARE",
    "SELECT id FROM b WHERE id = $a FOR SHARE",
    "SELECT c.id, b.id FROM c JOIN b ON b.id = c.b WHERE c.id = $a FOR UPDATE OF b",
    "INSERT INTO b VALUES ($a, $b) ON CONFLICT DO NOTHING",
    "DELETE FROM a",
    "LOCK TABLE b IN SHARE MODE",
};

constexpr const char* queue_statements[] = {
    "SELECT * FROM q ORDER BY id",
    "UPDATE q SET state = 'taken', worker = 'w$a' WHERE id = "
    "(SELECT id FROM q WHERE state = 'new' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, worker",
    "UPDATE q SET state = 'taken', worker = 'w$a' WHERE id = "
    "(SELECT id FROM q WHERE state = 'new' ORDER BY id FOR UPDATE LIMIT 1) RETURNING id, worker",
    "UPDATE q SET state = 'done' WHERE id = $a AND state = 'taken'",
    "INSERT INTO q (state) VALUES ('new') RETURNING id, tries, at",
    "DELETE FROM q WHERE id = (SELECT id FROM q WHERE state = 'new' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) "
    "RETURNING *",
    "SELECT state, count(*), sum(tries) FROM q GROUP BY state ORDER BY state",
    "UPDATE q SET state = 'new', tries = tries + 1, worker = NULL WHERE state = 'taken'",
    "SELECT * FROM q WHERE state = 'new' FOR UPDATE",
    "SELECT id FROM q WHERE state LIKE 't%' OR worker IS NULL FOR SHARE",
    "UPDATE q SET worker = upper(worker) || '-$b' WHERE length(worker) > 1 RETURNING worker",
    "UPDATE q SET state = CASE WHEN tries > 0 THEN 'done' ELSE 'new' END WHERE id = $a RETURNING state",
    "DELETE FROM q WHERE state = 'done'",
    "SELECT id, COALESCE(worker, 'nobody') FROM q WHERE state <> 'new' ORDER BY id",
    "SELECT count(*), min(id), max(worker) FROM q WHERE tries = 0",
    "SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
    "SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE NOWAIT",
    "UPDATE q SET at = '2024-01-0$a 00:00:00' WHERE id = $b AND (at IS NULL OR at < '2024-01-02') RETURNING at",
    "INSERT INTO q (id, state) VALUES ($a, 'new') ON CONFLICT (id) DO UPDATE SET tries = q.tries + 1 RETURNING tries",
    "SELECT DISTINCT state FROM q ORDER BY state",
    "SELECT pg_try_advisory_xact_lock(id) FROM q WHERE id = $a",
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
    {"CREATE TABLE t (id int UNIQUE, u int, x int, PRIMARY KEY (id, u)); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20)",
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
    {"CREATE TABLE t (id int PRIMARY KEY, u int, x int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20), (3, 1, 30)",
     row_statements, "SELECT * FROM t ORDER BY id"},
    {"CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t, x int);"
     "INSERT INTO t VALUES (1, NULL, 10), (2, 1, 20)",
     tree_statements, "SELECT * FROM t ORDER BY id"},
    {"CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE, x int);"
     "INSERT INTO t VALUES (1, NULL, 10), (2, 1, 20)",
     tree_statements, "SELECT * FROM t ORDER BY id"},
    {"CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE);"
     "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE ON UPDATE CASCADE);"
     "CREATE TABLE c (id int PRIMARY KEY, b int REFERENCES b ON DELETE SET NULL ON UPDATE CASCADE,"
     " u int DEFAULT 1 REFERENCES a (u) ON DELETE SET DEFAULT ON UPDATE CASCADE);"
     "INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1), (2, 2); INSERT INTO c VALUES (1, 1, 1)",
     chain_statements, "SELECT * FROM c ORDER BY id"},
    {"CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE);"
     "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE);"
     "CREATE TABLE c (id int PRIMARY KEY, b int NOT NULL REFERENCES b ON DELETE CASCADE, u int REFERENCES a (u));"
     "INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1), (2, 2); INSERT INTO c VALUES (1, 1, 1)",
     chain_statements, "SELECT * FROM c ORDER BY id"},
    {"CREATE TABLE q (id serial PRIMARY KEY, state text NOT NULL, worker varchar(12), tries int DEFAULT 0, at "
     "timestamp);"
     "INSERT INTO q (state) VALUES ('new'), ('new'), ('new')",
     queue_statements, "SELECT * FROM q ORDER BY id"},
};

}  // namespace

std::span<const RandomSchema> random_schemas() {
  return schemas;
}

std::span<const char* const> random_transaction_statements() {
  return transaction_statements;
}

}  // namespace heddle::pg::oracle

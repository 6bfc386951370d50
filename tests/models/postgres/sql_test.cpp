// The subset of SQL in one session: results, command tags, errors with their places.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/error.hpp"
#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

class SqlTest : public ::testing::Test {
 protected:
  std::string run(std::string_view sql) {
    try {
      return describe(connection_.exec(sql));
    } catch (const SqlError& error) {
      return "ERROR " + std::string(error.sqlstate()) + " " + error.message() + " @" + std::to_string(error.position());
    }
  }

  Blueprint blueprint_{R"(
    CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL DEFAULT 'none', amount numeric(10, 2), flag bool, CHECK (amount >= 0));
    CREATE TABLE u (id int PRIMARY KEY, t_id int, small varchar(3));
    INSERT INTO t VALUES (1, 'one', 1.5, true), (2, 'two', NULL, false), (3, 'three', 30, NULL);
    INSERT INTO u VALUES (10, 1, 'a'), (11, 1, 'b'), (12, 3, NULL), (13, NULL, 'c');
  )"};
  Database db_{blueprint_};
  ModelConnection connection_ = db_.connect();
};

TEST_F(SqlTest, SelectsColumnsExpressionsAndConditions) {
  EXPECT_EQ(run("SELECT * FROM t WHERE id = 1"), "(1, one, 1.50, t)");
  EXPECT_EQ(run("SELECT id + 1 AS next, name || '!' FROM t WHERE flag IS NOT TRUE ORDER BY id DESC"),
            "(4, three!) (3, two!)");
  EXPECT_EQ(run("SELECT id FROM t WHERE id IN (1, 3) AND NOT (name = 'one' OR amount IS NULL)"), "(3)");
  EXPECT_EQ(run("SELECT id FROM t WHERE id BETWEEN 2 AND 3 AND name LIKE 't%e'"), "(3)");
  EXPECT_EQ(run("SELECT 1 WHERE NULL"), "no rows");
  EXPECT_EQ(run("SELECT NULL = 1, NULL IS DISTINCT FROM 1, NULL AND false, NULL OR true, NOT NULL"),
            "(NULL, t, f, t, NULL)");
  EXPECT_EQ(run("SELECT 1 IN (2, NULL), 1 NOT IN (2, NULL), 1 IN (1, NULL)"), "(NULL, NULL, t)");
}

TEST_F(SqlTest, ComputesAsTheServerDoes) {
  EXPECT_EQ(run("SELECT 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7.0 / 2, 10 / 3.0, 1.10 + 2, 2 * 1.50, 1.5 - 0.5"),
            "(3, -3, 1, -1, 3.5000000000000000, 3.3333333333333333, 3.10, 3.00, 1.0)");
  EXPECT_EQ(run("SELECT 2147483647 + 1"), "ERROR 22003 integer out of range @0");
  EXPECT_EQ(run("SELECT 9223372036854775807 + 1"), "ERROR 22003 bigint out of range @0");
  EXPECT_EQ(run("SELECT 1.5::int, 2.5::int, '12'::bigint, 12::text || 'x', 'yes'::bool, 3.14159::numeric(4, 2)"),
            "(2, 3, 12, 12x, t, 3.14)");
  EXPECT_EQ(run("SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END, CASE 3 WHEN 3 THEN 1 END, COALESCE(NULL, 5), NULLIF(1, "
                "1), GREATEST(1, 2.5), LEAST(3, 2)"),
            "(b, 1, 5, NULL, 2.5, 2)");
  EXPECT_EQ(run("SELECT lower('ABC'), upper('abc'), length('abc'), abs(-3)"), "(abc, ABC, 3, 3)");
}

TEST_F(SqlTest, ComparesRowsAndSetsAsTheServerDoes) {
  EXPECT_EQ(run("SELECT (1, 2) = (1, 2), (1, NULL) = (2, 3), (1, 2) < (1, 3), (1, 3) IN ((1, 2), (1, 3))"),
            "(t, f, t, t)");
  EXPECT_EQ(run("SELECT (1, 2) = (1, 2, 3)"), "ERROR 42601 unequal number of entries in row expressions @15");
  EXPECT_EQ(run("SELECT 3 > ALL (ARRAY[1, 2]), 3 > ANY (ARRAY[5, NULL]), 1 > ALL (SELECT id FROM t WHERE false)"),
            "(t, NULL, t)");
  EXPECT_EQ(run("SELECT 2 BETWEEN SYMMETRIC 3 AND 1, 'ABC' ILIKE 'a_c', 1.5e1, '2e-3'::numeric"), "(t, t, 15, 0.002)");
}

TEST_F(SqlTest, EvaluatesCheapConditionsFirst) {
  EXPECT_EQ(run("SELECT id FROM t WHERE 10 / (id - id) > 1 AND id > 1000"), "no rows");
}

TEST_F(SqlTest, Joins) {
  EXPECT_EQ(run("SELECT t.id, u.id FROM t JOIN u ON u.t_id = t.id ORDER BY 1, 2"), "(1, 10) (1, 11) (3, 12)");
  EXPECT_EQ(run("SELECT t.id, u.id FROM t, u WHERE u.t_id = t.id AND u.small IS NOT NULL ORDER BY u.id DESC"),
            "(1, 11) (1, 10)");
  EXPECT_EQ(run("SELECT t.id, u.id FROM t LEFT JOIN u ON u.t_id = t.id AND u.small = 'b' ORDER BY t.id"),
            "(1, 11) (2, NULL) (3, NULL)");
  EXPECT_EQ(run("SELECT t.id FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.id IS NULL"), "(2)");
  EXPECT_EQ(run("SELECT a.id, b.name FROM t a JOIN t b USING (id) WHERE a.id = 2"), "(2, two)");
}

TEST_F(SqlTest, Aggregates) {
  EXPECT_EQ(run("SELECT count(*), count(amount), sum(id), sum(amount), min(name), max(amount), avg(id) FROM t"),
            "(3, 2, 6, 31.50, one, 30.00, 2.0000000000000000)");
  EXPECT_EQ(run("SELECT count(*), sum(id), min(id) FROM t WHERE id > 9"), "(0, NULL, NULL)");
  EXPECT_EQ(run("SELECT t_id, count(*) FROM u GROUP BY t_id HAVING count(*) > 1 ORDER BY t_id"), "(1, 2)");
  EXPECT_EQ(run("SELECT DISTINCT t_id FROM u ORDER BY t_id"), "(1) (3) (NULL)");
  EXPECT_EQ(run("SELECT count(DISTINCT t_id) FROM u"), "(2)");
  EXPECT_EQ(run("SELECT name, count(*) FROM t"),
            "ERROR 42803 column \"t.name\" must appear in the GROUP BY clause or be used in an aggregate function @8");
}

TEST_F(SqlTest, SubSelects) {
  EXPECT_EQ(run("SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id) ORDER BY id"), "(1) (3)");
  EXPECT_EQ(run("SELECT id FROM t WHERE id NOT IN (SELECT t_id FROM u WHERE t_id IS NOT NULL)"), "(2)");
  EXPECT_EQ(run("SELECT id FROM t WHERE id NOT IN (SELECT t_id FROM u)"), "no rows");
  EXPECT_EQ(run("SELECT (SELECT count(*) FROM u WHERE u.t_id = t.id) FROM t ORDER BY id"), "(2) (0) (1)");
  EXPECT_EQ(run("SELECT (SELECT id FROM t)"),
            "ERROR 21000 more than one row returned by a subquery used as an expression @0");
}

TEST_F(SqlTest, Writes) {
  EXPECT_EQ(run("INSERT INTO t (id) VALUES (4), (5) RETURNING *"),
            "INSERT 0 2: (4, none, NULL, NULL) (5, none, NULL, NULL)");
  EXPECT_EQ(run("INSERT INTO u SELECT id + 100, id FROM t WHERE id < 3"), "INSERT 0 2");
  EXPECT_EQ(run("UPDATE t SET name = DEFAULT, (amount, flag) = (2, true) WHERE id = 1 RETURNING *"),
            "UPDATE 1: (1, none, 2.00, t)");
  EXPECT_EQ(run("UPDATE t SET name = small FROM u WHERE u.t_id = t.id AND u.id = 12 RETURNING t.id"),
            "ERROR 23502 null value in column \"name\" of relation \"t\" violates not-null constraint @0");
  EXPECT_EQ(run("DELETE FROM u USING t WHERE u.t_id = t.id AND t.id = 3 RETURNING u.id"), "DELETE 1: (12)");
  EXPECT_EQ(run("UPDATE t SET amount = -1 WHERE id = 1"),
            "ERROR 23514 new row for relation \"t\" violates check constraint \"t_amount_check\" @0");
  EXPECT_EQ(run("UPDATE t SET amount = 123456789 WHERE id = 1"), "ERROR 22003 numeric field overflow @0");
  EXPECT_EQ(run("INSERT INTO u VALUES (99, 1, 'abcd')"), "ERROR 22001 value too long for type character varying(3) @0");
  EXPECT_EQ(run("SELECT count(*) FROM u"), "(5)");
}

TEST_F(SqlTest, NamesThatDoNotExistAreReportedAsTheServerReportsThem) {
  EXPECT_EQ(run("SELECT * FROM nowhere"), "ERROR 42P01 relation \"nowhere\" does not exist @15");
  EXPECT_EQ(run("SELECT nothing FROM t"), "ERROR 42703 column \"nothing\" does not exist @8");
  EXPECT_EQ(run("SELECT t.nothing FROM t"), "ERROR 42703 column t.nothing does not exist @8");
  EXPECT_EQ(run("SELECT x.id FROM t"), "ERROR 42P01 missing FROM-clause entry for table \"x\" @8");
  EXPECT_EQ(run("SELECT id FROM t, u"), "ERROR 42702 column reference \"id\" is ambiguous @8");
  EXPECT_EQ(run("UPDATE t SET nothing = 1"), "ERROR 42703 column \"nothing\" of relation \"t\" does not exist @14");
  EXPECT_EQ(run("SELECT 1 FROM t FOR UPDATE OF u"),
            "ERROR 42P01 relation \"u\" in FOR UPDATE clause not found in FROM clause @31");
  EXPECT_EQ(run("SELECT count(*) FROM t FOR UPDATE"),
            "ERROR 0A000 FOR UPDATE is not allowed with aggregate functions @0");
}

TEST_F(SqlTest, TypesThatDoNotFitAreReportedAsTheServerReportsThem) {
  EXPECT_EQ(run("SELECT id FROM t WHERE name = 1"), "ERROR 42883 operator does not exist: text = integer @29");
  EXPECT_EQ(run("SELECT id FROM t WHERE id = 'x'"), "ERROR 22P02 invalid input syntax for type integer: \"x\" @29");
  EXPECT_EQ(run("SELECT id FROM t WHERE id"),
            "ERROR 42804 argument of WHERE must be type boolean, not type integer @24");
  EXPECT_EQ(run("INSERT INTO t (id) VALUES (true)"),
            "ERROR 42804 column \"id\" is of type integer but expression is of type boolean @28");
  EXPECT_EQ(run("SELECT CASE WHEN true THEN 1 ELSE true END"),
            "ERROR 42804 CASE types boolean and integer cannot be matched @28");
}

TEST_F(SqlTest, WhatIsOutsideOfTheSubsetIsNamedWithItsPlace) {
  EXPECT_EQ(run("SELEC 1"), "ERROR 42601 syntax error at or near \"SELEC\" @1");
  EXPECT_EQ(run("WITH x AS (SELECT 1) SELECT * FROM t"), "ERROR 0A000 WITH is not supported by the model @6");
  EXPECT_EQ(run("SELECT 1 UNION SELECT 2"), "ERROR 0A000 UNION, INTERSECT or EXCEPT is not supported by the model @8");
  EXPECT_EQ(run("SELECT random()"), "ERROR 0A000 function random() is not supported by the model @8");
  EXPECT_EQ(run("TRUNCATE t"), "ERROR 0A000 TRUNCATE is not supported by the model @10");
  EXPECT_EQ(run("SELECT 1; SELECT 2"), "ERROR 42601 cannot insert multiple commands into a prepared statement @0");
  try {
    connection_.exec("SELECT id\nFROM t\nWHERE nothing = 1");
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("at line 3, column 7 (SQLSTATE 42703)"));
  }
}

TEST_F(SqlTest, ParametersTakeTheTypeThatTheirPlaceGivesThem) {
  EXPECT_EQ(describe(connection_.exec("SELECT name FROM t WHERE id = $1 AND amount > $2", 1, "1.25")), "(one)");
  EXPECT_EQ(describe(connection_.exec("SELECT $1 || 'x', $2::int + 1, COALESCE($3, 'none')", "a", "41", nullptr)),
            "(ax, 42, none)");
  EXPECT_EQ(describe(connection_.exec("SELECT id FROM t WHERE name = $1", std::optional<std::string>())), "no rows");
  try {
    connection_.exec("SELECT id FROM t WHERE id = $1", "x");
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::invalid_text_representation);
  }
}

TEST_F(SqlTest, RowsAreReadByNameWithTheTypeAskedFor) {
  const auto row = connection_.exec("SELECT * FROM t WHERE id = 2").one();
  EXPECT_EQ(row.get<int>("id"), 2);
  EXPECT_EQ(row.get<std::string_view>("name"), "two");
  EXPECT_EQ(row.get<std::optional<std::string>>("amount"), std::nullopt);
  EXPECT_FALSE(row.get<bool>("flag"));
  EXPECT_THROW(static_cast<void>(row.get<int>("amount")), sim::Error);
  EXPECT_THROW(static_cast<void>(row.get<int>("missing")), sim::Error);
  EXPECT_THROW(static_cast<void>(connection_.exec("SELECT * FROM t").one()), sim::Error);
}

TEST_F(SqlTest, EachTextIsPlannedOnceForAllDatabasesOfABlueprint) {
  const std::size_t before = blueprint_.planned();
  for (int i = 0; i < 3; ++i) {
    Database other(blueprint_);
    other.connect().exec("SELECT name FROM t WHERE id = 1");
  }
  EXPECT_EQ(blueprint_.planned(), before + 1);
}

TEST_F(SqlTest, AFreshDatabaseHasTheBlueprintsRowsWhateverAnotherDid) {
  {
    Database other(blueprint_);
    ModelConnection connection = other.connect();
    connection.exec("DELETE FROM t WHERE id = 1");
    connection.exec("UPDATE t SET id = 20 WHERE id = 2");
    connection.exec("INSERT INTO t (id) VALUES (7)");
    EXPECT_EQ(describe(connection.exec("SELECT id FROM t ORDER BY id")), "(3) (7) (20)");
  }
  Database again(blueprint_);
  ModelConnection connection = again.connect();
  EXPECT_EQ(describe(connection.exec("SELECT id FROM t ORDER BY id")), "(1) (2) (3)");
  EXPECT_EQ(describe(connection.exec("SELECT name FROM t WHERE id = 2")), "(two)");
  EXPECT_EQ(describe(connection.exec("SELECT name FROM t WHERE id = 7")), "no rows");
}

}  // namespace
}  // namespace heddle::pg::test

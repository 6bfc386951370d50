// The contract of footprints: executions with the same happens-before trace observe the same. Checked on random
// programs, over all their interleavings; and that skipping interleavings with the same trace loses no observation.
#include <gtest/gtest.h>

#include <map>
#include <pcg_random.hpp>
#include <set>

#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "tests/models/postgres/script.hpp"

namespace heddle::pg::test {
namespace {

constexpr const char* schema =
    "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, x int); INSERT INTO t VALUES (1, 1, 10), (2, 2, 20);"
    "CREATE TABLE v (id int PRIMARY KEY, y int); INSERT INTO v VALUES (1, 100)";

constexpr const char* statements[] = {
    "SELECT x FROM t WHERE id = 1",
    "SELECT id, x FROM t",
    "SELECT sum(x) FROM t WHERE x > 10",
    "SELECT x FROM t WHERE id = 1 FOR UPDATE",
    "SELECT x FROM t WHERE id = 2 FOR SHARE",
    "SELECT x FROM t WHERE u = 2 FOR KEY SHARE",
    "SELECT x FROM t FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT x FROM t WHERE id = 1 FOR UPDATE NOWAIT",
    "SELECT a.x, b.x FROM t a JOIN t b ON b.id = a.id + 1 FOR UPDATE OF b",
    "UPDATE t SET x = x + 1 WHERE id = 1",
    "UPDATE t SET x = x + 1",
    "UPDATE t SET x = x + 5 WHERE x = 20",
    "UPDATE t SET u = u + 10 WHERE id = 2",
    "UPDATE t SET id = 3 WHERE id = 1",
    "DELETE FROM t WHERE id = 1",
    "SELECT x, (SELECT y FROM v WHERE id = 1) FROM t WHERE id = 1 FOR UPDATE",
    "SELECT x, (SELECT sum(y) FROM v) FROM t FOR NO KEY UPDATE",
    "UPDATE v SET y = y + 1 WHERE id = 1",
    "INSERT INTO v VALUES (2, 200)",
    "INSERT INTO t VALUES (3, 3, 30)",
    "INSERT INTO t VALUES (1, 1, 0) ON CONFLICT DO NOTHING",
    "INSERT INTO t VALUES (3, 4, 1) ON CONFLICT (id) DO UPDATE SET x = t.x + 1",
    "SAVEPOINT s",
    "ROLLBACK TO s",
    "COMMIT",
    "BEGIN",
};
constexpr const char* begins[] = {"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1"};
constexpr const char* ends[] = {"COMMIT", "COMMIT", "ROLLBACK"};

using Commands = std::vector<std::vector<const char*>>;

Commands random_commands(pcg32& rng, std::size_t tasks, std::size_t length) {
  Commands commands(tasks);
  for (auto& task : commands) {
    task.push_back(begins[rng(std::size(begins))]);
    for (std::size_t i = 0; i < length; ++i) task.push_back(statements[rng(std::size(statements))]);
    task.push_back(ends[rng(std::size(ends))]);
  }
  return commands;
}

sim::Program program(const Blueprint& blueprint, const Commands& commands, std::string& observed) {
  return [&](sim::World& world) {
    Database db(blueprint);
    std::vector<std::string> seen(commands.size());
    std::vector<std::unique_ptr<Connection>> connections;
    for (std::size_t i = 0; i < commands.size(); ++i) connections.push_back(db.connect_owned());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      world.task(sim::Name("session", static_cast<int>(i)), [&, i] {
        for (const char* command : commands[i]) {
          try {
            seen[i] += describe(connections[i]->exec(command)) + "; ";
          } catch (const SqlError& error) {
            seen[i] += std::string(error.sqlstate()) + "; ";
          }
        }
        connections[i]->close();
      });
    }
    world.run();
    observed.clear();
    for (const std::string& text : seen) observed += text + "\n";
    observed += describe(db.connect().exec("SELECT * FROM t"));
  };
}

struct Explored {
  std::map<std::uint64_t, std::string> by_trace;
  std::set<std::string> observations;
  std::uint64_t executions = 0;
  bool complete = false;
};

Explored explore_all(const Blueprint& blueprint, const Commands& commands, sim::Dfs strategy, std::uint64_t most) {
  Explored result;
  std::string observed;
  sim::Execution execution;
  const sim::Program body = program(blueprint, commands, observed);
  while (result.executions < most) {
    if (!strategy.begin_execution(result.executions)) {
      result.complete = true;
      break;
    }
    ++result.executions;
    const sim::ExecutionResult& outcome = execution.run(body, strategy);
    strategy.end_execution(outcome);
    EXPECT_EQ(outcome.failure, sim::FailureKind::none) << outcome.property << outcome.message;
    const auto [entry, is_new] = result.by_trace.emplace(outcome.trace_hash, observed);
    EXPECT_EQ(entry->second, observed) << "two executions with the same trace";
    result.observations.insert(observed);
  }
  return result;
}

std::string text(const Commands& commands) {
  std::string result;
  for (const auto& task : commands) {
    for (const char* command : task) result += std::string(command) + "; ";
    result += "\n";
  }
  return result;
}

TEST(Footprint, ExecutionsWithTheSameTraceObserveTheSame) {
  const Blueprint blueprint(schema);
  pcg32 rng(20261121);
  std::uint64_t executions = 0;
  std::uint64_t traces = 0;
  for (int i = 0; i < 600 && !::testing::Test::HasFailure(); ++i) {
    const Commands commands = i % 3 == 0 ? random_commands(rng, 3, 2) : random_commands(rng, 2, 4);
    SCOPED_TRACE(text(commands));
    const Explored plain = explore_all(blueprint, commands, sim::Dfs{}, 3000);
    const Explored cached = explore_all(blueprint, commands, sim::Dfs{}.cached(), 3000);
    executions += plain.executions;
    traces += plain.by_trace.size();
    if (plain.complete && cached.complete) {
      EXPECT_EQ(plain.observations, cached.observations);
    }
  }
  RecordProperty("executions", std::to_string(executions));
  RecordProperty("traces", std::to_string(traces));
  EXPECT_LT(traces * 3, executions) << "footprints are so coarse that they do not reduce anything";
}

}  // namespace
}  // namespace heddle::pg::test

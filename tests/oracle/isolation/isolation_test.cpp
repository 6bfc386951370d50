// `heddle isolation` against the real isolationtester: what they print is equal byte for byte, for every specification
// in specs/ and at every level that it is for. Run it by script/with-postgres.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

constexpr const char* isolationtester = "/usr/lib/postgresql/15/lib/pgxs/src/test/isolation/isolationtester";

struct Level {
  std::string name;
  std::string setting;
};

struct Case {
  std::string spec;
  Level level;
};

std::string server() {
  const char* uri = std::getenv("HEDDLE_POSTGRES_URI");
  if (uri == nullptr) throw std::runtime_error("HEDDLE_POSTGRES_URI is not set; run this by script/with-postgres");
  return uri;
}

std::string ask(const std::string& sql) {
  return run_process({"/usr/bin/psql", "-At", server(), "-c", sql}).out;
}

/// Tables, schemas and sessions of Heddle's on the server.
std::string left_behind() {
  return ask(
      "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'heddle%' UNION ALL "
      "SELECT relname FROM pg_class WHERE relname = 'channels' UNION ALL "
      "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'heddle%' AND query LIKE "
      "'%pg_sleep%'");
}

/// A specification for some levels only says so in its first line: "# levels: rc rr".
bool is_for(const std::string& spec, const Level& level) {
  const std::string text = read_text(spec);
  const std::string first = text.substr(0, text.find('\n'));
  return !first.starts_with("# levels:") || (first + " ").find(" " + level.name + " ") != std::string::npos;
}

std::vector<Case> cases() {
  const std::vector<Level> levels = {
      {"rc", "read\\ committed"}, {"rr", "repeatable\\ read"}, {"serializable", "serializable"}};
  std::vector<Case> all;
  for (const auto& entry : std::filesystem::directory_iterator(HEDDLE_SPECS))
    for (const Level& level : levels)
      if (is_for(entry.path().string(), level)) all.push_back({entry.path().string(), level});
  std::sort(all.begin(), all.end(), [](const Case& a, const Case& b) {
    return std::tie(a.spec, a.level.name) < std::tie(b.spec, b.level.name);
  });
  return all;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return std::filesystem::path(info.param.spec).stem().string() + "_" + info.param.level.name;
}

/// The first line that is not the same, and what comes before it; empty if the texts are equal.
std::string first_difference(const std::string& real, const std::string& ours) {
  if (real == ours) return "";
  const auto [at, other] = std::mismatch(real.begin(), real.end(), ours.begin(), ours.end());
  constexpr std::ptrdiff_t context = 300;
  const std::string before(at - std::min(at - real.begin(), context), at);
  const std::string real_rest(at, at + std::min(real.end() - at, context));
  const std::string our_rest(other, other + std::min(ours.end() - other, context));
  return "after\n" + before + "\nisolationtester prints\n" + real_rest + "\nand heddle\n" + our_rest;
}

/// For GoogleTest.
void PrintTo(const Case& value, std::ostream* out) {
  *out << value.spec << " at " << value.level.name;
}

class Isolation : public ::testing::TestWithParam<Case> {};

TEST_P(Isolation, TheModelPrintsWhatIsolationtesterPrints) {
  const auto& [spec, level] = GetParam();
  const Ended real = run_process(
      {isolationtester, server()},
      {.input = read_text(spec),
       .environment = {"PGOPTIONS=-c default_transaction_isolation=" + level.setting, "PGISOLATIONTIMEOUT=20"}});
  ASSERT_EQ(real.exit_code, 0) << real.err;

  const Ended model = heddle({"isolation", spec, "--level", level.name});

  EXPECT_EQ(model.exit_code, 0) << model.err;
  EXPECT_EQ(first_difference(real.out, model.out), "");
}

INSTANTIATE_TEST_SUITE_P(Specs, Isolation, ::testing::ValuesIn(cases()), name_of);

TEST(IsolationServer, PrintsWhatIsolationtesterPrintsAndLeavesNothing) {
  const std::string spec = std::string(HEDDLE_SPECS) + "/stale_join.spec";
  const Ended real = run_process({isolationtester, server()}, {.input = read_text(spec)});

  const Ended ours = heddle({"isolation", spec, "--server", server()});

  EXPECT_EQ(ours.exit_code, 0) << ours.err;
  EXPECT_EQ(first_difference(real.out, ours.out), "");
  EXPECT_EQ(left_behind(), "");
}

/// A step that takes longer than the test, in a session that another waits for.
constexpr const char* endless =
    "setup { CREATE TABLE channels (id int); INSERT INTO channels VALUES (1); } teardown { DROP TABLE channels; }"
    "session a step lock { BEGIN; UPDATE channels SET id = 2; } step sleep { SELECT pg_sleep(60); }"
    "session b step wait { UPDATE channels SET id = 3; } permutation lock wait sleep";

/// Lets `act` do its work once that step is being executed; what `heddle isolation --server` then comes to.
Ended interrupted(const std::function<void(int pid)>& act) {
  return heddle({"isolation", "-", "--server", server()}, {.input = endless, .started = [&](int pid) {
                                                             while (ask("SELECT count(*) FROM pg_stat_activity WHERE "
                                                                        "query = 'SELECT pg_sleep(60);'") != "1\n") {
                                                             }
                                                             act(pid);
                                                           }});
}

TEST(IsolationServer, ThatEndsItsSessionsInMidRunIsOneSentence) {
  const Ended ended = interrupted(
      [](int) { ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'heddle%'"); });
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, ::testing::StartsWith("heddle: the PostgreSQL server at 127.0.0.1 port "));
  EXPECT_THAT(ended.err, ::testing::HasSubstr("has gone away: "));
  EXPECT_EQ(left_behind(), "");
}

TEST(IsolationServer, ThatIsInterruptedLeavesNothing) {
  const Ended ended = interrupted([](int pid) { kill(pid, SIGINT); });
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err, "heddle: stopped by a signal; the sessions on the server were closed\n");
  EXPECT_EQ(left_behind(), "");
}

TEST(IsolationServer, ASetUpThatFailsLeavesNothing) {
  const Ended ended = heddle(
      {"isolation", "-", "--server", server()},
      {.input = "setup { CREATE TABLE channels (id int); } setup { CREATE TABEL u; } session a step x { SELECT 1; }"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err, "heddle: setup failed: ERROR:  syntax error at or near \"TABEL\"\n");
  EXPECT_EQ(left_behind(), "");
}

}  // namespace
}  // namespace heddle::test

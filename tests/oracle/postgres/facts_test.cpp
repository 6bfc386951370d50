// The facts about PostgreSQL 15 that the model is made from, each run on the model and on a live server, at each level.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>

#include "tests/oracle/postgres/compare.hpp"

namespace heddle::pg::oracle {
namespace {

Live& live() {
  static Live instance(server_uri());
  return instance;
}

class Fact : public ::testing::Test {
 public:
  Fact(Script script, Isolation level) : script_(std::move(script)), level_(level) {}
  void TestBody() override {
    const Comparison comparison = compare(live(), script_, level_);
    EXPECT_TRUE(comparison.agrees) << comparison.report;
    for (std::size_t i = 0; i < comparison.server.size(); ++i) {
      std::string actual = comparison.server[i].outcome;
      for (const auto& [session, outcome] : comparison.server[i].released)
        actual += "; " + std::to_string(session) + ": " + outcome;
      const std::string expected = expected_at(script_.steps[i], level_);
      EXPECT_TRUE(actual.starts_with(expected))
          << "step " << i + 1 << ", " << script_.steps[i].session << ": " << script_.steps[i].command
          << "\n  is expected to give: " << expected << "\n  the server says:     " << actual;
    }
  }

 private:
  Script script_;
  Isolation level_;
};

/// "F13 the second of two updates waits" -> "F13_the_second_of_two_updates_waits".
std::string test_name(const std::string& name) {
  return std::regex_replace(name, std::regex("[^A-Za-z0-9]+"), "_");
}

void register_facts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(HEDDLE_FACTS_DIR)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  static constexpr std::pair<Isolation, const char*> levels[] = {
      {read_committed, "ReadCommitted"}, {repeatable_read, "RepeatableRead"}, {serializable, "Serializable"}};
  for (const auto& file : files)
    for (const Script& script : read_facts(file.string()))
      for (const auto& [level, name] : levels)
        ::testing::RegisterTest("Fact", (test_name(script.name) + "." + name).c_str(), nullptr, nullptr, file.c_str(),
                                1, [script, level = level]() -> ::testing::Test* { return new Fact(script, level); });
}

}  // namespace
}  // namespace heddle::pg::oracle

int main(int argc, char** argv) {
  const auto setting = [](const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return std::string(value != nullptr ? value : otherwise);
  };
  const std::string parameters =
      "seed=" + setting("HEDDLE_ORACLE_SEED", "20261121") + " max_success=" + setting("HEDDLE_ORACLE_PROGRAMS", "1000");
  setenv("RC_PARAMS", parameters.c_str(), 1);
  ::testing::InitGoogleTest(&argc, argv);
  heddle::pg::oracle::register_facts();
  return RUN_ALL_TESTS();
}

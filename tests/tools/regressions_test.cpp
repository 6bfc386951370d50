// The tokens in tests/regressions/ were made by one build; the command line of this one replays them, in a process
// each.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "sim/replay/failure_file.hpp"
#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

TEST(RegressionTokens, ReplayInAFreshProcessToTheRecordedTrace) {
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HEDDLE_REGRESSIONS)) {
    if (entry.path().extension() != ".json") continue;
    const sim::FailureFile file = sim::read_failure_file(entry.path());
    if (file.expected != sim::Expected::violates) continue;
    for (const std::string& token : {file.token, file.found_token}) {
      if (token.empty()) continue;
      SCOPED_TRACE(entry.path().filename().string() + ", " + token);
      const Ended ended = heddle({"replay", token, "--json"});
      ASSERT_EQ(ended.exit_code, 1) << ended.out << ended.err;
      const auto failure = nlohmann::json::parse(ended.out).at("verdict").at("failure");
      EXPECT_EQ(failure.at("property"), file.property);
      EXPECT_EQ(failure.at("trace_hash"), fmt::format("{:016x}", sim::decode(token).trace_hash));
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 0);
}

}  // namespace
}  // namespace heddle::test

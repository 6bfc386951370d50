#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;

TEST(CheckCommand, PassesWhenEveryVariantShowsWhatIsExpected) {
  const Ended ended = heddle({"check", "lease_expiry"});
  EXPECT_EQ(ended.exit_code, 0) << ended.out;
  EXPECT_THAT(ended.out,
              HasSubstr("ok    delete_unconditionally  violates  release_only_own        violated (random): "));
  EXPECT_THAT(ended.out, HasSubstr("ok    fencing_token           holds     all properties          exhausted ("));
  EXPECT_THAT(ended.out, HasSubstr(": all as expected"));
}

TEST(CheckCommand, FailsWhenAVariantShowsSomethingElse) {
  const Ended ended = heddle_of_bad_scenarios({"check", "lost_update", "wrong_expectation"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("no_lost_update was expected to be violated, but no schedule violates it"));
  EXPECT_THAT(ended.out,
              HasSubstr("all properties were expected to hold, but no_lost_update is violated: the balance is 1"));
  EXPECT_THAT(ended.out, HasSubstr("4 variants, 4 verdicts: 2 not as expected"));
}

TEST(CheckCommand, FailsWhenTimeIsUpBeforeAVariantIsExhausted) {
  const Ended ended = heddle_of_bad_scenarios({"check", "large", "--time", "50ms"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("to be exhausted, but the time was up after"));
}

TEST(CheckCommand, PrintsOneJsonDocument) {
  const Ended ended =
      heddle_of_bad_scenarios({"check", "lost_update:racy", "wrong_expectation:holds_after_all", "--json"});
  EXPECT_EQ(ended.exit_code, 1);
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json.at("variants").at(0).at("agrees"), true);
  EXPECT_EQ(json.at("variants").at(1).at("agrees"), false);
}

}  // namespace
}  // namespace heddle::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(List, ShowsScenariosVariantsPropertiesAndExpectedVerdicts) {
  const Ended ended = heddle({"list"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("channel_pool/lease_expiry: a worker outlives the TTL of its lease"));
  EXPECT_THAT(ended.out, HasSubstr("properties: release_only_own, one_holder_per_channel"));
  EXPECT_THAT(ended.out, HasSubstr("compare_and_delete      violates one_holder_per_channel\n"));
  EXPECT_THAT(ended.out, HasSubstr("fencing_token           holds\n"));
  EXPECT_THAT(ended.err, IsEmpty());
}

TEST(List, PrintsOneJsonDocument) {
  const Ended ended = heddle({"list", "lease_expiry", "--json"});
  EXPECT_EQ(ended.exit_code, 0);
  const auto json = nlohmann::json::parse(ended.out);
  const auto& scenario = json.at("scenarios").at(0);
  EXPECT_EQ(scenario.at("scenario"), "channel_pool/lease_expiry");
  EXPECT_EQ(scenario.at("variants").size(), 4U);
  EXPECT_EQ(scenario.at("variants").at(3).at("expected"), "holds");
}

TEST(List, AnUnknownFamilyIsRefused) {
  const Ended ended = heddle({"list", "chanel_pool"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(
      ended.err,
      "heddle: there is no scenario 'chanel_pool' (did you mean 'channel_pool'?); `heddle list` shows all of them\n");
}

}  // namespace
}  // namespace heddle::test

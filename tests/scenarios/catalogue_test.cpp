#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "scenarios/check.hpp"

namespace heddle::scenarios {
namespace {

struct Named {
  const Scenario* scenario = nullptr;
  const Variant* variant = nullptr;
};

std::vector<Named> every_variant() {
  std::vector<Named> all;
  for (const Scenario& scenario : catalogue())
    for (const Variant& variant : scenario.variants) all.push_back({&scenario, &variant});
  return all;
}

std::string test_name(const ::testing::TestParamInfo<Named>& parameter) {
  const Named& named = parameter.param;
  std::string name = named.scenario->path() + "_" + named.variant->name;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

class Catalogue : public ::testing::TestWithParam<Named> {};

void replays_exactly(const Variant& variant, const sim::Verdict& found) {
  const sim::Verdict again = sim::replay(variant.program, found.failure->schedule, found.options);
  ASSERT_TRUE(again.failure) << "the schedule that was found passes when it is replayed";
  EXPECT_EQ(again.failure->signature(), found.failure->signature());
  EXPECT_EQ(again.failure->trace_hash, found.failure->trace_hash);
  EXPECT_EQ(again.failure->sequence_hash, found.failure->sequence_hash);
}

TEST_P(Catalogue, EveryVariantShowsWhatItDeclaresAndWhatItShowsReplays) {
  const Variant& variant = *GetParam().variant;
  const VariantCheck check = check_variant(*GetParam().scenario, variant);
  EXPECT_FALSE(check.findings.empty());
  for (const Finding& finding : check.findings) {
    EXPECT_TRUE(finding.agrees) << finding.disagreement << "\n" << evidence_line(finding.verdict);
    if (finding.verdict.failure && finding.verdict.unreached.empty()) replays_exactly(variant, finding.verdict);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Catalogue, ::testing::ValuesIn(every_variant()), test_name);

TEST(CatalogueTest, EachPropertyIsViolatedByOneVariantAndHeldByAnother) {
  for (const Scenario& scenario : catalogue()) {
    for (const std::string& property : scenario.properties) {
      const auto names_it = [&](const std::vector<std::string>& names) {
        return std::count(names.begin(), names.end(), property) > 0;
      };
      const auto is_violated = [&](const Variant& v) { return names_it(v.expected.violates); };
      const auto is_held = [&](const Variant& v) { return names_it(v.expected.holds) || v.expected.all_hold(); };
      EXPECT_TRUE(std::any_of(scenario.variants.begin(), scenario.variants.end(), is_violated))
          << scenario.path() << " " << property;
      EXPECT_TRUE(std::any_of(scenario.variants.begin(), scenario.variants.end(), is_held))
          << scenario.path() << " " << property;
    }
  }
}

TEST(CatalogueTest, NamesAreUnique) {
  std::set<std::string> names;
  for (const Named& named : every_variant())
    EXPECT_TRUE(names.insert(named.scenario->path() + ":" + named.variant->name).second) << named.variant->name;
}

TEST(CatalogueTest, AScenarioIsFoundByItsPathAndByAUniqueName) {
  EXPECT_NE(find_scenario("channel_pool/lease_expiry"), nullptr);
  EXPECT_EQ(find_scenario("lease_expiry"), find_scenario("channel_pool/lease_expiry"));
  EXPECT_EQ(find_scenario("no_such_scenario"), nullptr);
}

TEST(CatalogueTest, ANameThatTwoFamiliesShareIsNotFoundWithoutItsFamily) {
  Scenario one;
  one.family = "a";
  one.name = "same";
  Scenario other = one;
  other.family = "b";
  const std::vector<Scenario> both{one, other};
  EXPECT_EQ(find_scenario("same", both), nullptr);
  EXPECT_EQ(find_scenario("b/same", both), &both[1]);
}

}  // namespace
}  // namespace heddle::scenarios

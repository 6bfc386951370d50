// Holds every source file of the repository to the rules, one test each.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/style/allowances.hpp"
#include "tests/style/rules.hpp"

namespace heddle::style {

namespace {

const std::vector<SourceFile>& sources() {
  static const std::vector<SourceFile> files = read_sources(HEDDLE_SOURCE_DIR);
  return files;
}

bool is_allowed(std::string_view path, std::string_view rule) {
  return std::ranges::any_of(allowances(), [&](const Allowance& a) { return a.path == path && a.rule == rule; });
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Rule& rule : all_rules()) names.emplace_back(rule.name);
  return names;
}

class Style : public ::testing::TestWithParam<std::string> {};

TEST_P(Style, IsFollowedByEveryFile) {
  const Rule& rule = rule_named(GetParam());
  std::ostringstream broken;
  for (const SourceFile& file : sources()) {
    if (is_allowed(file.path, rule.name)) continue;
    for (const Finding& f : rule.check(file)) broken << f.path << ':' << f.line << ": " << f.text << '\n';
  }
  if (broken.str().empty()) return;
  ADD_FAILURE() << broken.str() << "rule " << rule.name << ": " << rule.remedy
                << "\n(an exception needs an entry with a reason in tests/style/allowances.hpp)";
}

INSTANTIATE_TEST_SUITE_P(Rules, Style, ::testing::ValuesIn(rule_names()),
                         [](const auto& instance) { return instance.param; });

TEST(Allowances, AreAllNeededAndGiveAReason) {
  for (const Allowance& a : allowances()) {
    const auto file = std::ranges::find(sources(), a.path, &SourceFile::path);
    ASSERT_NE(file, sources().end()) << a.path << " does not exist";
    EXPECT_FALSE(rule_named(a.rule).check(*file).empty()) << a.path << " follows " << a.rule << "; remove its entry";
    EXPECT_FALSE(a.reason.empty()) << a.path;
  }
}

TEST(Sources, AreFound) {
  EXPECT_GT(sources().size(), 5U);
}

}  // namespace
}  // namespace heddle::style

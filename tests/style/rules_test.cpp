// Each rule finds what it is for, and leaves alone what only looks like it.
#include "tests/style/rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/style/functions.hpp"

namespace heddle::style {
namespace {

std::size_t findings(std::string_view rule, std::string path, std::string_view text) {
  return rule_named(rule).check(parse_source(std::move(path), text)).size();
}

std::string repeated(std::string_view line, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += line;
  return text;
}

TEST(WallClock, IsFoundInLibrariesButNotInTests) {
  const std::string_view text = "auto now = std::chrono::steady_clock::now();\n";
  EXPECT_EQ(findings("wall_clock", "sim/core/clock.cpp", text), 1U);
  EXPECT_EQ(findings("wall_clock", "tests/sim/clock_test.cpp", text), 0U);
}

TEST(WallClock, AVirtualSleepIsNone) {
  EXPECT_EQ(findings("wall_clock", "sim/a.cpp", "world.sleep(5ms);\n"), 0U);
  EXPECT_EQ(findings("wall_clock", "sim/a.cpp", "std::this_thread::sleep_for(5ms);\n"), 1U);
  EXPECT_EQ(findings("wall_clock", "sim/a.cpp", "auto t = time(nullptr);\n"), 1U);
}

TEST(RandomDevice, OtherEnginesAreFoundToo) {
  EXPECT_EQ(findings("random_device", "sim/a.cpp", "std::random_device d;\nstd::mt19937 e(1);\nint r = rand();\n"), 3U);
  EXPECT_EQ(findings("random_device", "sim/a.cpp", "pcg32 random(seed);\n"), 0U);
}

TEST(StdDistribution, ShufflesAreFoundToo) {
  EXPECT_EQ(findings("std_distribution", "tests/a.cpp", "std::uniform_int_distribution<int> d(0, 1);\n"), 1U);
  EXPECT_EQ(findings("std_distribution", "tests/a.cpp", "std::shuffle(v.begin(), v.end(), pcg);\n"), 1U);
}

TEST(PointerKey, IsFoundInMapsSetsAndHashes) {
  EXPECT_EQ(findings("pointer_key", "sim/a.cpp", "std::map<Task*, int> m;\n"), 1U);
  EXPECT_EQ(findings("pointer_key", "sim/a.cpp", "boost::unordered_flat_set<const sim::Task *> s;\n"), 1U);
  EXPECT_EQ(findings("pointer_key", "sim/a.cpp", "std::hash<void*>{}(p);\n"), 1U);
}

TEST(PointerKey, APointerAsAValueIsNone) {
  EXPECT_EQ(findings("pointer_key", "sim/a.cpp", "std::map<TaskId, Task*> m;\nfoo(set < a * b);\n"), 0U);
}

TEST(UnorderedContainer, IsFoundInLibraries) {
  EXPECT_EQ(findings("unordered_container", "models/a.cpp", "std::unordered_map<int, int> m;\n"), 1U);
  EXPECT_EQ(findings("unordered_container", "tests/a.cpp", "std::unordered_map<int, int> m;\n"), 0U);
}

TEST(FloatingPoint, IsFoundWhereDecisionsAreMade) {
  EXPECT_EQ(findings("floating_point", "sim/explore/pct.cpp", "double p = 0.5;\n"), 1U);
  EXPECT_EQ(findings("floating_point", "sim/replay/report.cpp", "double p = 0.5;\n"), 0U);
}

TEST(Assert, AStaticAssertIsNone) {
  EXPECT_EQ(findings("assert", "sim/a.cpp", "assert(x);\n"), 1U);
  EXPECT_EQ(findings("assert", "sim/a.cpp", "static_assert(x);\n"), 0U);
}

TEST(JsonInHeader, IsFoundInHeadersOnly) {
  EXPECT_EQ(findings("json_in_header", "sim/a.hpp", "#include <nlohmann/json.hpp>\n"), 1U);
  EXPECT_EQ(findings("json_in_header", "sim/a.cpp", "#include <nlohmann/json.hpp>\n"), 0U);
}

TEST(FileLength, HasALimit) {
  EXPECT_EQ(findings("file_length", "sim/a.cpp", repeated("\n", max_file_lines)), 0U);
  EXPECT_EQ(findings("file_length", "sim/a.cpp", repeated("\n", max_file_lines + 1)), 1U);
}

TEST(FunctionLength, CountsFromTheSignatureToTheClosingBrace) {
  const std::string at_limit = "int f(int a,\n      int b) {\n" + repeated("  ++a;\n", max_function_lines - 3) + "}\n";
  const std::string above = "int f(int a,\n      int b) {\n" + repeated("  ++a;\n", max_function_lines - 2) + "}\n";
  EXPECT_EQ(findings("function_length", "sim/a.cpp", at_limit), 0U);
  EXPECT_EQ(findings("function_length", "sim/a.cpp", above), 1U);
}

TEST(FunctionLength, LongTypesAndNamespacesAreNoFunctions) {
  const std::string body = repeated("  int f() { return 1; }\n", 2 * max_function_lines);
  EXPECT_EQ(findings("function_length", "sim/a.hpp", "namespace a {\nclass B final : public C {\n" + body + "};\n}\n"),
            0U);
  EXPECT_EQ(findings("function_length", "sim/a.hpp", "struct alignas(64) B {\n" + body + "};\n"), 0U);
}

TEST(FunctionLength, LambdasCountAsPartOfTheirFunction) {
  const std::string text = "void f() {\n  g([] {\n    h();\n  });\n}\n";
  const auto functions = functions_in(parse_source("sim/a.cpp", text));
  ASSERT_EQ(functions.size(), 1U);
  EXPECT_EQ(functions[0].first_line, 1U);
  EXPECT_EQ(functions[0].last_line, 5U);
}

TEST(FunctionLength, ConstructorsAndOperatorsAreFunctions) {
  const std::string text =
      "A::A(int a)\n    : a_(a) {\n}\nbool operator==(const A& l, const A& r) {\n  return true;\n}\n";
  EXPECT_EQ(functions_in(parse_source("sim/a.cpp", text)).size(), 2U);
}

TEST(IncludeDirection, SimKnowsNothingAboveIt) {
  EXPECT_EQ(findings("include_direction", "sim/a.cpp", "#include \"sim/b.hpp\"\n#include <vector>\n"), 0U);
  EXPECT_EQ(findings("include_direction", "sim/a.cpp", "#include \"models/kv/store.hpp\"\n"), 1U);
}

TEST(IncludeDirection, PropertiesNeedOnlySimAndModelsDoNotKnowThem) {
  EXPECT_EQ(findings("include_direction", "properties/a.cpp", "#include \"models/kv/store.hpp\"\n"), 1U);
  EXPECT_EQ(findings("include_direction", "models/a.cpp", "#include \"properties/always.hpp\"\n"), 1U);
  EXPECT_EQ(findings("include_direction", "scenarios/a.cpp", "#include \"properties/always.hpp\"\n"), 0U);
}

TEST(IncludeDirection, HeadersAreNamedFromTheRoot) {
  EXPECT_EQ(findings("include_direction", "sim/core/a.cpp", "#include \"b.hpp\"\n"), 1U);
  EXPECT_EQ(findings("include_direction", "sim/core/a.cpp", "#include \"../b.hpp\"\n"), 1U);
}

TEST(PragmaOnce, IsRequiredOfHeaders) {
  EXPECT_EQ(findings("pragma_once", "sim/a.hpp", "// what it is for\n#pragma once\n"), 0U);
  EXPECT_EQ(findings("pragma_once", "sim/a.hpp", "int f();\n"), 1U);
  EXPECT_EQ(findings("pragma_once", "sim/a.cpp", "int f();\n"), 0U);
}

TEST(Parsing, CommentsAndLiteralsAreNotCode) {
  EXPECT_EQ(findings("assert", "sim/a.cpp", "// assert(x)\n/* assert(\n assert(y) */\nf(\"assert(x)\");\n"), 0U);
  EXPECT_EQ(findings("assert", "sim/a.cpp", "f(R\"x(\nassert(x) \")x\");\nassert(y);\n"), 1U);
  EXPECT_EQ(findings("assert", "sim/a.cpp", "char q = '\"';\nassert(y);\nint n = 1'000'000;\nassert(z);\n"), 2U);
}

TEST(Parsing, AMisspelledRuleIsAnError) {
  EXPECT_THROW(rule_named("wallclock"), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::style

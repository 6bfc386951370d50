#include "tests/style/rules.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/style/functions.hpp"

namespace heddle::style {
namespace {

using Folders = std::set<std::string, std::less<>>;

const Folders libraries = {"sim", "models", "properties", "scenarios"};
const Folders everywhere = {"sim", "models", "properties", "scenarios", "tools", "tests", "benchmarks", "examples"};

/// The folders that a file of each folder may include from.
const std::map<std::string, Folders, std::less<>> may_include = {
    {"sim", {"sim"}},
    {"properties", {"properties", "sim"}},
    {"models", {"models", "sim"}},
    {"scenarios", {"scenarios", "models", "properties", "sim"}},
    {"tools", {"tools", "scenarios", "models", "properties", "sim"}},
    {"benchmarks", {"benchmarks", "tests", "scenarios", "models", "properties", "sim"}},  // the programs of the tests
    {"examples", {"examples", "scenarios", "models", "properties", "sim"}},
    {"tests", everywhere},
};

/// Finds the lines whose code matches the pattern, in files whose path starts with one of the prefixes.
Rule pattern(std::string_view name, std::string_view remedy, const Folders& prefixes, const char* expression) {
  auto check = [prefixes, regex = std::regex(expression, std::regex::optimize)](const SourceFile& file) {
    std::vector<Finding> findings;
    const auto applies = [&](const std::string& prefix) { return file.path.starts_with(prefix + "/"); };
    if (std::ranges::none_of(prefixes, applies)) return findings;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      if (std::regex_search(file.code[i], regex)) findings.push_back({file.path, i + 1, file.lines[i]});
    }
    return findings;
  };
  return {name, remedy, std::move(check)};
}

Rule in_headers(Rule rule) {
  rule.check = [inner = std::move(rule.check)](const SourceFile& file) {
    return file.is_header() ? inner(file) : std::vector<Finding>{};
  };
  return rule;
}

std::vector<Finding> long_files(const SourceFile& file) {
  if (file.lines.size() <= max_file_lines) return {};
  return {{file.path, file.lines.size(), std::to_string(file.lines.size()) + " lines"}};
}

std::vector<Finding> long_functions(const SourceFile& file) {
  std::vector<Finding> findings;
  for (const FunctionExtent& function : functions_in(file)) {
    const std::size_t lines = function.last_line - function.first_line + 1;
    if (lines <= max_function_lines) continue;
    findings.push_back(
        {file.path, function.first_line, std::to_string(lines) + " lines: " + file.lines[function.first_line - 1]});
  }
  return findings;
}

std::vector<Finding> wrong_way_includes(const SourceFile& file) {
  static const std::regex quoted_include(R"re(^\s*#\s*include\s*"([^"/]*)(/?)[^"]*")re");
  std::vector<Finding> findings;
  const auto allowed = may_include.find(file.folder());
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(file.code[i], match, quoted_include)) continue;
    // An example is a project of its own, with headers of its own beside its sources.
    const bool is_beside = match[2].length() == 0;
    if (is_beside && file.folder() == "examples") continue;
    if (is_beside || allowed == may_include.end() || !allowed->second.contains(match[1].str())) {
      findings.push_back({file.path, i + 1, file.lines[i]});
    }
  }
  return findings;
}

std::vector<Finding> headers_without_pragma_once(const SourceFile& file) {
  if (!file.is_header() || std::ranges::find(file.code, "#pragma once") != file.code.end()) return {};
  return {{file.path, 1, "no #pragma once"}};
}

/// A container whose order, or whose hash, is that of addresses.
constexpr const char* pointer_key =
    R"(\b(\w*(map|set)|hash|less|greater)\s*<\s*(const\s+)?[\w:]+(<[^<>]*>)?(\s+const)?\s*\*\s*(const\s*)?[,>])";

std::vector<Rule> make_rules() {
  return {
      pattern("wall_clock", "ask the virtual clock; real time makes a run unrepeatable", libraries,
              R"((steady|system|high_resolution|utc|file)_clock\b|\bgettimeofday\b|\bclock_gettime\b|\bnanosleep\b)"
              R"(|\busleep\b|\bsleep_(for|until)\s*\(|\bstd::time\s*\(|\btime\s*\(\s*(nullptr|NULL|0)\s*\))"),
      pattern("random_device", "draw from PCG, seeded by a decision", everywhere,
              R"(\brandom_device\b|\bstd::(mt19937|minstd|ranlux|default_random_engine)|\bs?rand\s*\(\s*\w*\s*\))"),
      pattern("std_distribution",
              "its values differ between standard libraries; use the bounded draw of the decision source", everywhere,
              R"(\w+_distribution\b|\bstd::(ranges::)?(shuffle|sample)\s*\()"),
      pattern("pointer_key", "addresses differ between runs; key by an id", everywhere, pointer_key),
      pattern("unordered_container", "its order is not defined; use a sorted or flat container", libraries,
              R"(\bunordered_\w*(map|set)\b)"),
      pattern("floating_point", "decisions are made with integers; floats round differently between builds",
              {"sim/core", "sim/explore"}, R"(\b(double|float)\b)"),
      pattern("assert", "it vanishes with NDEBUG; use HEDDLE_CHECK", everywhere, R"(\bassert\s*\(|<cassert>)"),
      in_headers(pattern("json_in_header", "nlohmann/json is for .cpp files: it costs seconds wherever it is included",
                         {"sim"}, R"(#\s*include\s*<nlohmann/)")),
      {"file_length", "split it by idea", long_files},
      {"function_length", "push branches up and loops down", long_functions},
      {"include_direction", "sim <- models, properties <- scenarios <- tools, tests; and name headers from the root",
       wrong_way_includes},
      {"pragma_once", "start the header with it", headers_without_pragma_once},
  };
}

}  // namespace

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules = make_rules();
  return rules;
}

const Rule& rule_named(std::string_view name) {
  const auto rule = std::ranges::find(all_rules(), name, &Rule::name);
  if (rule == all_rules().end()) throw std::invalid_argument("there is no style rule named " + std::string(name));
  return *rule;
}

}  // namespace heddle::style

// The conventions that can be checked by reading the sources. A rule is a function from a file to what is wrong with
// it; most of them look for a pattern in code. They are heuristics: what they cannot see is left to review.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/style/source_file.hpp"

namespace heddle::style {

struct Finding {
  std::string path;
  std::size_t line = 0;  // from 1
  std::string text;      // the line, or what is wrong with it
};

struct Rule {
  std::string_view name;
  std::string_view remedy;
  std::function<std::vector<Finding>(const SourceFile&)> check;
};

constexpr std::size_t max_file_lines = 500;
constexpr std::size_t max_function_lines = 70;

const std::vector<Rule>& all_rules();
const Rule& rule_named(std::string_view name);

}  // namespace heddle::style

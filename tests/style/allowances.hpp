// The exceptions to the style rules: one file and one rule each, with the reason. An entry that is no longer needed
// fails the tests as well.
#pragma once

#include <string_view>
#include <vector>

namespace heddle::style {

struct Allowance {
  std::string_view path;
  std::string_view rule;
  std::string_view reason;
};

inline const std::vector<Allowance>& allowances() {
  static const std::vector<Allowance> list = {};
  return list;
}

}  // namespace heddle::style

#include "tests/docs/console.hpp"

#include <algorithm>
#include <regex>

namespace heddle::test {
namespace {

/// Without what differs from run to run: lengths of time and rates.
std::string masked(const std::string& line) {
  static const std::regex time(R"([0-9]+(\.[0-9]+)? (s|ms|us|ns|minutes|min|h)\b)");
  static const std::regex rate(R"([0-9]+ executions/s)");
  return std::regex_replace(std::regex_replace(line, rate, "N executions/s"), time, "T");
}

bool shows_line(const std::string& shown, const std::string& printed) {
  const std::string right = masked(printed);
  if (!shown.ends_with("...")) return masked(shown) == right;
  return right.starts_with(masked(shown.substr(0, shown.size() - 3)));
}

bool is_ellipsis(const std::string& line) {
  return line.find_first_not_of(' ') != std::string::npos && line.substr(line.find_first_not_of(' ')) == "...";
}

bool shows_from(const std::vector<std::string>& shown, std::size_t i, const std::vector<std::string>& printed,
                std::size_t k) {
  for (; i < shown.size(); ++i, ++k) {
    if (is_ellipsis(shown[i])) {
      for (std::size_t end = k; end <= printed.size(); ++end)
        if (shows_from(shown, i + 1, printed, end)) return true;
      return false;
    }
    if (k >= printed.size() || !shows_line(shown[i], printed[k])) return false;
  }
  return k == printed.size();
}

}  // namespace

std::vector<Console> consoles_of(const std::vector<std::string>& page) {
  std::vector<Console> consoles;
  bool is_inside = false;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (page[i].starts_with("```")) {
      is_inside = !is_inside && page[i] == "```console";
      if (is_inside) consoles.emplace_back();
    } else if (is_inside && page[i].starts_with("$ ")) {
      consoles.back().push_back({i + 1, page[i].substr(2), {}});
    } else if (is_inside && !consoles.back().empty()) {
      consoles.back().back().output.push_back(page[i]);
    }
  }
  return consoles;
}

bool shows(const std::vector<std::string>& shown, const std::vector<std::string>& printed) {
  return shows_from(shown, 0, printed, 0);
}

std::vector<std::string> with_output(std::vector<std::string> page, const Command& command,
                                     const std::vector<std::string>& printed) {
  const auto begin = page.begin() + static_cast<std::ptrdiff_t>(command.line);
  const auto at = page.erase(begin, begin + static_cast<std::ptrdiff_t>(command.output.size()));
  page.insert(at, printed.begin(), printed.end());
  return page;
}

}  // namespace heddle::test

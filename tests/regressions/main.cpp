// Writes the failure files of the catalogue that are missing or no longer fit; see script/regressions.
#include <fmt/format.h>

#include "sim/core/error.hpp"
#include "tests/regressions/files.hpp"

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: heddle_regressions DIRECTORY [FAMILY[/SCENARIO]]...\n");
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  const std::vector<std::string> selectors(argv + 2, argv + argc);
  int failures = 0;
  int written = 0;
  for (const heddle::test::RegressionFile& file : heddle::test::regression_files()) {
    bool is_selected = false;
    for (const std::string& selector : selectors)
      is_selected = is_selected || selector == file.scenario->family || selector == file.scenario->path();
    const std::string problem = heddle::test::problem_with(file, directory);
    if (selectors.empty() ? problem.empty() : !is_selected) continue;
    try {
      fmt::print("{}\n", heddle::test::regenerate(file, directory));
      ++written;
    } catch (const heddle::sim::Error& error) {
      fmt::print(stderr, "{}\n", error.what());
      ++failures;
    }
  }
  fmt::print("{} files written\n", written);
  return failures == 0 ? 0 : 1;
}

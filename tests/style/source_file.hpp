// A C++ source file as the style rules see it: its lines, and the same lines with everything that is not code blanked,
// so that a rule about code finds nothing in comments and string literals.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::style {

struct SourceFile {
  std::string path;                // relative to the root of the repository, with '/'
  std::vector<std::string> lines;  // as written
  std::vector<std::string> code;   // the same, with comments and the insides of literals replaced by spaces

  /// "sim" for "sim/core/task.hpp".
  std::string_view folder() const;
  bool is_header() const;
};

SourceFile parse_source(std::string path, std::string_view text);

/// Every .cpp and .hpp file below the top-level folders of the repository, ordered by path.
std::vector<SourceFile> read_sources(const std::filesystem::path& root);

}  // namespace heddle::style

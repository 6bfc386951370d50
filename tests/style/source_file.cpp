#include "tests/style/source_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace heddle::style {
namespace {

constexpr std::array top_level_folders = {"sim",   "models", "properties", "scenarios",
                                          "tools", "tests",  "benchmarks", "examples"};

void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

std::size_t end_of(std::string_view text, std::string_view mark, std::size_t from) {
  const std::size_t at = text.find(mark, from);
  return at == std::string_view::npos ? text.size() : at + mark.size();
}

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2U : 1U;
  return std::min(i + 1, text.size());
}

std::size_t end_of_raw_string(std::string_view text, std::size_t begin) {
  const std::size_t open = text.find('(', begin);
  if (open == std::string_view::npos) return text.size();
  const std::string close = ")" + std::string(text.substr(begin + 2, open - begin - 2)) + "\"";
  return end_of(text, close, open);
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The quotes of a literal stay, so that `"a"` is still an expression; the quotes of an include stay whole.
std::string without_comments_and_literals(std::string_view text) {
  std::string code(text);
  std::size_t i = 0;
  while (i < text.size()) {
    const std::string_view rest = text.substr(i);
    const bool starts_word = i == 0 || !is_word(text[i - 1]);
    std::size_t end = i + 1;
    if (starts_word && rest.starts_with("#include")) {
      end = text.find('\n', i);
    } else if (rest.starts_with("//")) {
      end = text.find('\n', i);
      blank(code, i, end);
    } else if (rest.starts_with("/*")) {
      end = end_of(text, "*/", i + 2);
      blank(code, i, end);
    } else if (starts_word && rest.starts_with("R\"")) {
      end = end_of_raw_string(text, i);
      blank(code, i + 2, end - 1);
    } else if (text[i] == '"' || (text[i] == '\'' && starts_word)) {
      end = end_of_quoted(text, i);
      blank(code, i + 1, end - 1);
    }
    i = end == std::string_view::npos ? text.size() : end;
  }
  return code;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

std::string_view SourceFile::folder() const {
  return std::string_view(path).substr(0, path.find('/'));
}

bool SourceFile::is_header() const {
  return path.ends_with(".hpp");
}

SourceFile parse_source(std::string path, std::string_view text) {
  return {std::move(path), split_lines(text), split_lines(without_comments_and_literals(text))};
}

std::vector<SourceFile> read_sources(const std::filesystem::path& root) {
  std::vector<SourceFile> sources;
  for (const char* folder : top_level_folders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".hpp")) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      if (!in) throw std::runtime_error("cannot read " + entry.path().string());
      const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      sources.push_back(parse_source(std::filesystem::relative(entry.path(), root).generic_string(), text));
    }
  }
  std::ranges::sort(sources, {}, &SourceFile::path);
  return sources;
}

}  // namespace heddle::style

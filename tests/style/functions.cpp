#include "tests/style/functions.hpp"

#include <regex>
#include <string>

namespace heddle::style {
namespace {

/// `head` is the text between the end of the previous statement and a `{`.
bool opens_function(const std::string& head) {
  static const std::regex not_a_function(
      R"(^\s*(namespace|enum|extern)\b|^\s*(template\s*<.*>\s*)?(class|struct|union)\s+(alignas\b|[^(]*$)|=\s*$)");
  return head.find('(') != std::string::npos && !std::regex_search(head, not_a_function);
}

struct Scanner {
  struct Open {
    bool is_function = false;
    std::size_t first_line = 0;
  };

  std::vector<Open> open;
  std::vector<FunctionExtent> found;
  std::string head;
  std::size_t head_line = 0;
  std::size_t inside_functions = 0;
  std::size_t parentheses = 0;

  void end_statement() {
    head.clear();
    head_line = 0;
  }

  void opening_brace() {
    const bool is_function = inside_functions == 0 && parentheses == 0 && opens_function(head);
    open.push_back({is_function, head_line});
    if (is_function) ++inside_functions;
    end_statement();
  }

  void closing_brace(std::size_t line) {
    if (!open.empty()) {
      if (open.back().is_function) {
        --inside_functions;
        found.push_back({open.back().first_line, line});
      }
      open.pop_back();
    }
    end_statement();
  }

  void see(char c, std::size_t line) {
    if (c == '{') return opening_brace();
    if (c == '}') return closing_brace(line);
    if (c == '(') ++parentheses;
    if (c == ')' && parentheses > 0) --parentheses;
    if (c == ';' && parentheses == 0) return end_statement();
    if (head_line == 0 && c != ' ') head_line = line;
    head += c;
  }
};

}  // namespace

std::vector<FunctionExtent> functions_in(const SourceFile& file) {
  Scanner scanner;
  for (std::size_t i = 0; i < file.code.size(); ++i) {
    if (file.code[i].starts_with("#")) continue;
    for (const char c : file.code[i]) scanner.see(c, i + 1);
    scanner.see(' ', i + 1);
  }
  return scanner.found;
}

}  // namespace heddle::style

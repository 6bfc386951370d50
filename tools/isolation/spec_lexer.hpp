// The words of a specification, as isolationtester's specscanner.l reads them. Private to the parser.
#pragma once

#include <string>
#include <string_view>

namespace heddle::isolation {

struct Token {
  enum class Kind { word, quoted, sql, number, comma, open, close, star, end };
  Kind kind = Kind::end;
  std::string text;
  std::size_t line = 1;
  std::size_t column = 1;
};

class Lexer {
 public:
  Lexer(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  [[nodiscard]] Token next();
  /// Throws the `sim::Error` of a fault at `at`.
  [[noreturn]] void fail(const Token& at, const std::string& sentence) const;

 private:
  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char peek() const { return text_[position_]; }
  char take();
  void skip_blanks();
  [[nodiscard]] Token word(Token token);
  [[nodiscard]] Token quoted(Token token);
  [[nodiscard]] Token sql(Token token);
  [[nodiscard]] Token number(Token token);

  std::string_view text_;
  std::string file_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  std::size_t column_ = 1;
};

}  // namespace heddle::isolation

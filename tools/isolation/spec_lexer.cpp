#include "tools/isolation/spec_lexer.hpp"

#include "sim/core/error.hpp"

namespace heddle::isolation {
namespace {

/// The scanner's {space}: a line break is none.
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

void Lexer::fail(const Token& at, const std::string& sentence) const {
  throw sim::Error(sim::ErrorCode::usage,
                   file_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + sentence);
}

char Lexer::take() {
  const char c = text_[position_++];
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
    ++column_;  // a character, whatever number of bytes it has
  }
  return c;
}

void Lexer::skip_blanks() {
  while (!at_end()) {
    if (is_blank(peek()) || peek() == '\n') {
      take();
    } else if (peek() == '#') {
      while (!at_end() && peek() != '\n') take();
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  Token token{Token::Kind::end, {}, line_, column_};
  if (at_end()) return token;
  const char c = peek();
  if (starts_word(c)) return word(std::move(token));
  if (is_digit(c)) return number(std::move(token));
  if (c == '"') return quoted(std::move(token));
  if (c == '{') return sql(std::move(token));
  token.text = std::string(1, take());
  switch (c) {
    case ',':
      token.kind = Token::Kind::comma;
      return token;
    case '(':
      token.kind = Token::Kind::open;
      return token;
    case ')':
      token.kind = Token::Kind::close;
      return token;
    case '*':
      token.kind = Token::Kind::star;
      return token;
    default:
      fail(token, "unexpected character '" + token.text + "'");
  }
}

Token Lexer::word(Token token) {
  token.kind = Token::Kind::word;
  while (!at_end() && (starts_word(peek()) || is_digit(peek()) || peek() == '$')) token.text += take();
  return token;
}

Token Lexer::number(Token token) {
  token.kind = Token::Kind::number;
  while (!at_end() && is_digit(peek())) token.text += take();
  return token;
}

Token Lexer::quoted(Token token) {
  token.kind = Token::Kind::quoted;
  take();
  for (;;) {
    if (at_end()) fail(token, "this quoted name is never closed; it needs a second '\"'");
    if (peek() == '\n') fail(token, "a quoted name must end on the line on which it begins");
    const char c = take();
    if (c == '"' && (at_end() || peek() != '"')) return token;
    if (c == '"') take();
    token.text += c;
  }
}

Token Lexer::sql(Token token) {
  token.kind = Token::Kind::sql;
  take();
  while (!at_end() && is_blank(peek())) take();
  while (!at_end() && peek() != '}') token.text += take();
  if (at_end()) fail(token, "this block of SQL is never closed; it needs a '}'");
  take();
  while (!token.text.empty() && is_blank(token.text.back())) token.text.pop_back();
  return token;
}

}  // namespace heddle::isolation

#include "models/kv/glob.hpp"

#include <algorithm>

namespace heddle::kv {
namespace {

/// The pattern and a position in it; beyond its end there is a zero byte, which matches nothing special.
struct Pattern {
  std::string_view text;
  std::size_t at = 0;

  [[nodiscard]] std::size_t left() const noexcept { return text.size() - at; }
  [[nodiscard]] signed char look(std::size_t ahead = 0) const noexcept {
    return at + ahead < text.size() ? static_cast<signed char>(text[at + ahead]) : static_cast<signed char>(0);
  }
};

/// Stands at the character after `[`; afterwards at the closing `]`, or at the last character.
bool matches_class(Pattern& pattern, signed char c) noexcept {
  const bool negated = pattern.look() == '^';
  if (negated && pattern.left() > 0) ++pattern.at;
  bool matches = false;
  for (;;) {
    if (pattern.left() >= 2 && pattern.look() == '\\') {
      ++pattern.at;
      matches = matches || pattern.look() == c;
    } else if (pattern.look() == ']' && pattern.left() > 0) {
      break;
    } else if (pattern.left() == 0) {
      --pattern.at;
      break;
    } else if (pattern.left() >= 3 && pattern.look(1) == '-') {
      const signed char low = std::min(pattern.look(), pattern.look(2));
      const signed char high = std::max(pattern.look(), pattern.look(2));
      pattern.at += 2;
      matches = matches || (c >= low && c <= high);
    } else {
      matches = matches || pattern.look() == c;
    }
    ++pattern.at;
  }
  return matches != negated;
}

/// `is_hopeless`: what follows a `*` does not match any rest of the key, so that no earlier `*` need be tried further.
bool matches_from(Pattern pattern, std::string_view key, bool& is_hopeless) noexcept {
  while (pattern.left() > 0 && !key.empty()) {
    const auto c = static_cast<signed char>(key.front());
    switch (pattern.look()) {
      case '*': {
        while (pattern.look(1) == '*') ++pattern.at;
        if (pattern.left() == 1) return true;
        for (; !key.empty(); key.remove_prefix(1)) {
          if (matches_from({pattern.text, pattern.at + 1}, key, is_hopeless)) return true;
          if (is_hopeless) return false;
        }
        is_hopeless = true;
        return false;
      }
      case '?':
        break;
      case '[':
        ++pattern.at;
        if (!matches_class(pattern, c)) return false;
        break;
      case '\\':
        if (pattern.left() >= 2) ++pattern.at;
        [[fallthrough]];
      default:
        if (pattern.look() != c) return false;
    }
    key.remove_prefix(1);
    ++pattern.at;
    if (key.empty())
      while (pattern.look() == '*') ++pattern.at;
  }
  return pattern.left() == 0 && key.empty();
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view key) noexcept {
  if (pattern == "*") return true;
  bool is_hopeless = false;
  return matches_from({pattern}, key, is_hopeless);
}

}  // namespace heddle::kv

#include "sim/replay/text.hpp"

namespace heddle::sim {
namespace {

constexpr bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

/// How many bytes the first `width` characters take.
std::size_t bytes_of(std::string_view text, std::size_t width) {
  std::size_t i = 0;
  for (; i < text.size(); ++i)
    if (begins_character(text[i]) && width-- == 0) break;
  return i;
}

}  // namespace

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  for (const char c : text) width += begins_character(c) ? 1U : 0U;
  return width;
}

std::string clip(std::string_view text, std::size_t width, std::string_view mark) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t mark_width = display_width(mark);
  if (width <= mark_width) return std::string(text.substr(0, bytes_of(text, width)));
  return std::string(text.substr(0, bytes_of(text, width - mark_width))) + std::string(mark);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t lines, std::string_view mark) {
  std::vector<std::string> result;
  while (result.size() + 1 < lines && display_width(text) > width) {
    const std::string_view head = text.substr(0, bytes_of(text, width + 1));
    std::size_t cut = head.rfind(' ');
    if (cut == std::string_view::npos || cut < head.size() / 3) cut = bytes_of(text, width);  // one long word
    result.emplace_back(text.substr(0, cut));
    text.remove_prefix(cut);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  result.push_back(clip(text, width, mark));
  return result;
}

std::string pad(std::string_view text, std::size_t width) {
  std::string result(text);
  const std::size_t have = display_width(text);
  if (have < width) result.append(width - have, ' ');
  return result;
}

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 0x20U || c == '\x7f') c = ' ';
  return result;
}

}  // namespace heddle::sim

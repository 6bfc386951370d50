// Texts in columns: width as a terminal shows it (one column for each UTF-8 character), cutting, wrapping, padding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sim {

[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;
/// At most `width` columns; what is cut off is replaced by `mark`.
[[nodiscard]] std::string clip(std::string_view text, std::size_t width, std::string_view mark);
/// At most `lines` lines of at most `width` columns, broken at blanks where there are any; the last one is clipped.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t lines,
                                            std::string_view mark);
[[nodiscard]] std::string pad(std::string_view text, std::size_t width);
/// Line breaks and other control characters become blanks.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace heddle::sim

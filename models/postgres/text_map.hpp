// A hash map keyed by text that can be searched by std::string_view without making a string. Not iterated where order
// matters.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace heddle::pg {

struct TextHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace heddle::pg

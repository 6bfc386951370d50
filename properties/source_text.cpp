#include "properties/source_text.hpp"

#include <string_view>

namespace heddle::properties {

std::string place_of(const std::source_location& where) {
  const std::string_view path = where.file_name();
  if (path.starts_with("/usr/")) return {};
  const std::size_t slash = path.rfind('/');
  return " (" + std::string(slash == std::string_view::npos ? path : path.substr(slash + 1)) + ":" +
         std::to_string(where.line()) + ")";
}

}  // namespace heddle::properties

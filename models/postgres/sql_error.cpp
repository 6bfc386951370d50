#include "models/postgres/sql_error.hpp"

#include <algorithm>
#include <cstring>

#include "sim/core/error.hpp"

namespace heddle::pg {

SqlError::SqlError(std::string_view sqlstate, std::string message, std::size_t position)
    : message_(std::move(message)), position_(position) {
  HEDDLE_CHECK(sqlstate.size() == sizeof state_);
  std::memcpy(state_, sqlstate.data(), sizeof state_);
  compose();
}

SqlError& SqlError::set_detail(std::string detail) {
  detail_ = std::move(detail);
  compose();
  return *this;
}

SqlError& SqlError::locate(std::string_view statement) {
  if (position_ == 0 || !place_.empty()) return *this;
  const std::string_view before = statement.substr(0, std::min(position_ - 1, statement.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t last_break = before.rfind('\n');
  const std::size_t column = before.size() - (last_break == std::string_view::npos ? 0 : last_break + 1) + 1;
  place_ = " at line " + std::to_string(line) + ", column " + std::to_string(column);
  compose();
  return *this;
}

void SqlError::compose() {
  what_ = message_ + place_ + " (SQLSTATE " + std::string(sqlstate()) + ")";
  if (!detail_.empty()) what_ += "; " + detail_;
}

}  // namespace heddle::pg

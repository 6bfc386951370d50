#include "models/postgres/result.hpp"

#include "sim/core/error.hpp"

namespace heddle::pg {

using sim::Error;
using sim::ErrorCode;

ResultData& ResultPool::take() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<ResultData>());
    free_.push_back(all_.back().get());
  }
  ResultData& result = *free_.back();
  free_.pop_back();
  static const std::vector<std::string> no_names;
  result.command = {};
  result.names = &no_names;
  result.width = result.rows = 0;
  result.values.clear();
  result.affected = 0;
  result.counts = false;
  result.references = 0;
  result.pool = this;
  result.backing.reset();
  return result;
}

void detail::wrong_type(const Value& value, std::string_view column, const char* wanted) {
  const std::string what = value.is_null() ? "NULL" : "'" + to_text(value) + "'";
  throw Error(ErrorCode::usage, "column \"" + std::string(column) + "\" holds " + what + ", which cannot be read as " +
                                    wanted + (value.is_null() ? "; read it as a std::optional" : ""));
}

const Value& RowView::value(std::size_t column) const {
  if (column >= result_->width)
    throw Error(ErrorCode::usage, "column number " + std::to_string(column) + " of a result with " +
                                      std::to_string(result_->width) + " columns");
  return result_->values[row_ * result_->width + column];
}

std::size_t RowView::index_of(std::string_view column) const {
  for (std::size_t i = 0; i < result_->names->size(); ++i)
    if ((*result_->names)[i] == column) return i;
  throw Error(ErrorCode::usage, "the result has no column \"" + std::string(column) + "\"");
}

std::string_view RowView::name_of(std::size_t column) const {
  return column < result_->names->size() ? (*result_->names)[column] : std::string_view();
}

RowView Rows::operator[](std::size_t row) const {
  if (row >= size())
    throw Error(ErrorCode::usage,
                "row number " + std::to_string(row) + " of a result with " + std::to_string(size()) + " rows");
  return {*result_, row};
}

RowView Rows::one() const {
  if (size() != 1)
    throw Error(ErrorCode::usage, "one row was expected, the statement returned " + std::to_string(size()));
  return {*result_, 0};
}

std::optional<RowView> Rows::maybe() const {
  if (size() > 1)
    throw Error(ErrorCode::usage, "at most one row was expected, the statement returned " + std::to_string(size()));
  if (empty()) return std::nullopt;
  return RowView(*result_, 0);
}

std::string Rows::tag() const {
  std::string text(result_->command);
  if (!result_->counts) return text;
  return text + (text == "INSERT" ? " 0 " : " ") + std::to_string(result_->affected);
}

}  // namespace heddle::pg

// libpq's PQprint with header and align (fe-print.c): widths in bytes, and a column is set right if each of its values
// looks like a number.
#include <fmt/format.h>

#include <algorithm>

#include "tools/isolation/sessions.hpp"

namespace heddle::isolation {
namespace {

bool looks_like_a_number(const std::string& value) {
  if (value.find_first_not_of("0123456789.Ee -") != std::string::npos) return false;
  const bool ends_in_digit = value.back() >= '0' && value.back() <= '9';
  return value.front() != 'E' && value.front() != 'e' && ends_in_digit;
}

struct Column {
  std::size_t width = 0;
  bool is_number = true;
};

std::string cell(const std::string& text, const Column& column) {
  const std::string padding(column.width - std::min(column.width, text.size()), ' ');
  return column.is_number ? padding + text : text + padding;
}

}  // namespace

std::string to_text(const Table& table) {
  std::vector<Column> columns(table.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].width = table.columns[i].size();
    for (const auto& row : table.rows) {
      if (!row[i] || row[i]->empty()) continue;
      columns[i].width = std::max(columns[i].width, row[i]->size());
      columns[i].is_number = columns[i].is_number && looks_like_a_number(*row[i]);
    }
  }
  std::string header;
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const char* const end = i + 1 < columns.size() ? "|" : "";
    header += cell(table.columns[i], columns[i]) + end;
    line += std::string(columns[i].width, '-') + (i + 1 < columns.size() ? "+" : "");
  }
  std::string text = header + "\n" + line + "\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      text += cell(row[i].value_or(""), columns[i]) + (i + 1 < columns.size() ? "|" : "");
    text += "\n";
  }
  return text + fmt::format("({} row{})\n\n", table.rows.size(), table.rows.size() == 1 ? "" : "s");
}

}  // namespace heddle::isolation

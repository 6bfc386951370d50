#include "models/postgres/live/live_connection.hpp"

#include <algorithm>
#include <charconv>

namespace heddle::pg {
namespace {

// OIDs of pg_type, which the server never changes.
constexpr std::uint32_t oid_bool = 16;
constexpr std::uint32_t oid_int8 = 20;
constexpr std::uint32_t oid_int2 = 21;
constexpr std::uint32_t oid_int4 = 23;
constexpr std::uint32_t oid_numeric = 1700;

Value to_value(std::uint32_t type, const std::string& text) {
  switch (type) {
    case oid_bool:
      return Value::of(text == "t");
    case oid_int2:
    case oid_int4:
    case oid_int8: {
      std::int64_t number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      return Value::of(number);
    }
    case oid_numeric:
      try {
        if (const auto number = Numeric::parse(text)) return Value::of(*number);
      } catch (const SqlError&) {  // too long for the model: a text
      }
      break;
    default:
      break;
  }
  return Value::of(std::string_view(text));
}

}  // namespace

Rows to_rows(ServerResult result, ResultPool& pool) {
  struct Kept {
    ServerResult result;
    std::vector<std::string> names;
  };
  const auto kept = std::make_shared<Kept>(Kept{std::move(result), {}});
  for (const auto& column : kept->result.columns) kept->names.push_back(column.name);
  Rows rows(pool.take());
  ResultData& data = rows.data();
  data.backing = kept;
  data.names = &kept->names;
  data.width = kept->names.size();
  data.rows = kept->result.rows.size();
  for (const auto& row : kept->result.rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      data.values.push_back(row[i] ? to_value(kept->result.columns[i].type, *row[i]) : Value());
  // "UPDATE 2", "INSERT 0 1", but "CREATE TABLE"
  const std::string_view tag = kept->result.tag;
  const std::size_t digits = tag.size() - tag.find_last_not_of("0123456789") - 1;
  data.command = tag;
  if (tag.empty() || digits == 0 || digits == tag.size()) return rows;
  data.counts = true;
  std::from_chars(tag.data() + tag.size() - digits, tag.data() + tag.size(), data.affected);
  data.command = tag.substr(0, tag.find(' '));
  return rows;
}

Rows LiveConnection::execute(std::string_view sql, std::span<const Value> params, const std::source_location&) {
  try {
    return to_rows(session_.run_or_throw(sql, params), results_);
  } catch (SqlError& error) {
    error.locate(sql);
    throw;
  }
}

void LiveConnection::begin_transaction(Isolation isolation, const std::source_location&) {
  session_.run_or_throw(begin_text(isolation));
}

bool LiveConnection::commit_transaction(const std::source_location&) {
  return session_.run_or_throw("COMMIT").tag == "COMMIT";
}

void LiveConnection::roll_back_transaction(const std::source_location&) noexcept {
  try {
    session_.run("ROLLBACK");
  } catch (const std::exception&) {  // the session is gone, and so is its transaction
    session_.abandon();
  }
}

}  // namespace heddle::pg

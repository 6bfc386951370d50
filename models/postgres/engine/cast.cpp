// Conversions between types at run time, and LIKE.
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

[[noreturn]] void invalid_syntax(Type type, std::string_view text) {
  throw SqlError(sqlstate::invalid_text_representation,
                 "invalid input syntax for type " + std::string(type_name(type)) + ": \"" + std::string(text) + "\"");
}

Numeric parse_number(std::string_view text, Type type) {
  const std::optional<Numeric> number = Numeric::parse(text);
  if (!number || (is_integer(type) && text.find_first_of(".eE") != std::string_view::npos)) invalid_syntax(type, text);
  return *number;
}

}  // namespace

Value cast_to_integer(const Value& value, Type type) {
  std::optional<std::int64_t> integer;
  switch (value.kind()) {
    case Value::Kind::null:
      return value;
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::timestamp:
      integer = value.integer();
      break;
    case Value::Kind::numeric:
      integer = value.numeric().to_integer();
      break;
    case Value::Kind::text:
      integer = parse_number(value.text(), type).to_integer();
      break;
  }
  const std::int64_t limit = type == Type::int2 ? INT16_MAX : type == Type::int4 ? INT32_MAX : INT64_MAX;
  if (!integer || *integer > limit || *integer < -limit - 1) {
    if (value.kind() == Value::Kind::text)
      throw SqlError(
          sqlstate::numeric_value_out_of_range,
          "value \"" + std::string(value.text()) + "\" is out of range for type " + std::string(type_name(type)));
    throw SqlError(sqlstate::numeric_value_out_of_range, std::string(type_name(type)) + " out of range");
  }
  return Value::of(*integer);
}

Value cast_to_numeric(const Value& value, std::int32_t modifier) {
  if (value.is_null()) return value;
  Numeric number = value.kind() == Value::Kind::integer   ? Numeric(value.integer())
                   : value.kind() == Value::Kind::numeric ? value.numeric()
                                                          : parse_number(value.text(), Type::numeric);
  if (modifier >= 0) {
    const int precision = modifier / 1024;
    const int scale = modifier % 1024;
    number = number.rounded(scale);
    if (number.integer_digits() > precision - scale) {
      SqlError error(sqlstate::numeric_value_out_of_range, "numeric field overflow");
      error.set_detail("A field with precision " + std::to_string(precision) + ", scale " + std::to_string(scale) +
                       " must round to an absolute value less than 10^" + std::to_string(precision - scale) + ".");
      throw error;
    }
  }
  return Value::of(number);
}

Value cast_to_text(const Value& value, sim::Arena& arena) {
  if (value.is_null() || value.kind() == Value::Kind::text) return value;
  if (value.kind() == Value::Kind::boolean) return Value::of(std::string_view(value.boolean() ? "true" : "false"));
  return Value::of(arena.copy(to_text(value)));
}

Value cast_to_boolean(const Value& value) {
  if (value.kind() == Value::Kind::integer) return Value::of(value.integer() != 0);
  if (value.kind() != Value::Kind::text) return value;
  std::string lower(value.text());
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const std::string_view word : {"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})
    if (lower == word) return Value::of(true);
  for (const std::string_view word : {"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})
    if (lower == word) return Value::of(false);
  invalid_syntax(Type::boolean, value.text());
}

Value limit_length(const Value& value, std::int32_t length, bool truncate, Type type) {
  if (value.is_null()) return value;
  const std::string_view text = value.text();
  std::size_t bytes = 0;
  for (std::int32_t characters = 0; bytes < text.size();
       ++bytes) {  // a UTF-8 character begins at every byte but 10xxxxxx
    if ((static_cast<unsigned char>(text[bytes]) & 0xC0U) != 0x80U && characters++ == length) break;
  }
  const std::string_view rest = text.substr(bytes);
  if (rest.empty()) return value;
  if (!truncate && rest.find_first_not_of(' ') != std::string_view::npos)
    throw SqlError(sqlstate::string_data_right_truncation,
                   "value too long for type " + std::string(type_name(type)) + "(" + std::to_string(length) + ")");
  return Value::of(text.substr(0, bytes));
}

bool each_array_element(std::string_view text, FunctionRef<bool(std::string_view, bool is_null)> visit) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  text = text.substr(1, text.size() - 2);
  std::string element;
  for (bool more = !text.empty(); more;) {
    element.clear();
    bool quoted = false;
    bool open = false;
    std::size_t i = 0;
    for (; i < text.size() && (open || text[i] != ','); ++i) {
      if (text[i] == '"') {
        quoted = true;
        open = !open;
      } else if (text[i] == '\\' && i + 1 < text.size()) {
        element += text[++i];
      } else if (open || text[i] != ' ') {
        element += text[i];
      }
    }
    if (open || (element.empty() && !quoted) || (!quoted && element.find_first_of("{}") != std::string::npos))
      return false;
    const bool is_null = !quoted && (element == "NULL" || element == "null");
    if (!visit(element, is_null)) return true;
    more = i < text.size();
    text.remove_prefix(std::min(i + 1, text.size()));
    if (more && text.empty()) return false;
  }
  return true;
}

bool is_like(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern[0] == '%') {
      for (std::size_t skip = 0; skip <= text.size(); ++skip)
        if (is_like(text.substr(skip), pattern.substr(1))) return true;
      return false;
    }
    if (text.empty()) return false;
    const bool escaped = pattern[0] == '\\' && pattern.size() > 1;
    if (escaped) pattern.remove_prefix(1);
    if ((escaped || pattern[0] != '_') && pattern[0] != text[0]) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  return text.empty();
}

Value cast_to_timestamp(const Value& value, Type type) {
  if (value.is_null()) return value;
  const bool with_zone = type == Type::timestamptz;
  if (value.kind() == Value::Kind::timestamp) return Value::of_timestamp(value.integer(), with_zone);
  bool is_out_of_range = false;
  const std::optional<std::int64_t> time = parse_timestamp(value.text(), is_out_of_range);
  if (is_out_of_range)
    throw SqlError(sqlstate::datetime_field_overflow,
                   "date/time field value out of range: \"" + std::string(value.text()) + "\"");
  if (!time)
    throw SqlError(sqlstate::invalid_datetime_format,
                   "invalid input syntax for type " +
                       std::string(type == Type::timestamp ? "timestamp" : type_name(type)) + ": \"" +
                       std::string(value.text()) + "\"");
  return Value::of_timestamp(*time, with_zone);
}

Value cast_param(const Value& value, Type type, sim::Arena& arena) {
  if (value.is_null()) return value;
  if (is_timestamp(type))
    return cast_to_timestamp(value.kind() == Value::Kind::text || value.kind() == Value::Kind::timestamp
                                 ? value
                                 : Value::of(arena.copy(to_text(value))),
                             type);
  if (is_text(type))
    return value.kind() == Value::Kind::text ? Value::of(arena.copy(value.text()))
                                             : Value::of(arena.copy(to_text(value)));
  if (is_integer(type)) {
    if (value.kind() == Value::Kind::numeric || value.kind() == Value::Kind::boolean)
      invalid_syntax(type, to_text(value));
    return cast_to_integer(value, type);
  }
  if (type == Type::numeric) {
    if (value.kind() == Value::Kind::boolean) invalid_syntax(type, to_text(value));
    return cast_to_numeric(value, -1);
  }
  if (value.kind() == Value::Kind::boolean) return value;
  return cast_to_boolean(value.kind() == Value::Kind::text ? value : Value::of(arena.copy(to_text(value))));
}

}  // namespace heddle::pg

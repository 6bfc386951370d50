#include "models/postgres/value.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "sim/core/hash.hpp"

namespace heddle::pg {

std::string_view type_name(Type type) {
  switch (type) {
    case Type::unknown:
      return "unknown";
    case Type::boolean:
      return "boolean";
    case Type::int2:
      return "smallint";
    case Type::int4:
      return "integer";
    case Type::int8:
      return "bigint";
    case Type::numeric:
      return "numeric";
    case Type::text:
      return "text";
    case Type::varchar:
      return "character varying";
    case Type::timestamp:
      return "timestamp without time zone";
    case Type::timestamptz:
      return "timestamp with time zone";
  }
  return "unknown";
}

std::strong_ordering compare(const Value& a, const Value& b) {
  if (a.kind() == b.kind()) {
    switch (a.kind()) {
      case Value::Kind::integer:
      case Value::Kind::timestamp:
        return a.integer() <=> b.integer();
      case Value::Kind::text:
        return a.text() <=> b.text();
      case Value::Kind::boolean:
        return a.boolean() <=> b.boolean();
      case Value::Kind::numeric:
        return a.numeric() <=> b.numeric();
      case Value::Kind::null:
        return std::strong_ordering::equal;
    }
  }
  const Numeric left = a.kind() == Value::Kind::integer ? Numeric(a.integer()) : a.numeric();
  const Numeric right = b.kind() == Value::Kind::integer ? Numeric(b.integer()) : b.numeric();
  return left <=> right;
}

bool same(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  return compare(a, b) == std::strong_ordering::equal;
}

std::uint64_t hash(const Value& value) {
  constexpr std::uint64_t seed = 0x27d4eb2f165667c5U;
  switch (value.kind()) {
    case Value::Kind::null:
      return seed;
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::timestamp:
      return sim::mix(seed, static_cast<std::uint64_t>(value.integer()));
    case Value::Kind::numeric: {  // 1.0 equals 1: hash the number without its trailing zeros
      Int128 digits = value.numeric().digits();
      int scale = value.numeric().scale();
      for (; scale > 0 && digits % 10 == 0; --scale) digits /= 10;
      const std::uint64_t low = sim::mix(seed, static_cast<std::uint64_t>(digits));
      return scale == 0 ? low : sim::mix(low, static_cast<std::uint64_t>(scale));
    }
    case Value::Kind::text:
      break;
  }
  const std::string_view text = value.text();
  std::uint64_t result = sim::mix(seed, text.size());
  for (std::size_t i = 0; i < text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, std::min(sizeof word, text.size() - i));
    result = sim::mix(result, word);
  }
  return result;
}

namespace {

constexpr std::int64_t microseconds_a_second = 1'000'000;

std::string timestamp_text(std::int64_t microseconds) {
  using namespace std::chrono;
  constexpr sys_days epoch = sys_days{January / 1 / 2000};
  const sys_time<std::chrono::microseconds> time = epoch + std::chrono::microseconds(microseconds);
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string result(text.data());
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    const std::string digits = std::to_string(microseconds_a_second + fraction);
    result += "." + digits.substr(1, digits.find_last_not_of('0'));
  }
  return result;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text, bool& is_out_of_range) {
  using namespace std::chrono;
  const std::string copy(text);
  int years = 0;
  unsigned months = 0;
  unsigned day_of_month = 0;
  int used = 0;
  if (std::sscanf(copy.c_str(), " %4d-%2u-%2u%n", &years, &months, &day_of_month, &used) != 3) return std::nullopt;
  const year_month_day date{year(years), month(months), day(day_of_month)};
  is_out_of_range = !date.ok();
  if (is_out_of_range) return std::nullopt;
  std::int64_t result = duration_cast<microseconds>(sys_days{date} - sys_days{January / 1 / 2000}).count();
  std::string_view rest = std::string_view(copy).substr(static_cast<std::size_t>(used));
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!rest.empty() && (rest.front() == ' ' || rest.front() == 'T') &&
      std::sscanf(copy.c_str() + (copy.size() - rest.size()) + 1, "%2d:%2d%n", &hour, &minute, &used) == 2) {
    rest.remove_prefix(static_cast<std::size_t>(used) + 1);
    if (std::sscanf(copy.c_str() + (copy.size() - rest.size()), ":%2d%n", &second, &used) == 1)
      rest.remove_prefix(static_cast<std::size_t>(used));
    const bool is_midnight = hour == 24 && minute == 0 && second == 0;
    is_out_of_range = (hour > 23 && !is_midnight) || minute > 59 || second > 60;
    if (is_out_of_range) return std::nullopt;
    result += ((hour * std::int64_t{60} + minute) * 60 + second) * microseconds_a_second;
    if (!rest.empty() && rest.front() == '.') {
      std::int64_t unit = microseconds_a_second / 10;
      for (rest.remove_prefix(1); !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1)) {
        result += (rest.front() - '0') * unit;
        unit /= 10;
      }
    }
  }
  if (rest == "Z" || rest == "+00" || rest == "+00:00" || rest == " UTC") rest = {};
  return rest.find_first_not_of(' ') == std::string_view::npos ? std::optional(result) : std::nullopt;
}

std::string to_text(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return {};
    case Value::Kind::boolean:
      return value.boolean() ? "t" : "f";
    case Value::Kind::integer:
      return std::to_string(value.integer());
    case Value::Kind::numeric:
      return value.numeric().str();
    case Value::Kind::text:
      return std::string(value.text());
    case Value::Kind::timestamp:
      return timestamp_text(value.integer()) + (value.has_zone() ? "+00" : "");
  }
  return {};
}

}  // namespace heddle::pg

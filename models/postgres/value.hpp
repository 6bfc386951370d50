// Values of columns, parameters and expressions: 16 bytes, trivially copied, never owning. Text points into memory that
// outlives the value: an arena of the execution, the template of the database, or the plan that holds the constant. Not
// modelled: float, date, time and interval, json, bytea, arrays and composite types; time zones other than UTC.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/postgres/numeric.hpp"

namespace heddle::pg {

/// Static types. `unknown` is the type of an untyped string literal, of NULL and of a parameter nobody has given a type
/// yet.
enum class Type : std::uint8_t { unknown, boolean, int2, int4, int8, numeric, text, varchar, timestamp, timestamptz };

[[nodiscard]] std::string_view type_name(Type type);
[[nodiscard]] constexpr bool is_integer(Type type) {
  return type == Type::int2 || type == Type::int4 || type == Type::int8;
}
[[nodiscard]] constexpr bool is_number(Type type) {
  return is_integer(type) || type == Type::numeric;
}
[[nodiscard]] constexpr bool is_timestamp(Type type) {
  return type == Type::timestamp || type == Type::timestamptz;
}
[[nodiscard]] constexpr bool is_text(Type type) {
  return type == Type::text || type == Type::varchar;
}

class Value {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, numeric, text, timestamp };

  constexpr Value() = default;
  [[nodiscard]] static constexpr Value of(bool truth) { return {Kind::boolean, 0, 0, truth ? 1U : 0U}; }
  [[nodiscard]] static constexpr Value of(std::int64_t integer) {
    return {Kind::integer, 0, 0, static_cast<std::uint64_t>(integer)};
  }
  /// Microseconds since 2000-01-01 00:00.
  [[nodiscard]] static constexpr Value of_timestamp(std::int64_t microseconds, bool with_zone = false) {
    return {Kind::timestamp, static_cast<std::uint8_t>(with_zone), 0, static_cast<std::uint64_t>(microseconds)};
  }
  [[nodiscard]] static Value of(const Numeric& number) {
    const Int128 digits = number.digits();
    return {Kind::numeric, static_cast<std::uint8_t>(number.scale()), static_cast<std::uint32_t>(digits >> 64U),
            static_cast<std::uint64_t>(digits)};
  }
  /// `text` must outlive the value.
  [[nodiscard]] static Value of(std::string_view text) {
    Value value{Kind::text, 0, static_cast<std::uint32_t>(text.size()), 0};
    value.text_ = text.data();
    return value;
  }

  [[nodiscard]] constexpr Kind kind() const noexcept { return kind_; }
  [[nodiscard]] constexpr bool is_null() const noexcept { return kind_ == Kind::null; }
  // Precondition of each: `kind()` fits.
  [[nodiscard]] constexpr bool boolean() const noexcept { return low_ != 0; }
  [[nodiscard]] constexpr std::int64_t integer() const noexcept { return static_cast<std::int64_t>(low_); }
  [[nodiscard]] Numeric numeric() const {
    const auto high = static_cast<Int128>(static_cast<std::int32_t>(high_));
    return {static_cast<Int128>(high * (static_cast<Int128>(1) << 64U)) + static_cast<Int128>(low_), scale_};
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, high_}; }
  /// Of a timestamp: whether it is one WITH TIME ZONE.
  [[nodiscard]] bool has_zone() const noexcept { return scale_ != 0; }
  [[nodiscard]] bool is_true() const noexcept { return kind_ == Kind::boolean && low_ != 0; }

 private:
  constexpr Value(Kind kind, std::uint8_t scale, std::uint32_t high, std::uint64_t low)
      : kind_(kind), scale_(scale), high_(high), low_(low) {}

  Kind kind_ = Kind::null;
  std::uint8_t scale_ = 0;
  std::uint32_t high_ = 0;  ///< size of a text, upper half of a numeric
  union {
    std::uint64_t low_ = 0;
    const char* text_;
  };
};
static_assert(sizeof(Value) == 16);

/// Precondition: neither is null and both are of one kind, or an integer and a numeric. Text compares by bytes (the C
/// collation).
[[nodiscard]] std::strong_ordering compare(const Value& a, const Value& b);
/// As `compare`, with null equal to null and different from all else.
[[nodiscard]] bool same(const Value& a, const Value& b);
/// Equal values have equal hashes; the same in every run.
[[nodiscard]] std::uint64_t hash(const Value& value);
/// Reads "2026-01-31 12:00:00.5", with or without a time and a zone; nothing if it is malformed.
/// `is_out_of_range`: whether only a field is too large, such as the 30th of February.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view text, bool& is_out_of_range);
/// The server's text form; null is empty.
[[nodiscard]] std::string to_text(const Value& value);

}  // namespace heddle::pg

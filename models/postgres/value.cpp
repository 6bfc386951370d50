#include "models/postgres/value.hpp"

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
  }
  return "unknown";
}

std::strong_ordering compare(const Value& a, const Value& b) {
  if (a.kind() == b.kind()) {
    switch (a.kind()) {
      case Value::Kind::integer:
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
  }
  return {};
}

}  // namespace heddle::pg

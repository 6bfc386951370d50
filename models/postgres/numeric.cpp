#include "models/postgres/numeric.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

constexpr Int128 limit_96 = static_cast<Int128>(1) << 95U;

[[noreturn]] void overflow() {
  throw SqlError(sqlstate::numeric_value_out_of_range, "value overflows numeric format (the model keeps 28 digits)");
}

constexpr std::array<Int128, 39> make_powers() {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Int128, 39> powers_of_ten = make_powers();

Int128 power(int exponent) {
  if (exponent < 0 || exponent >= static_cast<int>(powers_of_ten.size())) overflow();
  return powers_of_ten[static_cast<std::size_t>(exponent)];
}

Int128 multiply(Int128 a, Int128 b) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) overflow();
  return product;
}

/// Division that rounds half away from zero.
Int128 divide_rounded(Int128 a, Int128 b) {
  const Int128 quotient = a / b;
  const Int128 rest = a % b;
  const Int128 size = rest < 0 ? -rest : rest;
  const Int128 divisor = b < 0 ? -b : b;
  if (size < divisor - size) return quotient;
  return (a < 0) == (b < 0) ? quotient + 1 : quotient - 1;
}

struct Aligned {
  Int128 a = 0;
  Int128 b = 0;
  int scale = 0;
};

Aligned align(const Numeric& a, const Numeric& b) {
  const int scale = std::max(a.scale(), b.scale());
  return {multiply(a.digits(), power(scale - a.scale())), multiply(b.digits(), power(scale - b.scale())), scale};
}

/// The server's choice of the result scale of a division: at least 16 significant digits (select_div_scale in
/// numeric.c). It works in groups of four digits, hence the weights in base 10000.
struct Weight {
  int weight = 0;
  int first_digit = 0;
};

Weight leading_group(const Numeric& value) {
  const int digits = value.integer_digits();
  Int128 size = value.digits() < 0 ? -value.digits() : value.digits();
  if (size == 0) return {0, 0};
  int exponent = digits - 1;  // of the leading decimal digit
  if (digits == 0) {
    exponent = -1;
    while (multiply(size, power(-exponent)) < power(value.scale())) --exponent;
  }
  const int weight = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4);
  const int shift = value.scale() + weight * 4;  // decimal digits below the leading group
  const Int128 first = shift >= 0 ? size / power(shift) : multiply(size, power(-shift));
  return {weight, static_cast<int>(first)};
}

int division_scale(const Numeric& a, const Numeric& b) {
  const Weight left = leading_group(a);
  const Weight right = leading_group(b);
  int quotient_weight = left.weight - right.weight;
  if (left.first_digit <= right.first_digit) --quotient_weight;
  const int scale = std::max({16 - quotient_weight * 4, a.scale(), b.scale(), 0});
  return std::min(scale, Numeric::max_scale);
}

}  // namespace

Numeric::Numeric(Int128 digits, int scale) : digits_(digits), scale_(scale) {
  if (digits >= limit_96 || digits < -limit_96 || scale > max_scale) overflow();
}

std::optional<Numeric> Numeric::parse(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  Int128 digits = 0;
  int scale = 0;
  bool any = false;
  bool point = false;
  int exponent = 0;
  if (const std::size_t at = text.find_first_of("eE"); at != std::string_view::npos) {
    std::string_view power = text.substr(at + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, failure] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (failure != std::errc() || end != power.data() + power.size()) return std::nullopt;
    text = text.substr(0, at);
  }
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    digits = multiply(digits, 10) + (c - '0');
    if (point) ++scale;
  }
  if (!any) return std::nullopt;
  constexpr int most_digits = 40;  // more are an overflow in either direction
  scale -= std::clamp(exponent, -most_digits, most_digits);
  for (; scale < 0; ++scale) digits = multiply(digits, 10);
  return Numeric(negative ? -digits : digits, scale);
}

std::string Numeric::str() const {
  std::string text;
  Int128 rest = digits_ < 0 ? -digits_ : digits_;
  int written = 0;
  do {
    if (written == scale_ && scale_ > 0) text += '.';
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    ++written;
  } while (rest != 0 || written <= scale_);
  if (digits_ < 0) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

Numeric Numeric::rounded(int scale) const {
  if (scale >= scale_) return {multiply(digits_, power(scale - scale_)), scale};
  return {divide_rounded(digits_, power(scale_ - scale)), scale};
}

std::optional<std::int64_t> Numeric::to_integer() const {
  const Int128 integer = rounded(0).digits();
  if (integer > INT64_MAX || integer < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(integer);
}

int Numeric::integer_digits() const {
  Int128 integer = (digits_ < 0 ? -digits_ : digits_) / power(scale_);
  int count = 0;
  for (; integer != 0; integer /= 10) ++count;
  return count;
}

Numeric operator+(const Numeric& a, const Numeric& b) {
  const Aligned both = align(a, b);
  return {both.a + both.b, both.scale};
}

Numeric operator-(const Numeric& a, const Numeric& b) {
  const Aligned both = align(a, b);
  return {both.a - both.b, both.scale};
}

Numeric operator*(const Numeric& a, const Numeric& b) {
  return {multiply(a.digits_, b.digits_), a.scale_ + b.scale_};
}

Numeric operator/(const Numeric& a, const Numeric& b) {
  if (b.digits_ == 0) throw SqlError(sqlstate::division_by_zero, "division by zero");
  const int scale = division_scale(a, b);
  const int shift = scale - a.scale_ + b.scale_;
  if (shift < 0) return {divide_rounded(a.digits_, multiply(b.digits_, power(-shift))), scale};
  return {divide_rounded(multiply(a.digits_, power(shift)), b.digits_), scale};
}

Numeric operator%(const Numeric& a, const Numeric& b) {
  if (b.digits_ == 0) throw SqlError(sqlstate::division_by_zero, "division by zero");
  const Aligned both = align(a, b);
  return {both.a % both.b, both.scale};
}

std::strong_ordering operator<=>(const Numeric& a, const Numeric& b) {
  if (a.scale_ == b.scale_) return a.digits_ <=> b.digits_;
  const Aligned both = align(a, b);
  return both.a <=> both.b;
}

}  // namespace heddle::pg

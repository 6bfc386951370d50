// Exact decimals, as SQL's `numeric`: a 96-bit integer with a scale of at most 28 digits after the point. Results have
// the scale that the server would choose, and print as the server prints them. Not modelled: numbers of more than 28
// digits (the server has 131072); an operation that would need them fails with 22003.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::pg {

__extension__ using Int128 = __int128;

class Numeric {
 public:
  static constexpr int max_scale = 28;

  constexpr Numeric() = default;
  constexpr explicit Numeric(std::int64_t integer) : digits_(integer) {}
  /// Precondition: `scale` in [0, max_scale]. Throws `SqlError` 22003 if `digits` needs more than 96 bits.
  Numeric(Int128 digits, int scale);

  /// Nothing if `text` is no number. Throws `SqlError` 22003 if it is too long for the model.
  [[nodiscard]] static std::optional<Numeric> parse(std::string_view text);

  [[nodiscard]] constexpr Int128 digits() const noexcept { return digits_; }
  [[nodiscard]] constexpr int scale() const noexcept { return scale_; }
  [[nodiscard]] std::string str() const;
  /// Rounded half away from zero to `scale` digits after the point.
  [[nodiscard]] Numeric rounded(int scale) const;
  /// Rounded to an integer; nothing if that does not fit 64 bits.
  [[nodiscard]] std::optional<std::int64_t> to_integer() const;
  /// The number of digits before the point, without leading zeros.
  [[nodiscard]] int integer_digits() const;

  friend Numeric operator+(const Numeric& a, const Numeric& b);
  friend Numeric operator-(const Numeric& a, const Numeric& b);
  friend Numeric operator*(const Numeric& a, const Numeric& b);
  /// Throws `SqlError` 22012 for a zero divisor; so does `%`.
  friend Numeric operator/(const Numeric& a, const Numeric& b);
  friend Numeric operator%(const Numeric& a, const Numeric& b);
  friend std::strong_ordering operator<=>(const Numeric& a, const Numeric& b);
  friend bool operator==(const Numeric& a, const Numeric& b) { return (a <=> b) == std::strong_ordering::equal; }

 private:
  Int128 digits_ = 0;
  int scale_ = 0;
};

}  // namespace heddle::pg

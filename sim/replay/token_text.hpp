// The outside of a token: bytes as text that survives being copied, and a check that all of it was. Knows nothing of
// what the bytes mean.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sim {

/// `h1:` + base64url of (length, payload, checksum).
[[nodiscard]] std::string seal_token(std::span<const std::uint8_t> payload);
/// The payload. Throws `Error{bad_token}`; see `decode`.
[[nodiscard]] std::vector<std::uint8_t> unseal_token(std::string_view text);

/// Writes integers and texts compactly.
class ByteWriter {
 public:
  void varint(std::uint64_t value);
  void fixed(std::uint64_t value, int bytes);
  void text(std::string_view text);
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Reads what `ByteWriter` has written. Throws `Error{bad_token}` at the first thing that cannot be.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  /// Precondition of the text: the value is at most `limit`.
  std::uint64_t varint(std::uint64_t limit, const char* what);
  std::uint64_t fixed(int bytes, const char* what);
  std::string text(std::size_t limit, const char* what);
  void expect_end() const;

 private:
  std::uint8_t byte(const char* what);
  std::span<const std::uint8_t> bytes_;
};

}  // namespace heddle::sim

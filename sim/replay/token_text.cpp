#include "sim/replay/token_text.hpp"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>

#include "sim/core/error.hpp"
#include "sim/replay/token.hpp"

namespace heddle::sim {
namespace {

constexpr std::string_view prefix = "h1:";
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int checksum_bytes = 4;
constexpr std::string_view copy_again = "; copy it again as a whole";

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(ErrorCode::bad_token, sentence);
}

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
  std::array<std::int8_t, 256> table{};
  for (std::int8_t& value : table) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr std::array<std::int8_t, 256> value_of = reverse_alphabet();

constexpr std::size_t characters_for(std::size_t bytes) {
  return (bytes * 8 + 5) / 6;
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(characters_for(bytes.size()));
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8U) | byte;
    for (bits += 8; bits >= 6; bits -= 6) text += alphabet[(buffer >> static_cast<unsigned>(bits - 6)) & 63U];
  }
  if (bits > 0) text += alphabet[(buffer << static_cast<unsigned>(6 - bits)) & 63U];
  return text;
}

std::vector<std::uint8_t> from_base64(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::int8_t value = value_of[static_cast<unsigned char>(text[i])];
    if (value < 0)
      refuse(fmt::format("the token holds a character that no token has, at position {}{}", prefix.size() + i + 1,
                         copy_again));
    buffer = (buffer << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(buffer >> static_cast<unsigned>(bits)));
    }
  }
  // One text for one token: what is left over holds no bits.
  if (bits >= 6 || (buffer & ((1U << static_cast<unsigned>(bits)) - 1U)) != 0)
    refuse(fmt::format("the token is corrupted in its last character{}", copy_again));
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The text after the prefix.
std::string_view without_prefix(std::string_view text) {
  if (text.starts_with(prefix)) return text.substr(prefix.size());
  const std::size_t colon = text.substr(0, 8).find(':');
  const bool is_other_version = text.starts_with('h') && colon != std::string_view::npos && colon > 1 &&
                                text.substr(1, colon - 1).find_first_not_of("0123456789") == std::string_view::npos;
  if (is_other_version)
    refuse(
        fmt::format("the token is of version {}, and this build of heddle reads version 1; replay it with the build "
                    "that printed it",
                    text.substr(1, colon - 1)));
  if (text.empty()) refuse("the token is empty; a token begins with 'h1:'");
  refuse("this is not a token: a token begins with 'h1:'");
}

std::uint64_t checksum(std::span<const std::uint8_t> payload) {
  return XXH3_64bits(payload.data(), payload.size()) & 0xffffffffU;
}

}  // namespace

std::string seal_token(std::span<const std::uint8_t> payload) {
  ByteWriter sealed;
  sealed.varint(payload.size());
  std::vector<std::uint8_t> bytes = sealed.bytes();
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  ByteWriter check;
  check.fixed(checksum(payload), checksum_bytes);
  bytes.insert(bytes.end(), check.bytes().begin(), check.bytes().end());
  return std::string(prefix) + to_base64(bytes);
}

std::vector<std::uint8_t> unseal_token(std::string_view text) {
  text = trimmed(text);
  if (text.size() > max_token_length)
    refuse(fmt::format("the token is {} characters long, and at most {} are read", text.size(), max_token_length));
  const std::string_view digits = without_prefix(text);
  const std::vector<std::uint8_t> bytes = from_base64(digits);
  ByteReader reader(bytes);
  const std::uint64_t length = reader.varint(max_token_length, "its length");
  ByteWriter header;
  header.varint(length);
  const std::size_t expected = header.bytes().size() + length + checksum_bytes;
  if (bytes.size() < expected)
    refuse(fmt::format("the token is truncated: {} of its {} characters are there{}", text.size(),
                       prefix.size() + characters_for(expected), copy_again));
  if (bytes.size() > expected)
    refuse(fmt::format("the token is followed by something that does not belong to it, after its {} characters{}",
                       prefix.size() + characters_for(expected), copy_again));
  const std::span<const std::uint8_t> payload = std::span(bytes).subspan(header.bytes().size(), length);
  ByteReader check(std::span<const std::uint8_t>(bytes).last(checksum_bytes));
  if (check.fixed(checksum_bytes, "its checksum") != checksum(payload))
    refuse(fmt::format("the token is corrupted: its checksum does not match{}", copy_again));
  return {payload.begin(), payload.end()};
}

void ByteWriter::varint(std::uint64_t value) {
  for (; value >= 128; value >>= 7U) bytes_.push_back(static_cast<std::uint8_t>(value | 128U));
  bytes_.push_back(static_cast<std::uint8_t>(value));
}

void ByteWriter::fixed(std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) bytes_.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(8 * i)));
}

void ByteWriter::text(std::string_view text) {
  varint(text.size());
  for (const char c : text) bytes_.push_back(static_cast<std::uint8_t>(c));
}

std::uint8_t ByteReader::byte(const char* what) {
  if (bytes_.empty()) refuse(fmt::format("the token is truncated: it ends before {}{}", what, copy_again));
  const std::uint8_t value = bytes_.front();
  bytes_ = bytes_.subspan(1);
  return value;
}

std::uint64_t ByteReader::varint(std::uint64_t limit, const char* what) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte(what);
    const std::uint64_t digit = next & 127U;
    if ((shift == 63 && digit > 1) || (shift > 0 && next == 0)) break;  // too large, or one of several ways to write it
    value |= digit << shift;
    if (next >= 128) continue;
    if (value > limit)
      refuse(fmt::format("the token is malformed: {} is {}, and at most {} is possible", what, value, limit));
    return value;
  }
  refuse(fmt::format("the token is malformed: {} is not a number", what));
}

std::uint64_t ByteReader::fixed(int bytes, const char* what) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{byte(what)} << static_cast<unsigned>(8 * i);
  return value;
}

std::string ByteReader::text(std::size_t limit, const char* what) {
  const std::uint64_t length = varint(limit, what);
  if (length > bytes_.size()) refuse(fmt::format("the token is truncated: it ends within {}{}", what, copy_again));
  std::string result(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(length));
  bytes_ = bytes_.subspan(length);
  return result;
}

void ByteReader::expect_end() const {
  if (!bytes_.empty()) refuse(fmt::format("the token is malformed: {} bytes follow its end", bytes_.size()));
}

}  // namespace heddle::sim

// What a key-value server answers, in the shapes of RESP, the protocol of Redis.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::kv {

struct Reply {
  enum class Kind : std::uint8_t {
    nil,      ///< no value; also what EXEC answers when a watched key has changed
    status,   ///< "OK", "QUEUED", ...
    integer,  ///< `number`
    text,     ///< a value
    list,     ///< `list`
    error,    ///< `text` begins with a word in capitals, such as "ERR"
  };
  Kind kind = Kind::nil;
  std::int64_t number = 0;
  std::string text = {};
  std::vector<Reply> list = {};

  static Reply nil() { return {}; }
  static Reply ok() { return status("OK"); }
  static Reply status(std::string_view text) { return {.kind = Kind::status, .text = std::string(text)}; }
  static Reply integer(std::int64_t number) { return {.kind = Kind::integer, .number = number}; }
  static Reply of_text(std::string_view text) { return {.kind = Kind::text, .text = std::string(text)}; }
  static Reply of_list(std::vector<Reply> list) { return {.kind = Kind::list, .list = std::move(list)}; }
  static Reply error(std::string_view text) { return {.kind = Kind::error, .text = std::string(text)}; }

  [[nodiscard]] bool is_nil() const noexcept { return kind == Kind::nil; }
  [[nodiscard]] bool is_error() const noexcept { return kind == Kind::error; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

/// As redis-cli shows it, on one line: `(nil)`, `OK`, `(integer) 1`, `"text"`, `["a", "b"]`, `(error) ERR ...`.
[[nodiscard]] std::string to_string(const Reply& reply);

}  // namespace heddle::kv

// A command of the key-value store: what `Client`'s convenience calls build, what a text such as `SET k v NX PX 100` is
// parsed into, and what a model performs or a real server is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/kv/reply.hpp"

namespace heddle::kv {

/// The resolution of time-to-lives, as in Redis.
using Milliseconds = std::chrono::milliseconds;

enum class Verb : std::uint8_t {
  get,
  set,
  getdel,
  getex,
  append,
  strlen,
  getrange,
  setrange,
  increment,
  increment_float,
  del,
  exists,
  mget,
  mset,
  msetnx,
  type,
  expire,
  persist,
  rename,
  ttl,
  keys,
  scan,
  dbsize,
  flush,
  watch,
  unwatch,
  multi,
  exec,
  discard,
  // Scripts that are so common that they have verbs of their own.
  compare_and_delete,
  compare_and_set,
  compare_and_expire,
  acquire,
  script,
};
inline constexpr std::size_t verb_count = static_cast<std::size_t>(Verb::script) + 1;
[[nodiscard]] std::string_view to_string(Verb verb) noexcept;
/// Whether it never changes a key: then it does not matter whether a call that went unanswered has been performed.
[[nodiscard]] constexpr bool only_reads(Verb verb) noexcept {
  switch (verb) {
    case Verb::get:
    case Verb::strlen:
    case Verb::getrange:
    case Verb::exists:
    case Verb::mget:
    case Verb::type:
    case Verb::ttl:
    case Verb::keys:
    case Verb::scan:
    case Verb::dbsize:
    case Verb::watch:
    case Verb::unwatch:
    case Verb::multi:
    case Verb::discard:
      return true;
    default:
      return false;
  }
}

enum class SetIf : std::uint8_t {
  always,
  absent,   ///< NX
  present,  ///< XX
};

/// Conditions of the EXPIRE family; a key without a TTL counts as one that lives for ever.
struct ExpireIf {
  bool no_ttl = false;   ///< NX
  bool has_ttl = false;  ///< XX
  bool greater = false;  ///< GT: only if it is to live longer than it would
  bool less = false;     ///< LT
  friend bool operator==(const ExpireIf&, const ExpireIf&) = default;
};

/// What becomes of a key's TTL.
struct Expiry {
  enum class Kind : std::uint8_t {
    none,        ///< SET: the key loses its TTL. GETEX: it keeps it
    keep,        ///< KEEPTTL
    persist,     ///< PERSIST
    after,       ///< EX, PX: `amount` from now on
    at,          ///< EXAT, PXAT: `amount` since 1970
    not_a_time,  ///< what was given is not a number
  };
  Kind kind = Kind::none;
  bool in_seconds = false;
  std::int64_t amount = 0;

  static constexpr Expiry after(Milliseconds ttl) noexcept { return {Kind::after, false, ttl.count()}; }
  static constexpr Expiry at(Milliseconds since_1970) noexcept { return {Kind::at, false, since_1970.count()}; }
  static constexpr Expiry keep() noexcept { return {Kind::keep, false, 0}; }
};

/// What `ttl` reports of a key.
enum class TtlQuery : std::uint8_t { remaining_ms, remaining_seconds, deadline_ms, deadline_seconds };

struct Script;

struct Command {
  Verb verb = Verb::get;
  std::string_view key = {};       ///< of `keys` and `scan`: the pattern; of a script: its first key
  std::string_view value = {};     ///< of a script: its first argument is `more`'s, see there
  std::string_view expected = {};  ///< of `compare_and_*`: acts only if the key holds this
  std::string_view counter = {};   ///< of `acquire`: the key that counts acquisitions
  /// Further keys (`del`, `exists`, `mget`, `watch`); all keys with their values in turn (`mset`, `msetnx`); all keys
  /// and then all arguments (`script`).
  std::span<const std::string_view> more = {};
  SetIf condition = SetIf::always;
  ExpireIf expire_if = {};
  Expiry expiry = {};
  bool get_old = false;        ///< SET ... GET
  bool integer_reply = false;  ///< SETNX, RENAMENX: 1 or 0 where SET and RENAME answer OK or nil
  TtlQuery query = TtlQuery::remaining_ms;
  std::int64_t number = 1;   ///< `increment`: to add; `getrange`: start; `setrange`: offset; `script`: how many keys
  std::int64_t count = 10;   ///< `scan`: how many keys at most; `getrange`: end
  std::uint64_t cursor = 0;  ///< of `scan`
  const Script* script = nullptr;
  std::string_view name = {};   ///< as it was spelled, in lower case: errors name it
  std::string_view error = {};  ///< it could not be parsed: performing it answers this
};

/// A script: several commands performed as one. The model runs `body`, a real server runs `lua`; the two must mean the
/// same.
struct Script {
  /// Performs commands within the script, each at once.
  using Call = std::function<Reply(const Command&)>;
  using Texts = std::span<const std::string_view>;

  std::string_view name;
  std::string_view lua;  ///< KEYS and ARGV as in Redis; empty: there is only the model's
  std::function<Reply(const Call& call, Texts keys, Texts arguments)> body;
};

/// A command that outlives the texts it was made of: one that is queued, or in flight.
class OwnedCommand {
 public:
  explicit OwnedCommand(const Command& command);
  OwnedCommand(const OwnedCommand& other) : OwnedCommand(other.command()) {}
  OwnedCommand& operator=(const OwnedCommand&) = delete;
  [[nodiscard]] const Command& command() const noexcept { return command_; }

 private:
  Command command_;
  std::string text_;  // all texts, one after the other
  std::vector<std::string_view> more_;
};

using Arguments = std::span<const std::string_view>;

struct Parsed {
  Command command;          ///< its texts are those that were parsed
  std::string error = {};   ///< where `command.error` lives
  bool is_refused = false;  ///< there is no such command, or it takes another number of arguments: not even queued
};
/// Parses a command as a client would send it: `SET k v NX PX 100`. Errors are those of Redis 7.
void parse(Arguments words, Parsed& parsed);
/// The words of `command`, for a real server. Throws `sim::Error` for a script without Lua.
[[nodiscard]] std::vector<std::string> encode(const Command& command);

/// Redis's idea of a decimal integer: no blanks, no plus sign, no leading zeros.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

namespace errors {
inline constexpr std::string_view not_an_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view not_a_float = "ERR value is not a valid float";
inline constexpr std::string_view overflow = "ERR increment or decrement would overflow";
[[nodiscard]] std::string invalid_expire_time(std::string_view command);
}  // namespace errors

}  // namespace heddle::kv

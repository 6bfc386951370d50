// What code under test sees of a key-value store with time-to-live, such as Redis: one interface, so that the same code
// runs on the model and on a real server. Every call is an await. Convenience calls build a `Command`; an
// implementation performs it.
//
// On a real server `compare_and_*` and `acquire` are scripts (EVAL), the others single commands; each is atomic.
#pragma once

#include <cstdint>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/clock.hpp"

namespace heddle::kv {

using Duration = sim::Duration;

enum class Verb : std::uint8_t {
  get,
  set,
  del,
  exists,
  pttl,
  expire,
  keys,
  increment,
  compare_and_delete,
  compare_and_set,
  compare_and_expire,
  acquire,
};
[[nodiscard]] std::string_view to_string(Verb verb) noexcept;
[[nodiscard]] constexpr bool only_reads(Verb verb) noexcept {
  return verb == Verb::get || verb == Verb::exists || verb == Verb::pttl || verb == Verb::keys;
}

enum class SetIf : std::uint8_t {
  always,
  absent,   ///< NX
  present,  ///< XX
};

struct SetOptions {
  SetIf condition = SetIf::always;
  std::optional<Duration> ttl = {};  ///< more than zero; none: the key lives until it is deleted
  bool keep_ttl = false;             ///< a key that has a TTL keeps it (KEEPTTL); not together with `ttl`
};

/// What PTTL answers. Redis's -2 is `absent`, its -1 is `persistent`.
struct TimeToLive {
  enum class Kind : std::uint8_t { absent, persistent, expiring };
  Kind kind = Kind::absent;
  Duration remaining{};  ///< of an `expiring` key; may be zero
  friend bool operator==(const TimeToLive&, const TimeToLive&) = default;
};

struct Command {
  Verb verb = Verb::get;
  std::string_view key = {};  ///< of `keys`: the prefix
  std::string_view value = {};
  std::string_view expected = {};  ///< of `compare_and_*`: acts only if the key holds this
  std::string_view counter = {};   ///< of `acquire`: the key that counts acquisitions
  SetOptions set = {};
};

struct Reply {
  bool applied = false;  ///< the condition held and the write was made; of `exists`: it does
  std::optional<std::string> value = {};
  TimeToLive ttl = {};
  std::int64_t number = 0;
  std::vector<std::string> keys = {};
};

namespace detail {
[[noreturn]] void refuse_ttl(const Command& command);
}

/// Throws `sim::Error` for a command that no server would take: a TTL that is not more than zero, or one beside
/// `keep_ttl`.
inline void check_command(const Command& command) {
  if (command.set.ttl && (command.set.ttl->count() <= 0 || command.set.keep_ttl)) [[unlikely]]
    detail::refuse_ttl(command);
}

/// No answer that says what happened. Thrown by clients that can fail; the store itself never does.
class CallError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    refused,    ///< the command was not performed and never will be
    timed_out,  ///< a write may have been performed, may be performed later, or never
  };
  CallError(Kind kind, Verb verb);
  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

class Client {
 public:
  using Where = std::source_location;

  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  /// One round trip. Throws `CallError` if the client can fail, and `sim::Error` for a command that no server would
  /// take (see `check_command`).
  virtual Reply call(const Command& command, Where where) = 0;

  [[nodiscard]] std::optional<std::string> get(std::string_view key, Where where = Where::current()) {
    return call({.verb = Verb::get, .key = key}, where).value;
  }
  /// Whether the value was stored: false only if a condition did not hold. Without a TTL the key loses the one it had.
  bool set(std::string_view key, std::string_view value, const SetOptions& options = {},
           Where where = Where::current()) {
    return call({.verb = Verb::set, .key = key, .value = value, .set = options}, where).applied;
  }
  /// Whether there was such a key.
  bool del(std::string_view key, Where where = Where::current()) {
    return call({.verb = Verb::del, .key = key}, where).applied;
  }
  [[nodiscard]] bool exists(std::string_view key, Where where = Where::current()) {
    return call({.verb = Verb::exists, .key = key}, where).applied;
  }
  [[nodiscard]] TimeToLive pttl(std::string_view key, Where where = Where::current()) {
    return call({.verb = Verb::pttl, .key = key}, where).ttl;
  }
  /// Gives an existing key a new TTL, more than zero. Whether there was such a key.
  bool expire(std::string_view key, Duration ttl, Where where = Where::current()) {
    return call({.verb = Verb::expire, .key = key, .set = {.ttl = ttl}}, where).applied;
  }
  /// All keys that begin with `prefix`, sorted.
  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix, Where where = Where::current()) {
    return call({.verb = Verb::keys, .key = prefix}, where).keys;
  }
  /// Adds 1 to a decimal integer (an absent key counts as 0), keeps its TTL, and returns the sum.
  std::int64_t increment(std::string_view key, Where where = Where::current()) {
    return call({.verb = Verb::increment, .key = key}, where).number;
  }
  bool compare_and_delete(std::string_view key, std::string_view expected, Where where = Where::current()) {
    return call({.verb = Verb::compare_and_delete, .key = key, .expected = expected}, where).applied;
  }
  /// Stores `value` if the key holds `expected`; `options.condition` is not used.
  bool compare_and_set(std::string_view key, std::string_view expected, std::string_view value,
                       const SetOptions& options = {}, Where where = Where::current()) {
    return call({.verb = Verb::compare_and_set, .key = key, .value = value, .expected = expected, .set = options},
                where)
        .applied;
  }
  /// Extends a lease: a new TTL if the key still holds `expected`.
  bool compare_and_expire(std::string_view key, std::string_view expected, Duration ttl,
                          Where where = Where::current()) {
    return call({.verb = Verb::compare_and_expire, .key = key, .expected = expected, .set = {.ttl = ttl}}, where)
        .applied;
  }
  /// Takes a lease and its fencing token in one script: sets `key` if it is absent and, if so, increments `counter` and
  /// returns the sum. Tokens then rise in the order of acquisition, which two separate commands do not guarantee.
  std::optional<std::int64_t> acquire(std::string_view key, std::string_view value, Duration ttl,
                                      std::string_view counter, Where where = Where::current()) {
    const Reply reply =
        call({.verb = Verb::acquire, .key = key, .value = value, .counter = counter, .set = {.ttl = ttl}}, where);
    return reply.applied ? std::optional(reply.number) : std::nullopt;
  }
};

}  // namespace heddle::kv

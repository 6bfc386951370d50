// What code under test sees of a key-value store with time-to-lives, such as Redis: one interface, so that the same
// code runs on the model (`StoreClient`, `UnreliableClient`) and on a real server (`redis::Client`). A client is one
// connection: transactions and watched keys belong to it. Every call is an await, and is atomic.
#pragma once

#include <initializer_list>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/kv/command.hpp"

namespace heddle::kv {

struct SetOptions {
  SetIf condition = SetIf::always;
  std::optional<Milliseconds> ttl = {};  ///< more than zero; none: the key lives until it is deleted
  bool keep_ttl = false;                 ///< a key that has a TTL keeps it (KEEPTTL); not together with `ttl`
};

/// What PTTL answers. Redis's -2 is `absent`, its -1 is `persistent`.
struct TimeToLive {
  enum class Kind : std::uint8_t { absent, persistent, expiring };
  Kind kind = Kind::absent;
  Milliseconds remaining{};  ///< of an `expiring` key; may be zero
  friend bool operator==(const TimeToLive&, const TimeToLive&) = default;
};

/// The server understood and refused: its sentence, such as "ERR value is not an integer or out of range".
class ReplyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// No answer that says what happened. Thrown by clients that can fail; the store itself never does.
class CallError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    refused,    ///< the command was not performed and never will be
    timed_out,  ///< a write may have been performed, may be performed later, or never
  };
  CallError(Kind kind, const Command& command);
  CallError(Kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

namespace detail {
/// Throws `sim::Error` unless `ttl` is more than zero: a lease that has run out before it begins is a mistake.
Expiry checked_ttl(Verb verb, std::string_view key, Milliseconds ttl);
Expiry expiry_of(Verb verb, std::string_view key, const SetOptions& options);
[[noreturn]] void throw_reply_error(const Reply& reply);
}  // namespace detail

class Client {
 public:
  using Where = std::source_location;
  using Key = std::string_view;

  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  /// One round trip. An error that the server answers is a reply (`Reply::is_error`). Throws `CallError` if the client
  /// can fail.
  virtual Reply call(const Command& command, Where where) = 0;
  Reply call(const Command& command) { return call(command, Where::current()); }
  /// The same for a command in words, as a client would send it: `execute({"SET", "k", "v", "NX", "PX", "100"})`.
  virtual Reply execute(Arguments words, Where where) = 0;
  Reply execute(std::initializer_list<std::string_view> words, Where where = Where::current()) {
    return execute(Arguments(words.begin(), words.size()), where);
  }
  /// MULTI, the commands, EXEC, in one round trip. Their replies; nothing if a watched key has changed.
  virtual std::optional<std::vector<Reply>> transaction(std::span<const Command> commands, Where where) = 0;
  std::optional<std::vector<Reply>> transaction(std::initializer_list<Command> commands,
                                                Where where = Where::current()) {
    return transaction(std::span(commands.begin(), commands.size()), where);
  }

  // Each of these throws `ReplyError` when the server answers with an error.

  [[nodiscard]] std::optional<std::string> get(Key key, Where where = Where::current()) {
    return text_of(checked({.verb = Verb::get, .key = key}, where));
  }
  /// Whether the value was stored: false only if a condition did not hold. Without a TTL the key loses the one it had.
  /// Throws `sim::Error` for a TTL that is not more than zero.
  bool set(Key key, std::string_view value, const SetOptions& options = {}, Where where = Where::current()) {
    const Expiry expiry = detail::expiry_of(Verb::set, key, options);
    return !checked({.verb = Verb::set, .key = key, .value = value, .condition = options.condition, .expiry = expiry},
                    where)
                .is_nil();
  }
  /// Whether there was such a key.
  bool del(Key key, Where where = Where::current()) { return is_one({.verb = Verb::del, .key = key}, where); }
  [[nodiscard]] bool exists(Key key, Where where = Where::current()) {
    return is_one({.verb = Verb::exists, .key = key}, where);
  }
  /// GETDEL: the value that is deleted.
  std::optional<std::string> take(Key key, Where where = Where::current()) {
    return text_of(checked({.verb = Verb::getdel, .key = key}, where));
  }
  /// The new length.
  std::int64_t append(Key key, std::string_view value, Where where = Where::current()) {
    return checked({.verb = Verb::append, .key = key, .value = value}, where).number;
  }
  [[nodiscard]] TimeToLive pttl(Key key, Where where = Where::current());
  /// Gives an existing key a new TTL, more than zero. Whether that was done.
  bool expire(Key key, Milliseconds ttl, ExpireIf condition = {}, Where where = Where::current()) {
    const Expiry expiry = detail::checked_ttl(Verb::expire, key, ttl);
    return is_one({.verb = Verb::expire, .key = key, .expire_if = condition, .expiry = expiry}, where);
  }
  /// Whether the key had a TTL that it has no longer.
  bool persist(Key key, Where where = Where::current()) { return is_one({.verb = Verb::persist, .key = key}, where); }
  /// All keys that match the pattern (see glob.hpp), sorted.
  [[nodiscard]] std::vector<std::string> keys(std::string_view pattern, Where where = Where::current());
  /// The same by SCAN: several calls, each atomic, but not all together. A key that is there all the time is found;
  /// one that comes or goes meanwhile may be.
  [[nodiscard]] std::vector<std::string> scan(std::string_view pattern, std::int64_t count = 10,
                                              Where where = Where::current());
  /// Adds to a decimal integer (an absent key counts as 0), keeps its TTL, and returns the sum.
  std::int64_t increment(Key key, std::int64_t by = 1, Where where = Where::current()) {
    return checked({.verb = Verb::increment, .key = key, .number = by}, where).number;
  }
  /// The next transaction of this connection is performed only if none of these keys has changed.
  void watch(std::initializer_list<std::string_view> keys, Where where = Where::current());

  bool compare_and_delete(Key key, std::string_view expected, Where where = Where::current()) {
    return is_one({.verb = Verb::compare_and_delete, .key = key, .expected = expected}, where);
  }
  /// Stores `value` if the key holds `expected`; `options.condition` is not used.
  bool compare_and_set(Key key, std::string_view expected, std::string_view value, const SetOptions& options = {},
                       Where where = Where::current()) {
    const Expiry expiry = detail::expiry_of(Verb::compare_and_set, key, options);
    return is_one({.verb = Verb::compare_and_set, .key = key, .value = value, .expected = expected, .expiry = expiry},
                  where);
  }
  /// Extends (or shortens) a lease: a new TTL if the key still holds `expected`.
  bool compare_and_expire(Key key, std::string_view expected, Milliseconds ttl, Where where = Where::current()) {
    const Expiry expiry = detail::checked_ttl(Verb::compare_and_expire, key, ttl);
    return is_one({.verb = Verb::compare_and_expire, .key = key, .expected = expected, .expiry = expiry}, where);
  }
  /// Takes a lease and its fencing token in one script: sets `key` if it is absent and, if so, increments `counter` and
  /// returns the sum. Tokens then rise in the order of acquisition, which two separate commands do not guarantee.
  std::optional<std::int64_t> acquire(Key key, std::string_view value, Milliseconds ttl, Key counter,
                                      Where where = Where::current()) {
    const Expiry expiry = detail::checked_ttl(Verb::acquire, key, ttl);
    const Reply reply =
        checked({.verb = Verb::acquire, .key = key, .value = value, .counter = counter, .expiry = expiry}, where);
    return reply.is_nil() ? std::nullopt : std::optional(reply.number);
  }
  /// Runs a script.
  Reply run(const Script& script, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> arguments, Where where = Where::current());

 private:
  Reply checked(const Command& command, Where where) {
    Reply reply = call(command, where);
    if (reply.is_error()) [[unlikely]]
      detail::throw_reply_error(reply);
    return reply;
  }
  bool is_one(const Command& command, Where where) { return checked(command, where).number == 1; }
  static std::optional<std::string> text_of(Reply&& reply) {
    return reply.kind == Reply::Kind::text ? std::optional(std::move(reply.text)) : std::nullopt;
  }
};

}  // namespace heddle::kv

// From words to a `Command`, with the errors of Redis 7: the number of arguments first, then options from left to
// right, then numbers.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "models/kv/command.hpp"

namespace heddle::kv {
namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) noexcept {
  return std::ranges::equal(text, lower_case, [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  });
}

/// Redis prints a word up to its first NUL.
std::string_view as_c_string(std::string_view text) noexcept {
  return text.substr(0, text.find('\0'));
}

/// The words of one command, and what is made of them. The functions return an error, or nothing.
struct Parser {
  Arguments words;
  Command& command;

  using Result = std::string_view;
  static constexpr Result fine = {};

  [[nodiscard]] std::string_view word(std::size_t i) const { return words[i]; }

  Result key() {
    command.key = word(1);
    return fine;
  }
  Result keys() {
    command.key = word(1);
    command.more = words.subspan(2);
    return fine;
  }
  Result key_value() {
    command.key = word(1);
    command.value = word(2);
    return fine;
  }
  Result pairs() {
    command.key = word(1);
    command.more = words.subspan(1);
    return fine;
  }
  Result pattern() { return key(); }

  Result number_at(std::size_t i, std::int64_t& number) const {
    const auto parsed = parse_integer(word(i));
    if (!parsed) return errors::not_an_integer;
    number = *parsed;
    return fine;
  }

  Result setnx() {
    command.condition = SetIf::absent;
    command.integer_reply = true;
    return key_value();
  }
  Result renamenx() {
    command.integer_reply = true;
    return key_value();
  }
  Result getset() {
    command.get_old = true;
    return key_value();
  }
  Result set_with_time(bool in_seconds) {
    command.key = word(1);
    command.value = word(3);
    command.expiry = time(word(2), Expiry::Kind::after, in_seconds);
    return fine;
  }
  Result setex() { return set_with_time(true); }
  Result psetex() { return set_with_time(false); }

  /// A time that is no number is only complained about when it is used: GETEX looks for the key first.
  static Expiry time(std::string_view text, Expiry::Kind kind, bool in_seconds) {
    const auto amount = parse_integer(text);
    if (!amount) return {Expiry::Kind::not_a_time, in_seconds, 0};
    return {kind, in_seconds, *amount};
  }

  /// EX, PX, EXAT, PXAT with their argument; whether it was one of them.
  bool time_option(std::size_t& i, std::optional<std::size_t>& given) {
    constexpr std::array<std::string_view, 4> names = {"ex", "px", "exat", "pxat"};
    for (std::size_t kind = 0; kind < names.size(); ++kind) {
      if (!equals_ignoring_case(word(i), names[kind])) continue;
      const bool clashes = (given && given != kind) || command.expiry.kind == Expiry::Kind::keep ||
                           command.expiry.kind == Expiry::Kind::persist;
      if (clashes || i + 1 >= words.size()) return false;
      given = kind;
      command.expiry = time(word(++i), kind < 2 ? Expiry::Kind::after : Expiry::Kind::at, kind % 2 == 0);
      return true;
    }
    return false;
  }
  /// KEEPTTL or PERSIST: neither beside a time, nor beside the other.
  bool plain_expiry(std::string_view text, std::string_view name, Expiry::Kind kind,
                    const std::optional<std::size_t>& given) {
    if (given || !equals_ignoring_case(text, name)) return false;
    if (command.expiry.kind != Expiry::Kind::none && command.expiry.kind != kind) return false;
    command.expiry.kind = kind;
    return true;
  }

  Result set() {
    command.key = word(1);
    command.value = word(2);
    std::optional<std::size_t> given;
    for (std::size_t i = 3; i < words.size(); ++i) {
      const std::string_view option = word(i);
      if (equals_ignoring_case(option, "nx") && command.condition != SetIf::present) {
        command.condition = SetIf::absent;
      } else if (equals_ignoring_case(option, "xx") && command.condition != SetIf::absent) {
        command.condition = SetIf::present;
      } else if (equals_ignoring_case(option, "get")) {
        command.get_old = true;
      } else if (!plain_expiry(option, "keepttl", Expiry::Kind::keep, given) && !time_option(i, given)) {
        return errors::syntax;
      }
    }
    return fine;
  }

  Result getex() {
    command.key = word(1);
    std::optional<std::size_t> given;
    for (std::size_t i = 2; i < words.size(); ++i)
      if (!plain_expiry(word(i), "persist", Expiry::Kind::persist, given) && !time_option(i, given))
        return errors::syntax;
    return fine;
  }

  Result add(std::int64_t sign) {
    command.key = word(1);
    command.number = 1;
    if (words.size() > 2)
      if (const Result error = number_at(2, command.number); !error.empty()) return error;
    if (sign < 0 && command.number == std::numeric_limits<std::int64_t>::min()) return "ERR decrement would overflow";
    command.number *= sign;
    return fine;
  }
  Result increment() { return add(1); }
  Result decrement() { return add(-1); }

  Result getrange() {
    command.key = word(1);
    if (const Result error = number_at(2, command.number); !error.empty()) return error;
    return number_at(3, command.count);
  }
  Result setrange() {
    command.key = word(1);
    command.value = word(3);
    if (const Result error = number_at(2, command.number); !error.empty()) return error;
    return command.number < 0 ? "ERR offset is out of range" : fine;
  }

  Result expire_as(Expiry::Kind kind, bool in_seconds);
  Result expire() { return expire_as(Expiry::Kind::after, true); }
  Result pexpire() { return expire_as(Expiry::Kind::after, false); }
  Result expireat() { return expire_as(Expiry::Kind::at, true); }
  Result pexpireat() { return expire_as(Expiry::Kind::at, false); }

  Result ttl_as(TtlQuery query) {
    command.query = query;
    return key();
  }
  Result ttl() { return ttl_as(TtlQuery::remaining_seconds); }
  Result pttl() { return ttl_as(TtlQuery::remaining_ms); }
  Result expiretime() { return ttl_as(TtlQuery::deadline_seconds); }
  Result pexpiretime() { return ttl_as(TtlQuery::deadline_ms); }

  bool cursor();
  Result scan();
  Result flush() {
    if (words.size() == 1) return fine;
    const bool is_known = equals_ignoring_case(word(1), "sync") || equals_ignoring_case(word(1), "async");
    return is_known && words.size() == 2 ? fine : errors::syntax;
  }

  std::string own_error = {};  ///< an error that is not a constant
};

Parser::Result Parser::expire_as(Expiry::Kind kind, bool in_seconds) {
  command.key = word(1);
  ExpireIf& condition = command.expire_if;
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (equals_ignoring_case(word(i), "nx")) {
      condition.no_ttl = true;
    } else if (equals_ignoring_case(word(i), "xx")) {
      condition.has_ttl = true;
    } else if (equals_ignoring_case(word(i), "gt")) {
      condition.greater = true;
    } else if (equals_ignoring_case(word(i), "lt")) {
      condition.less = true;
    } else {
      own_error = fmt::format("ERR Unsupported option {}", as_c_string(word(i)));
      return own_error;
    }
  }
  if (condition.no_ttl && (condition.has_ttl || condition.greater || condition.less))
    return "ERR NX and XX, GT or LT options at the same time are not compatible";
  if (condition.greater && condition.less) return "ERR GT and LT options at the same time are not compatible";
  command.expiry = time(word(2), kind, in_seconds);
  return command.expiry.kind == Expiry::Kind::not_a_time ? errors::not_an_integer : fine;
}

/// As strtoul reads it: an optional sign, and a minus wraps around.
bool Parser::cursor() {
  std::string_view digits = word(1);
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() && !word(1).empty()) return false;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    number = number * 10 + digit;
  }
  command.cursor = negative ? 0 - number : number;
  return true;
}

Parser::Result Parser::scan() {
  command.key = "*";
  if (!cursor()) return "ERR invalid cursor";
  for (std::size_t i = 2; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return errors::syntax;
    if (equals_ignoring_case(word(i), "count")) {
      if (const Result error = number_at(i + 1, command.count); !error.empty()) return error;
      if (command.count < 1) return errors::syntax;
    } else if (equals_ignoring_case(word(i), "match")) {
      command.key = word(i + 1);
    } else if (equals_ignoring_case(word(i), "type")) {
      command.value =
          word(i + 1).empty() ? "none" : word(i + 1);  // an empty one would be none given; no key is of either
    } else {
      return errors::syntax;
    }
  }
  return fine;
}

struct Known {
  std::string_view name;
  int arity;  ///< with the name itself; negative: at least so many
  Verb verb;
  Parser::Result (Parser::*parse)();
};

constexpr Known known_commands[] = {
    {"append", 3, Verb::append, &Parser::key_value},
    {"dbsize", 1, Verb::dbsize, nullptr},
    {"decr", 2, Verb::increment, &Parser::decrement},
    {"decrby", 3, Verb::increment, &Parser::decrement},
    {"del", -2, Verb::del, &Parser::keys},
    {"discard", 1, Verb::discard, nullptr},
    {"exec", 1, Verb::exec, nullptr},
    {"exists", -2, Verb::exists, &Parser::keys},
    {"expire", -3, Verb::expire, &Parser::expire},
    {"expireat", -3, Verb::expire, &Parser::expireat},
    {"expiretime", 2, Verb::ttl, &Parser::expiretime},
    {"flushall", -1, Verb::flush, &Parser::flush},
    {"flushdb", -1, Verb::flush, &Parser::flush},
    {"get", 2, Verb::get, &Parser::key},
    {"getdel", 2, Verb::getdel, &Parser::key},
    {"getex", -2, Verb::getex, &Parser::getex},
    {"getrange", 4, Verb::getrange, &Parser::getrange},
    {"getset", 3, Verb::set, &Parser::getset},
    {"incr", 2, Verb::increment, &Parser::increment},
    {"incrbyfloat", 3, Verb::increment_float, &Parser::key_value},
    {"incrby", 3, Verb::increment, &Parser::increment},
    {"keys", 2, Verb::keys, &Parser::pattern},
    {"mget", -2, Verb::mget, &Parser::keys},
    {"mset", -3, Verb::mset, &Parser::pairs},
    {"msetnx", -3, Verb::msetnx, &Parser::pairs},
    {"multi", 1, Verb::multi, nullptr},
    {"persist", 2, Verb::persist, &Parser::key},
    {"pexpire", -3, Verb::expire, &Parser::pexpire},
    {"pexpireat", -3, Verb::expire, &Parser::pexpireat},
    {"pexpiretime", 2, Verb::ttl, &Parser::pexpiretime},
    {"psetex", 4, Verb::set, &Parser::psetex},
    {"pttl", 2, Verb::ttl, &Parser::pttl},
    {"rename", 3, Verb::rename, &Parser::key_value},
    {"renamenx", 3, Verb::rename, &Parser::renamenx},
    {"scan", -2, Verb::scan, &Parser::scan},
    {"set", -3, Verb::set, &Parser::set},
    {"setex", 4, Verb::set, &Parser::setex},
    {"setnx", 3, Verb::set, &Parser::setnx},
    {"setrange", 4, Verb::setrange, &Parser::setrange},
    {"strlen", 2, Verb::strlen, &Parser::key},
    {"substr", 4, Verb::getrange, &Parser::getrange},
    {"touch", -2, Verb::exists, &Parser::keys},
    {"ttl", 2, Verb::ttl, &Parser::ttl},
    {"type", 2, Verb::type, &Parser::key},
    {"unlink", -2, Verb::del, &Parser::keys},
    {"unwatch", 1, Verb::unwatch, nullptr},
    {"watch", -2, Verb::watch, &Parser::keys},
};

std::string unknown_command(Arguments words) {
  constexpr std::size_t longest = 128;
  std::string arguments;
  for (std::size_t i = 1; i < words.size() && arguments.size() < longest; ++i)
    arguments += fmt::format("'{}' ", as_c_string(words[i]).substr(0, longest - arguments.size()));
  return fmt::format("ERR unknown command '{}', with args beginning with: {}", as_c_string(words[0]).substr(0, longest),
                     arguments);
}

bool takes(const Known& known, std::size_t words) {
  return known.arity >= 0 ? words == static_cast<std::size_t>(known.arity)
                          : words >= static_cast<std::size_t>(-known.arity);
}

std::string wrong_number(std::string_view name) {
  return fmt::format("ERR wrong number of arguments for '{}' command", name);
}

}  // namespace

void parse(Arguments words, Parsed& parsed) {
  parsed.command = {};
  parsed.error.clear();
  parsed.is_refused = true;
  const auto* const known = std::ranges::find_if(
      known_commands, [&](const Known& k) { return !words.empty() && equals_ignoring_case(words[0], k.name); });
  if (words.empty()) {
    parsed.error = "ERR there is no command";
  } else if (known == std::end(known_commands)) {
    parsed.error = unknown_command(words);
  } else if (!takes(*known, words.size())) {
    parsed.command.verb = known->verb;
    parsed.error = wrong_number(known->name);
  } else {
    parsed.is_refused = false;
    parsed.command.verb = known->verb;
    parsed.command.name = known->name;
    Parser parser{words, parsed.command};
    if (known->parse != nullptr) parsed.error = (parser.*known->parse)();
    const bool is_pairs = known->verb == Verb::mset || known->verb == Verb::msetnx;
    if (is_pairs && parsed.command.more.size() % 2 != 0) parsed.error = wrong_number(known->name);
  }
  parsed.command.error = parsed.error;
}

}  // namespace heddle::kv

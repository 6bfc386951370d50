// What commands do with values.
#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "models/kv/store.hpp"

namespace heddle::kv {

using sim::Access;

namespace {

Reply flag(bool value) {
  return Reply::integer(value ? 1 : 0);
}

/// GETRANGE's: positions from the end are negative, and what lies outside is cut off.
std::string_view slice(std::string_view value, std::int64_t start, std::int64_t end) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (start < 0 && end < 0 && start > end) return {};
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (end < 0) end = std::max<std::int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end || size == 0) return {};
  return value.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

/// As Redis reads a long double: the whole text, without leading blanks; "inf" and hexadecimal are numbers, NaN is not.
std::optional<long double> parse_float(std::string_view text) {
  constexpr std::size_t longest = 5 * 1024;
  const std::string copy(text);
  if (text.empty() || text.size() >= longest || std::isspace(static_cast<unsigned char>(text.front())) != 0)
    return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const long double number = std::strtold(copy.c_str(), &end);
  const bool is_out_of_range =
      errno == ERANGE && (number == HUGE_VALL || number == -HUGE_VALL || std::fpclassify(number) == FP_ZERO);
  if (end != copy.c_str() + copy.size() || is_out_of_range || errno == EINVAL || std::isnan(number))
    return std::nullopt;
  return number;
}

/// As Redis writes it: 17 digits after the point, without zeros at the end.
std::string float_text(long double number) {
  char digits[5 * 1024];  // the largest long double has 4933 digits
  std::string text(digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%.17Lf", number)));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

}  // namespace

Reply Store::apply(const Command& command, Entry& entry) {
  if (!command.error.empty()) [[unlikely]]
    return Reply::error(command.error);
  switch (command.verb) {
    case Verb::get:
    case Verb::strlen:
    case Verb::getrange:
    case Verb::type:
      return read(command, entry);
    case Verb::set:
      return set(command, entry);
    case Verb::getdel:
      return getdel(entry);
    case Verb::getex:
      return getex(command, entry);
    case Verb::append:
      return append(command, entry);
    case Verb::setrange:
      return setrange(command, entry);
    case Verb::increment:
      return increment(entry, command.number);
    case Verb::increment_float:
      return increment_float(command, entry);
    case Verb::rename:
      return rename(command, entry);
    case Verb::del:
      return del(command);
    case Verb::exists:
      return exists(command);
    case Verb::mget:
      return mget(command);
    case Verb::mset:
      return mset(command);
    case Verb::msetnx:
      return msetnx(command);
    case Verb::expire:
      return expire(command, entry);
    case Verb::persist:
      return persist(entry);
    case Verb::ttl:
      return time_to_live(command, entry);
    case Verb::keys:
      return keys(command.key);
    case Verb::scan:
      return scan(command);
    case Verb::dbsize:
      return dbsize();
    case Verb::flush:
      return flush();
    case Verb::compare_and_delete:
    case Verb::compare_and_set:
    case Verb::compare_and_expire:
      return compare(command, entry);
    case Verb::acquire:
      return acquire(command, entry);
    case Verb::script:
      return run_script(command);
    case Verb::watch:
    case Verb::unwatch:
    case Verb::multi:
    case Verb::exec:
    case Verb::discard:
      break;
  }
  return Reply::error(fmt::format("ERR '{}' belongs to a connection, not to a script", to_string(command.verb)));
}

Reply Store::read(const Command& command, const Entry& entry) {
  execution_.touch(entry.object, Access::read);
  execution_.note([&] { return entry.present ? fmt::format("= {}", entry.value()) : "absent"; });
  const std::string_view value = entry.present ? entry.value() : std::string_view();
  switch (command.verb) {
    case Verb::strlen:
      return Reply::integer(static_cast<std::int64_t>(value.size()));
    case Verb::getrange:
      return Reply::of_text(slice(value, command.number, command.count));
    case Verb::type:
      return Reply::status(entry.present ? "string" : "none");
    default:
      return entry.present ? Reply::of_text(value) : Reply::nil();
  }
}

Reply Store::set(const Command& command, Entry& entry) {
  const Expiry::Kind kind = command.expiry.kind;
  if (kind == Expiry::Kind::not_a_time) return Reply::error(errors::not_an_integer);
  const bool has_time = kind == Expiry::Kind::after || kind == Expiry::Kind::at;
  if (has_time && !is_valid(command.expiry)) [[unlikely]]
    return Reply::error(errors::invalid_expire_time(command.name.empty() ? "set" : command.name));
  Reply old;
  if (command.get_old && entry.present) old = Reply::of_text(entry.value());
  if (command.condition != SetIf::always && entry.present != (command.condition == SetIf::present)) {
    not_applied(entry);
    if (entry.present) tell_refusal(entry);
    return command.integer_reply ? flag(false) : old;
  }
  write(entry, command.value, command.expiry);
  if (command.integer_reply) return flag(true);
  return command.get_old ? old : Reply::ok();
}

Reply Store::getdel(Entry& entry) {
  if (!entry.present) {
    not_applied(entry);
    return Reply::nil();
  }
  Reply reply = Reply::of_text(entry.value());
  remove(entry, false);
  return reply;
}

Reply Store::getex(const Command& command, Entry& entry) {
  const Expiry& expiry = command.expiry;
  execution_.touch(entry.object, Access::read);
  if (!entry.present) return Reply::nil();
  execution_.note([&] { return fmt::format("= {}", entry.value()); });
  Reply reply = Reply::of_text(entry.value());
  switch (expiry.kind) {
    case Expiry::Kind::none:
    case Expiry::Kind::keep:
      break;
    case Expiry::Kind::persist:
      if (entry.expires) change_deadline(entry, std::nullopt);
      break;
    case Expiry::Kind::not_a_time:
      return Reply::error(errors::not_an_integer);
    case Expiry::Kind::after:
    case Expiry::Kind::at: {
      if (!is_valid(expiry)) return Reply::error(errors::invalid_expire_time("getex"));
      const Deadline deadline = deadline_of(expiry);
      if (deadline.has_passed) {
        remove(entry, false);
      } else {
        change_deadline(entry, deadline.at);
      }
    }
  }
  return reply;
}

Reply Store::append(const Command& command, Entry& entry) {
  const std::string value =
      std::string(entry.present ? entry.value() : std::string_view()) + std::string(command.value);
  write_keeping_ttl(entry, value);
  return Reply::integer(static_cast<std::int64_t>(value.size()));
}

Reply Store::setrange(const Command& command, Entry& entry) {
  constexpr std::int64_t longest = 512 * 1024 * 1024;
  std::string value(entry.present ? entry.value() : std::string_view());
  if (command.value.empty()) {
    execution_.touch(entry.object, Access::read);
    return Reply::integer(static_cast<std::int64_t>(value.size()));
  }
  const auto offset = static_cast<std::size_t>(command.number);
  if (command.number > longest || offset + command.value.size() > static_cast<std::size_t>(longest)) {
    execution_.touch(entry.object, Access::read);
    return Reply::error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  if (value.size() < offset + command.value.size()) value.resize(offset + command.value.size());
  value.replace(offset, command.value.size(), command.value);
  write_keeping_ttl(entry, value);
  return Reply::integer(static_cast<std::int64_t>(value.size()));
}

Reply Store::increment(Entry& entry, std::int64_t by) {
  std::int64_t sum = 0;
  if (entry.present) {
    const auto number = parse_integer(entry.value());
    if (!number) {
      not_applied(entry);
      return Reply::error(errors::not_an_integer);
    }
    sum = *number;
  }
  if (__builtin_add_overflow(sum, by, &sum)) {
    not_applied(entry);
    return Reply::error(errors::overflow);
  }
  char text[24];
  char* const end = std::to_chars(text, text + sizeof(text), sum).ptr;
  write_keeping_ttl(entry, {text, static_cast<std::size_t>(end - text)});
  return Reply::integer(sum);
}

Reply Store::increment_float(const Command& command, Entry& entry) {
  const auto value = parse_float(entry.present ? entry.value() : std::string_view("0"));
  const auto by = parse_float(command.value);
  if (!value || !by) {
    not_applied(entry);
    return Reply::error(errors::not_a_float);
  }
  const long double sum = *value + *by;
  if (std::isnan(sum) || std::isinf(sum)) {
    not_applied(entry);
    return Reply::error("ERR increment would produce NaN or Infinity");
  }
  const std::string text = float_text(sum);
  write_keeping_ttl(entry, text);
  return Reply::of_text(text);
}

Reply Store::compare(const Command& command, Entry& entry) {
  if (!entry.holds(command.expected)) {
    not_applied(entry);
    return flag(false);
  }
  if (command.verb == Verb::compare_and_delete) {
    remove(entry, false);
    return flag(true);
  }
  if (command.verb == Verb::compare_and_expire) return expire(command, entry);
  write(entry, command.value, command.expiry);
  return flag(true);
}

Reply Store::acquire(const Command& command, Entry& entry) {
  if (entry.present) {
    not_applied(entry);
    tell_refusal(entry);
    return Reply::nil();
  }
  Reply reply = increment(entry_of(command.counter), 1);
  if (!reply.is_error()) write(entry, command.value, command.expiry);
  return reply;
}

Reply Store::run_script(const Command& command) {
  const auto keys = static_cast<std::size_t>(command.number);
  const Script::Call call = [this](const Command& inner) { return apply(inner); };
  return command.script->body(call, command.more.first(keys), command.more.subspan(keys));
}

}  // namespace heddle::kv

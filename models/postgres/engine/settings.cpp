#include "models/postgres/engine/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void invalid(const std::string& name, const std::string& value) {
  throw SqlError(sqlstate::invalid_parameter_value, "invalid value for parameter \"" + name + "\": \"" + value + "\"");
}

struct Unit {
  std::string_view name;
  std::int64_t size;  ///< in milliseconds
};
/// From the largest, as the server chooses one to show a value in.
constexpr std::array<Unit, 5> units = {{{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}}};

milliseconds parse_duration(const std::string& name, const std::string& text) {
  constexpr std::size_t most_digits = 15;
  const bool is_negative = text.starts_with('-');
  std::size_t end = is_negative ? 1 : 0;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
  const std::size_t digits = end - (is_negative ? 1 : 0);
  if (digits == 0 || digits > most_digits) invalid(name, text);
  std::int64_t number = std::stoll(text.substr(0, end));
  std::string unit = text.substr(end);
  std::erase(unit, ' ');
  if (!unit.empty()) {
    const auto* const found = std::ranges::find(units, std::string_view(unit), &Unit::name);
    if (found == units.end()) invalid(name, text);
    number = std::clamp<std::int64_t>(number, -(std::int64_t{1} << 33), std::int64_t{1} << 33) * found->size;
  }
  const std::int64_t least = name == "deadlock_timeout" ? 1 : 0;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  if (number < least || number > most)
    throw SqlError(sqlstate::invalid_parameter_value,
                   std::to_string(number) + " ms is outside the valid range for parameter \"" + name + "\" (" +
                       std::to_string(least) + " .. " + std::to_string(most) + ")");
  return milliseconds(number);
}

std::string show_duration(milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0";
  const auto* const unit = std::ranges::find_if(units, [&](const Unit& each) { return count % each.size == 0; });
  return std::to_string(count / unit->size) + std::string(unit->name);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Isolation parse_isolation(const std::string& name, const std::string& text) {
  const std::string value = lower_case(text);
  if (value == "serializable") return Isolation::serializable;
  if (value == "repeatable read") return Isolation::repeatable_read;
  if (value == "read committed" || value == "read uncommitted") return Isolation::read_committed;
  invalid(name, text);
}

bool parse_boolean(const std::string& name, const std::string& text) {
  const std::string value = lower_case(text);
  for (const char* yes : {"on", "true", "yes", "1"})
    if (value == yes) return true;
  for (const char* no : {"off", "false", "no", "0"})
    if (value == no) return false;
  throw SqlError(sqlstate::invalid_parameter_value, "parameter \"" + name + "\" requires a Boolean value");
}

std::string show_isolation(Isolation isolation) {
  switch (isolation) {
    case Isolation::read_committed:
      return "read committed";
    case Isolation::repeatable_read:
      return "repeatable read";
    case Isolation::serializable:
      break;
  }
  return "serializable";
}

/// Of the server's own business, not seen from outside: accepted, and without effect.
bool is_ignored(const std::string& name) {
  constexpr std::array<std::string_view, 6> names = {"client_min_messages", "application_name",
                                                     "enable_seqscan",      "enable_indexscan",
                                                     "enable_bitmapscan",   "idle_in_transaction_session_timeout"};
  return std::ranges::find(names, name) != names.end();
}

void apply(Settings& settings, const ast::SetCommand& command) {
  static const Settings defaults;
  const std::string& name = command.name;
  if (is_ignored(name)) return;
  if (name == "default_transaction_isolation") {
    settings.default_isolation = command.to_default ? defaults.default_isolation : parse_isolation(name, command.value);
    return;
  }
  if (name == "default_transaction_read_only") {
    settings.default_read_only = command.to_default ? defaults.default_read_only : parse_boolean(name, command.value);
    return;
  }
  milliseconds Settings::* setting = nullptr;
  if (name == "lock_timeout") setting = &Settings::lock_timeout;
  if (name == "statement_timeout") setting = &Settings::statement_timeout;
  if (name == "deadlock_timeout") setting = &Settings::deadlock_timeout;
  if (setting == nullptr)
    throw SqlError(sqlstate::feature_not_supported, "SET " + name + " is not supported by the model");
  settings.*setting = command.to_default ? defaults.*setting : parse_duration(name, command.value);
}

}  // namespace

std::optional<TransactionModes> transaction_modes(const ast::SetCommand& command) {
  if (command.to_default) return std::nullopt;
  if (command.name == "transaction_isolation")
    return TransactionModes{parse_isolation(command.name, command.value), std::nullopt};
  if (command.name == "transaction_read_only")
    return TransactionModes{std::nullopt, parse_boolean(command.name, command.value)};
  return std::nullopt;
}

void check_setting(const ast::SetCommand& command) {
  if (transaction_modes(command)) return;
  Settings unused;
  apply(unused, command);
}

void change_setting(Session& session, const ast::SetCommand& command) {
  if (session.tx == no_tx) {
    apply(session.session_settings, command);
    return;
  }
  apply(session.settings, command);
  if (!command.local) apply(session.kept_settings, command);
}

void set_defaults(Session& session, std::optional<Isolation> isolation, std::optional<bool> read_only) {
  const auto set = [&](Settings& settings) {
    if (isolation) settings.default_isolation = *isolation;
    if (read_only) settings.default_read_only = *read_only;
  };
  if (session.tx == no_tx) {
    set(session.session_settings);
    return;
  }
  set(session.settings);
  set(session.kept_settings);
}

std::string show_setting(const Session& session, const std::string& name) {
  const bool in_transaction = session.tx != no_tx;
  const Settings& settings = in_transaction ? session.settings : session.session_settings;
  if (name == "transaction_isolation")
    return show_isolation(in_transaction ? settings.isolation : settings.default_isolation);
  if (name == "default_transaction_isolation") return show_isolation(settings.default_isolation);
  if (name == "transaction_read_only")
    return (in_transaction ? settings.read_only : settings.default_read_only) ? "on" : "off";
  if (name == "default_transaction_read_only") return settings.default_read_only ? "on" : "off";
  if (name == "lock_timeout") return show_duration(settings.lock_timeout);
  if (name == "deadlock_timeout") return show_duration(settings.deadlock_timeout);
  if (name == "statement_timeout") return show_duration(settings.statement_timeout);
  throw SqlError(sqlstate::feature_not_supported, "SHOW " + name + " is not supported by the model");
}

}  // namespace heddle::pg

#include "models/postgres/engine/settings.hpp"

#include <algorithm>
#include <cctype>

#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

using std::chrono::milliseconds;

[[noreturn]] void invalid(const std::string& name, const std::string& value) {
  throw SqlError(sqlstate::invalid_parameter_value, "invalid value for parameter \"" + name + "\": \"" + value + "\"");
}

milliseconds parse_duration(const std::string& name, const std::string& text) {
  constexpr std::size_t most_digits = 9;
  std::size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])) != 0) ++digits;
  if (digits == 0 || digits > most_digits) invalid(name, text);
  const std::int64_t number = std::stoll(text.substr(0, digits));
  std::string unit = text.substr(digits);
  std::erase(unit, ' ');
  if (unit.empty() || unit == "ms") return milliseconds(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "min") return std::chrono::minutes(number);
  if (unit == "h") return std::chrono::hours(number);
  invalid(name, text);
}

std::string show_duration(milliseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0";
  if (count % 60000 == 0) return std::to_string(count / 60000) + "min";
  if (count % 1000 == 0) return std::to_string(count / 1000) + "s";
  return std::to_string(count) + "ms";
}

Isolation parse_isolation(const std::string& name, const std::string& value) {
  if (value == "serializable") return Isolation::serializable;
  if (value == "repeatable read") return Isolation::repeatable_read;
  if (value == "read committed" || value == "read uncommitted") return Isolation::read_committed;
  invalid(name, value);
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

}  // namespace

void change_setting(Session& session, const ast::SetCommand& command) {
  const std::string& name = command.name;
  // Of the server's own business, not seen from outside: accepted, and without effect.
  for (const char* ignored : {"client_min_messages", "application_name", "enable_seqscan", "enable_indexscan",
                              "enable_bitmapscan", "idle_in_transaction_session_timeout"})
    if (name == ignored) return;
  if (command.to_default && name == "default_transaction_isolation") {
    session.session_settings.isolation = Isolation::read_committed;
    return;
  }
  if (name == "default_transaction_read_only") {
    if (command.value != "on" && command.value != "off") invalid(name, command.value);
    session.session_settings.read_only = command.value == "on";
    return;
  }
  if (name == "transaction_isolation" && session.in_block && !session.ran_query) {
    session.settings.isolation = parse_isolation(name, command.value);
    return;
  }
  if (name == "default_transaction_isolation") {
    session.session_settings.isolation = parse_isolation(name, command.value);
    return;
  }
  milliseconds Settings::* setting = nullptr;
  if (name == "lock_timeout") setting = &Settings::lock_timeout;
  if (name == "statement_timeout") setting = &Settings::statement_timeout;
  if (name == "deadlock_timeout") setting = &Settings::deadlock_timeout;
  if (setting == nullptr)
    throw SqlError(sqlstate::feature_not_supported, "SET " + name + " is not supported by the model");
  const milliseconds duration = command.to_default ? milliseconds(0) : parse_duration(name, command.value);
  if (!session.in_block) {
    if (!command.local) {
      session.session_settings.*setting = duration;
    } else {
      session.notices.push_back(
          {"WARNING", sqlstate::no_active_sql_transaction, "SET LOCAL can only be used in transaction blocks"});
    }
    return;
  }
  session.settings.*setting = duration;
  if (!command.local) session.kept_settings.*setting = duration;
}

std::string show_setting(const Session& session, const std::string& name) {
  const Settings& settings = session.in_block ? session.settings : session.session_settings;
  if (name == "transaction_isolation") return show_isolation(settings.isolation);
  if (name == "default_transaction_isolation") return show_isolation(session.session_settings.isolation);
  if (name == "transaction_read_only") return settings.read_only ? "on" : "off";
  if (name == "lock_timeout") return show_duration(settings.lock_timeout);
  if (name == "deadlock_timeout") return show_duration(settings.deadlock_timeout);
  if (name == "statement_timeout") return show_duration(settings.statement_timeout);
  throw SqlError(sqlstate::feature_not_supported, "SHOW " + name + " is not supported by the model");
}

void keep_settings(Session& session) {
  session.session_settings.lock_timeout = session.kept_settings.lock_timeout;
  session.session_settings.statement_timeout = session.kept_settings.statement_timeout;
  session.session_settings.deadlock_timeout = session.kept_settings.deadlock_timeout;
}

}  // namespace heddle::pg

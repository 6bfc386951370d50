#include "models/kv/command.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "sim/core/error.hpp"

namespace heddle::kv {
namespace {

constexpr std::array<std::string_view, verb_count> verb_names = {"get",
                                                                 "set",
                                                                 "getdel",
                                                                 "getex",
                                                                 "append",
                                                                 "strlen",
                                                                 "getrange",
                                                                 "setrange",
                                                                 "increment",
                                                                 "increment_float",
                                                                 "del",
                                                                 "exists",
                                                                 "mget",
                                                                 "mset",
                                                                 "msetnx",
                                                                 "type",
                                                                 "expire",
                                                                 "persist",
                                                                 "rename",
                                                                 "ttl",
                                                                 "keys",
                                                                 "scan",
                                                                 "dbsize",
                                                                 "flush",
                                                                 "watch",
                                                                 "unwatch",
                                                                 "multi",
                                                                 "exec",
                                                                 "discard",
                                                                 "compare_and_delete",
                                                                 "compare_and_set",
                                                                 "compare_and_expire",
                                                                 "acquire",
                                                                 "script"};

}  // namespace

std::string_view to_string(Verb verb) noexcept {
  return verb_names[static_cast<std::size_t>(verb)];
}

std::string errors::invalid_expire_time(std::string_view command) {
  return fmt::format("ERR invalid expire time in '{}' command", command);
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.front() == '0' && text != "0")) return std::nullopt;
  std::int64_t number = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

OwnedCommand::OwnedCommand(const Command& command) : command_(command) {
  constexpr std::string_view Command::* texts[] = {&Command::key,     &Command::value, &Command::expected,
                                                   &Command::counter, &Command::name,  &Command::error};
  std::size_t size = 0;
  for (const auto text : texts) size += (command.*text).size();
  for (const std::string_view text : command.more) size += text.size();
  text_.reserve(size);
  const auto keep = [this](std::string_view text) {
    const std::size_t start = text_.size();
    text_ += text;
    return std::string_view(text_).substr(start);
  };
  // `text_` never grows beyond what was reserved, but a short one lives in this object: that is why it does not move.
  for (const auto text : texts) command_.*text = keep(command.*text);
  for (const std::string_view text : command.more) more_.push_back(keep(text));
  command_.more = more_;
}

}  // namespace heddle::kv

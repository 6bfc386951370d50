#include "models/kv/client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/error.hpp"

namespace heddle::kv {

namespace {

std::string describe(CallError::Kind kind, const Command& command) {
  const std::string call = command.key.empty() ? fmt::format("kv.{}", to_string(command.verb))
                                               : fmt::format("kv.{} of '{}'", to_string(command.verb), command.key);
  return call + (kind == CallError::Kind::refused ? " was refused: it has not been performed"
                                                  : " timed out: whether it has been performed is unknown");
}

}  // namespace

CallError::CallError(Kind kind, const Command& command) : CallError(kind, describe(kind, command)) {}

namespace detail {

Expiry checked_ttl(Verb verb, std::string_view key, Milliseconds ttl) {
  if (ttl.count() <= 0)
    throw sim::Error(sim::ErrorCode::usage,
                     fmt::format("kv.{} of '{}' has a TTL of {} ms; a TTL is more than zero (use del to remove a key)",
                                 to_string(verb), key, ttl.count()));
  return Expiry::after(ttl);
}

Expiry expiry_of(Verb verb, std::string_view key, const SetOptions& options) {
  if (options.ttl && options.keep_ttl)
    throw sim::Error(sim::ErrorCode::usage,
                     fmt::format("kv.{} of '{}' asks for a TTL and for keeping the old one; give one of the two",
                                 to_string(verb), key));
  if (options.keep_ttl) return Expiry::keep();
  return options.ttl ? checked_ttl(verb, key, *options.ttl) : Expiry{};
}

void throw_reply_error(const Reply& reply) {
  throw ReplyError(reply.text);
}

}  // namespace detail

TimeToLive Client::pttl(Key key, Where where) {
  const std::int64_t answer = checked({.verb = Verb::ttl, .key = key}, where).number;
  if (answer == -2) return {};
  if (answer == -1) return {TimeToLive::Kind::persistent, {}};
  return {TimeToLive::Kind::expiring, Milliseconds(answer)};
}

std::vector<std::string> Client::keys(std::string_view pattern, Where where) {
  Reply reply = checked({.verb = Verb::keys, .key = pattern}, where);
  std::vector<std::string> names;
  names.reserve(reply.list.size());
  for (Reply& name : reply.list) names.push_back(std::move(name.text));
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> Client::scan(std::string_view pattern, std::int64_t count, Where where) {
  std::vector<std::string> names;
  std::uint64_t cursor = 0;
  do {
    Reply reply = checked({.verb = Verb::scan, .key = pattern, .count = count, .cursor = cursor}, where);
    if (reply.kind != Reply::Kind::list) break;  // the execution has ended
    for (Reply& name : reply.list[1].list) names.push_back(std::move(name.text));
    cursor = std::stoull(reply.list[0].text);
  } while (cursor != 0);
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

void Client::watch(std::initializer_list<std::string_view> keys, Where where) {
  if (keys.size() == 0) return;
  checked({.verb = Verb::watch, .key = *keys.begin(), .more = {keys.begin() + 1, keys.size() - 1}}, where);
}

Reply Client::run(const Script& script, std::initializer_list<std::string_view> keys,
                  std::initializer_list<std::string_view> arguments, Where where) {
  std::vector<std::string_view> texts(keys);
  texts.insert(texts.end(), arguments);
  return checked({.verb = Verb::script,
                  .key = keys.size() > 0 ? *keys.begin() : std::string_view(),
                  .more = texts,
                  .number = static_cast<std::int64_t>(keys.size()),
                  .script = &script},
                 where);
}

}  // namespace heddle::kv

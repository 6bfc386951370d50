#include "models/kv/session.hpp"

#include <algorithm>

namespace heddle::kv {

using sim::Access;

Reply Session::perform(const Command& command, Store::Entry& entry, bool is_refused) {
  if (is_refused) return refuse(command);
  switch (command.verb) {
    case Verb::multi:
      if (in_multi_) return Reply::error("ERR MULTI calls can not be nested");
      in_multi_ = true;
      return Reply::ok();
    case Verb::exec:
      return exec();
    case Verb::discard:
      if (!in_multi_) return Reply::error("ERR DISCARD without MULTI");
      forget();
      return Reply::ok();
    case Verb::watch:
      return in_multi_ ? Reply::error("ERR WATCH inside MULTI is not allowed") : watch(command);
    default:
      break;
  }
  if (in_multi_) {
    queued_.emplace_back(command);
    return Reply::status("QUEUED");
  }
  if (command.verb == Verb::unwatch) {
    watched_.clear();
    return Reply::ok();
  }
  return store_.apply(command, entry);
}

Reply Session::refuse(const Command& command) {
  if (command.verb == Verb::exec) {
    forget();
    constexpr std::size_t code = 4;  // "ERR "
    return Reply::error("EXECABORT Transaction discarded because of: " + std::string(command.error.substr(code)));
  }
  is_spoilt_ = in_multi_;
  return Reply::error(command.error);
}

Reply Session::watch(const Command& command) {
  const auto add = [this](std::string_view key) {
    Store::Entry& entry = store_.entry_of(key);
    store_.execution().touch(entry.object, Access::read);
    if (std::ranges::find(watched_, &entry, &Watched::entry) == watched_.end())
      watched_.push_back({&entry, entry.version});
  };
  add(command.key);
  for (const std::string_view key : command.more) add(key);
  return Reply::ok();
}

bool Session::watched_has_changed() {
  for (const Watched& watched : watched_) store_.execution().touch(watched.entry->object, Access::read);
  return std::ranges::any_of(watched_, [](const Watched& w) { return w.entry->version != w.version; });
}

void Session::forget() {
  in_multi_ = is_spoilt_ = false;
  queued_.clear();
  watched_.clear();
}

Reply Session::exec() {
  if (!in_multi_) return Reply::error("ERR EXEC without MULTI");
  Reply reply;
  if (is_spoilt_) {
    reply = Reply::error("EXECABORT Transaction discarded because of previous errors.");
  } else if (!watched_has_changed()) {
    reply.kind = Reply::Kind::list;
    for (const OwnedCommand& queued : queued_) {
      const bool is_unwatch = queued.command().verb == Verb::unwatch;
      reply.list.push_back(is_unwatch ? Reply::ok() : store_.apply(queued.command()));
    }
  }
  forget();
  return reply;
}

Reply Session::perform_all(std::span<const Command> commands) {
  Reply reply;
  if (!watched_has_changed()) {
    reply.kind = Reply::Kind::list;
    for (const Command& command : commands) reply.list.push_back(store_.apply(command));
  }
  forget();
  return reply;
}

Reply StoreClient::execute(Arguments words, Where where) {
  Parsed parsed;
  parse(words, parsed);
  Store::Entry* const entry = session_.store().arrive(parsed.command, where);
  if (entry == nullptr) return Store::inert_reply();
  return session_.perform(parsed.command, *entry, parsed.is_refused);
}

std::optional<std::vector<Reply>> StoreClient::transaction(std::span<const Command> commands, Where where) {
  const std::string_view first = commands.empty() ? std::string_view() : commands.front().key;
  if (session_.store().arrive({.verb = Verb::exec, .key = first}, where) == nullptr) return std::nullopt;
  Reply reply = session_.perform_all(commands);
  if (reply.is_nil()) return std::nullopt;
  return std::move(reply.list);
}

}  // namespace heddle::kv

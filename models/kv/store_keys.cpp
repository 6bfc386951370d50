// What commands do with keys: several at once, their TTLs, and which there are.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "models/kv/glob.hpp"
#include "models/kv/store.hpp"

namespace heddle::kv {

using sim::Access;

template <class F>
void Store::for_each_key(const Command& command, F&& visit) {
  visit(entry_of(command.key));
  for (const std::string_view key : command.more) visit(entry_of(key));
}

Reply Store::del(const Command& command) {
  std::int64_t count = 0;
  for_each_key(command, [&](Entry& entry) {
    if (!entry.present) return not_applied(entry);
    remove(entry, false);
    ++count;
  });
  return Reply::integer(count);
}

Reply Store::exists(const Command& command) {
  std::int64_t count = 0;
  for_each_key(command, [&](const Entry& entry) {
    execution_.touch(entry.object, Access::read);
    if (entry.present) ++count;
  });
  execution_.note([&] { return command.more.empty() ? std::string(count > 0 ? "yes" : "no") : std::to_string(count); });
  return Reply::integer(count);
}

Reply Store::mget(const Command& command) {
  Reply reply = Reply::of_list({});
  for_each_key(command, [&](const Entry& entry) {
    execution_.touch(entry.object, Access::read);
    reply.list.push_back(entry.present ? Reply::of_text(entry.value()) : Reply::nil());
  });
  execution_.note([&] { return to_string(reply); });
  return reply;
}

Reply Store::mset(const Command& command) {
  for (std::size_t i = 0; i + 1 < command.more.size(); i += 2)
    write(entry_of(command.more[i]), command.more[i + 1], Expiry{});
  return Reply::ok();
}

Reply Store::msetnx(const Command& command) {
  bool any_is_present = false;
  for (std::size_t i = 0; i < command.more.size(); i += 2) {
    const Entry& entry = entry_of(command.more[i]);
    execution_.touch(entry.object, Access::read);
    any_is_present = any_is_present || entry.present;
  }
  if (!any_is_present) mset(command);
  return Reply::integer(any_is_present ? 0 : 1);
}

/// In milliseconds since 1970; not valid if that is no number of 64 bits.
Store::Deadline Store::deadline_of(const Expiry& expiry) {
  Deadline deadline{expiry.amount, true, false};
  if (expiry.in_seconds) deadline.is_valid = !__builtin_mul_overflow(expiry.amount, std::int64_t{1000}, &deadline.at);
  const std::int64_t time = now();
  if (expiry.kind == Expiry::Kind::after && deadline.is_valid)
    deadline.is_valid = !__builtin_add_overflow(deadline.at, time, &deadline.at);
  deadline.has_passed = deadline.at <= time;
  return deadline;
}

/// Of SET and GETEX. Does not look at the clock unless it has to.
bool Store::is_valid(const Expiry& expiry) {
  constexpr std::int64_t always_valid = std::numeric_limits<std::int64_t>::max() / 2000;
  return expiry.amount > 0 && (expiry.amount < always_valid || deadline_of(expiry).is_valid);
}

Reply Store::expire(const Command& command, Entry& entry) {
  const Deadline deadline = deadline_of(command.expiry);
  if (!deadline.is_valid)
    return Reply::error(errors::invalid_expire_time(command.name.empty() ? "pexpire" : command.name));
  const ExpireIf& condition = command.expire_if;
  const bool is_kept = (condition.no_ttl && entry.expires) || (condition.has_ttl && !entry.expires) ||
                       (condition.greater && (!entry.expires || deadline.at <= entry.deadline)) ||
                       (condition.less && entry.expires && deadline.at >= entry.deadline);
  if (!entry.present || is_kept) {
    not_applied(entry);
    return Reply::integer(0);
  }
  if (deadline.has_passed) {
    remove(entry, false);
  } else {
    change_deadline(entry, deadline.at);
  }
  return Reply::integer(1);
}

Reply Store::persist(Entry& entry) {
  if (!entry.present || !entry.expires) {
    not_applied(entry);
    return Reply::integer(0);
  }
  change_deadline(entry, std::nullopt);
  return Reply::integer(1);
}

Reply Store::rename(const Command& command, Entry& entry) {
  Entry& target = entry_of(command.value);
  execution_.touch(target.object, Access::read);
  if (!entry.present) {
    not_applied(entry);
    return Reply::error("ERR no such key");
  }
  if (&entry == &target || (command.integer_reply && target.present)) {
    not_applied(entry);
    return command.integer_reply ? Reply::integer(0) : Reply::ok();
  }
  const Expiry expiry = entry.expires ? Expiry::at(Milliseconds(entry.deadline)) : Expiry{};
  const std::string value(entry.value());
  remove(entry, false);
  write(target, value, expiry);
  return command.integer_reply ? Reply::integer(1) : Reply::ok();
}

Reply Store::time_to_live(const Command& command, const Entry& entry) {
  execution_.touch(entry.object, Access::read);
  if (!entry.present || !entry.expires) {
    execution_.note([&] { return std::string(entry.present ? "lives until it is deleted" : "absent"); });
    return Reply::integer(entry.present ? -1 : -2);
  }
  const bool is_remaining = command.query == TtlQuery::remaining_ms || command.query == TtlQuery::remaining_seconds;
  const bool in_seconds = command.query == TtlQuery::remaining_seconds || command.query == TtlQuery::deadline_seconds;
  const std::int64_t milliseconds = is_remaining ? std::max<std::int64_t>(entry.deadline - now(), 0) : entry.deadline;
  execution_.note([&] { return fmt::format("= {} ms", milliseconds); });
  return Reply::integer(in_seconds ? milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0) : milliseconds);
}

Reply Store::keys(std::string_view pattern) {
  execution_.touch(object_, Access::read);
  std::vector<const Entry*> found;
  for (const Entry* entry = first_; entry != nullptr; entry = entry->next)
    if (entry->present && matches_glob(pattern, entry->key)) found.push_back(entry);
  std::ranges::sort(found, {}, &Entry::key);
  Reply reply = Reply::of_list({});
  for (const Entry* entry : found) reply.list.push_back(Reply::of_text(entry->key));
  execution_.note([&] { return fmt::format("{} = {}", pattern, to_string(reply)); });
  return reply;
}

/// Goes through the keys in the order of their hashes; the cursor is where to go on. So it depends on nothing that
/// happens to other keys meanwhile.
Reply Store::scan(const Command& command) {
  execution_.touch(object_, Access::read);
  std::vector<const Entry*> left;
  for (const Entry* entry = first_; entry != nullptr; entry = entry->next)
    if (entry->present && entry->hash >= command.cursor) left.push_back(entry);
  std::ranges::sort(
      left, [](const Entry* a, const Entry* b) { return a->hash != b->hash ? a->hash < b->hash : a->key < b->key; });
  auto end = std::min(left.size(), static_cast<std::size_t>(command.count));
  while (end > 0 && end < left.size() && left[end]->hash == left[end - 1]->hash) ++end;
  constexpr std::string_view only_type = "string";  // in any case
  const bool is_of_type = command.value.empty() || std::ranges::equal(command.value, only_type, [](char a, char b) {
                            return std::tolower(static_cast<unsigned char>(a)) == b;
                          });
  Reply names = Reply::of_list({});
  for (std::size_t i = 0; i < end; ++i)
    if (is_of_type && matches_glob(command.key, left[i]->key)) names.list.push_back(Reply::of_text(left[i]->key));
  execution_.note([&] { return fmt::format("{} from {} = {}", command.key, command.cursor, to_string(names)); });
  const std::uint64_t next = end < left.size() ? left[end]->hash : 0;
  Reply reply = Reply::of_list({});
  reply.list.push_back(Reply::of_text(std::to_string(next)));
  reply.list.push_back(std::move(names));
  return reply;
}

Reply Store::dbsize() {
  execution_.touch(object_, Access::read);
  std::int64_t count = 0;
  for (const Entry* entry = first_; entry != nullptr; entry = entry->next) count += entry->present ? 1 : 0;
  execution_.note([&] { return std::to_string(count); });
  return Reply::integer(count);
}

Reply Store::flush() {
  execution_.touch(object_, Access::write);
  for (Entry* entry = first_; entry != nullptr; entry = entry->next)
    if (entry->present) remove(*entry, false);
  return Reply::ok();
}

}  // namespace heddle::kv

#include "models/kv/store.hpp"

#include <fmt/format.h>

#include <charconv>

#include "sim/core/hash.hpp"
#include "sim/replay/timeline.hpp"

namespace heddle::kv {

using sim::Access;

namespace {

// A lease is released in destructors, so a call only succeeds without effect while its task is unwound.
constexpr sim::Op ops[] = {
    {"kv.get", sim::Unwinds::if_endless},
    {"kv.set", sim::Unwinds::if_endless},
    {"kv.del", sim::Unwinds::if_endless},
    {"kv.exists", sim::Unwinds::if_endless},
    {"kv.pttl", sim::Unwinds::if_endless},
    {"kv.expire", sim::Unwinds::if_endless},
    {"kv.keys", sim::Unwinds::if_endless},
    {"kv.increment", sim::Unwinds::if_endless},
    {"kv.compare_and_delete", sim::Unwinds::if_endless},
    {"kv.compare_and_set", sim::Unwinds::if_endless},
    {"kv.compare_and_expire", sim::Unwinds::if_endless},
    {"kv.acquire", sim::Unwinds::if_endless},
};

}  // namespace

Store::Store(sim::Name name)
    : execution_(sim::Execution::current()),
      object_(execution_.add_object("kv", name)),
      whole_{.store = this, .key = {}, .object = object_} {}

Store::~Store() {
  for (auto& [key, entry] : entries_)
    if (entry.expires) execution_.cancel_timer(entry.timer);
}

Store::Entry& Store::entry_of(std::string_view key) {
  const auto found = entries_.lower_bound(key);
  if (found != entries_.end() && found->first == key) return found->second;
  const sim::ObjectId object = execution_.add_part("kv key", key, object_, sim::hash_text(key));
  const auto added = entries_.emplace_hint(found, std::string(key), Entry{.store = this, .key = {}, .object = object});
  added->second.key = added->first;
  return added->second;
}

Store::Entry* Store::arrive(const Command& command, std::source_location where) {
  check_command(command);
  Entry& entry = command.verb == Verb::keys ? whole_ : entry_of(command.key);
  const sim::Op& op = ops[static_cast<std::size_t>(command.verb)];
  const Access access = only_reads(command.verb) ? Access::read : Access::write;
  if (!execution_.suspend(op, entry.object, access, where) && execution_.tearing_down()) return nullptr;
  return &entry;
}

Reply Store::apply(const Command& command, Entry& entry) {
  switch (command.verb) {
    case Verb::get:
      execution_.touch(entry.object, Access::read);
      execution_.note([&] { return entry.present ? "= " + entry.value : "absent"; });
      return entry.present ? Reply{.applied = true, .value = entry.value} : Reply{};
    case Verb::exists:
      execution_.touch(entry.object, Access::read);
      execution_.note([&] { return std::string(entry.present ? "yes" : "no"); });
      return {.applied = entry.present};
    case Verb::pttl:
      return time_to_live(entry);
    case Verb::keys:
      return list(command.key);
    case Verb::set:
      return set_value(command, entry);
    case Verb::increment:
      return increment(entry);
    case Verb::acquire:
      return acquire(command, entry);
    case Verb::compare_and_set:
      if (!entry.holds(command.expected)) return {.applied = not_applied(entry)};
      return set_value(command, entry);
    case Verb::del:
    case Verb::compare_and_delete:
      if (command.verb == Verb::del ? !entry.present : !entry.holds(command.expected))
        return {.applied = not_applied(entry)};
      remove(entry, false);
      return {.applied = true};
    case Verb::expire:
    case Verb::compare_and_expire:
      if (command.verb == Verb::expire ? !entry.present : !entry.holds(command.expected))
        return {.applied = not_applied(entry)};
      execution_.touch(entry.object, Access::write);
      set_deadline(entry, command.set.ttl);
      return {.applied = true};
  }
  return {};
}

/// A write whose condition does not hold is a read.
bool Store::not_applied(const Entry& entry) {
  execution_.touch(entry.object, Access::read);
  execution_.note([&] { return entry.present ? "not applied: it is " + entry.value : "not applied: absent"; });
  return false;
}

Reply Store::set_value(const Command& command, Entry& entry) {
  const SetIf condition = command.verb == Verb::set ? command.set.condition : SetIf::always;
  if (condition != SetIf::always && entry.present != (condition == SetIf::present))
    return {.applied = not_applied(entry)};
  write(entry, command.value);
  if (!command.set.keep_ttl) set_deadline(entry, command.set.ttl);
  return {.applied = true};
}

Reply Store::time_to_live(const Entry& entry) {
  execution_.touch(entry.object, Access::read);
  if (!entry.present) return {.ttl = {TimeToLive::Kind::absent, {}}};
  if (!entry.expires) return {.applied = true, .ttl = {TimeToLive::Kind::persistent, {}}};
  const Duration remaining = entry.deadline - execution_.now();
  execution_.note([&] { return sim::format_duration(remaining.count()) + " left"; });
  return {.applied = true, .ttl = {TimeToLive::Kind::expiring, remaining}};
}

Reply Store::list(std::string_view prefix) {
  execution_.touch(object_, Access::read);
  Reply reply{.applied = true};
  for (auto entry = entries_.lower_bound(prefix); entry != entries_.end() && entry->first.starts_with(prefix); ++entry)
    if (entry->second.present) reply.keys.push_back(entry->first);
  execution_.note([&] { return fmt::format("{}* = {} keys", prefix, reply.keys.size()); });
  return reply;
}

Reply Store::increment(Entry& entry) {
  std::int64_t number = 0;
  const char* const end = entry.value.data() + entry.value.size();
  if (entry.present) {
    const auto parsed = std::from_chars(entry.value.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number == std::numeric_limits<std::int64_t>::max())
      throw sim::Error(
          sim::ErrorCode::usage,
          fmt::format("kv.increment of '{}': '{}' is not an integer that can be incremented", entry.key, entry.value));
  }
  ++number;
  char text[24];
  write(entry, {text, std::to_chars(text, text + sizeof(text), number).ptr});
  return {.applied = true, .number = number};
}

Reply Store::acquire(const Command& command, Entry& entry) {
  if (entry.present) return {.applied = not_applied(entry)};
  Reply reply = increment(entry_of(command.counter));
  write(entry, command.value);
  set_deadline(entry, command.set.ttl);
  return reply;
}

void Store::write(Entry& entry, std::string_view value) {
  execution_.touch(entry.object, Access::write);
  if (!entry.present) execution_.touch(object_, Access::commute);
  execution_.note([&] { return fmt::format("{} -> {}", entry.present ? entry.value : "absent", value); });
  const bool was_present = std::exchange(entry.present, true);
  if (!observer_) [[likely]] {
    entry.value = value;
    return;
  }
  const std::string before = std::exchange(entry.value, std::string(value));
  observer_({.key = entry.key, .before = was_present ? &before : nullptr, .after = &entry.value});
}

void Store::remove(Entry& entry, bool expired) {
  execution_.touch(entry.object, Access::write);
  execution_.touch(object_, Access::commute);
  execution_.note(
      [&] { return expired ? fmt::format("{} expired: it was {}", entry.key, entry.value) : "it was " + entry.value; });
  if (!expired) set_deadline(entry, std::nullopt);
  entry.present = entry.expires = false;
  if (observer_) observer_({.key = entry.key, .before = &entry.value, .expired = expired});
}

void Store::set_deadline(Entry& entry, std::optional<Duration> ttl) {
  if (entry.expires) execution_.cancel_timer(entry.timer);
  entry.expires = ttl.has_value();
  if (!ttl) return;
  entry.deadline = execution_.now() + *ttl;
  entry.timer = execution_.arm_timer(entry.deadline, &Store::on_expiry, &entry);
  execution_.note([&] { return "expires in " + sim::format_duration(ttl->count()); });
}

void Store::on_expiry(void* context) {
  auto& entry = *static_cast<Entry*>(context);
  entry.store->remove(entry, true);
}

const std::string* Store::peek(std::string_view key) {
  Entry& entry = entry_of(key);
  execution_.touch(entry.object, Access::read);
  return entry.present ? &entry.value : nullptr;
}

}  // namespace heddle::kv

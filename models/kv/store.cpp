// The table of keys, arrival, and the three ways in which a key changes; what commands do with them is in
// store_strings.cpp and store_keys.cpp.
#include "models/kv/store.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sim/replay/timeline.hpp"

namespace heddle::kv {

using sim::Access;

namespace {

// A lease is released in destructors, so a call only succeeds without effect while its task is unwound.
constexpr sim::Op op(std::string_view name) {
  return {name, sim::Unwinds::if_endless};
}
constexpr std::array<sim::Op, verb_count> ops = {op("kv.get"),
                                                 op("kv.set"),
                                                 op("kv.getdel"),
                                                 op("kv.getex"),
                                                 op("kv.append"),
                                                 op("kv.strlen"),
                                                 op("kv.getrange"),
                                                 op("kv.setrange"),
                                                 op("kv.increment"),
                                                 op("kv.increment_float"),
                                                 op("kv.del"),
                                                 op("kv.exists"),
                                                 op("kv.mget"),
                                                 op("kv.mset"),
                                                 op("kv.msetnx"),
                                                 op("kv.type"),
                                                 op("kv.expire"),
                                                 op("kv.persist"),
                                                 op("kv.rename"),
                                                 op("kv.ttl"),
                                                 op("kv.keys"),
                                                 op("kv.scan"),
                                                 op("kv.dbsize"),
                                                 op("kv.flush"),
                                                 op("kv.watch"),
                                                 op("kv.unwatch"),
                                                 op("kv.multi"),
                                                 op("kv.exec"),
                                                 op("kv.discard"),
                                                 op("kv.compare_and_delete"),
                                                 op("kv.compare_and_set"),
                                                 op("kv.compare_and_expire"),
                                                 op("kv.acquire"),
                                                 op("kv.script")};

constexpr bool has_key(Verb verb) {
  switch (verb) {
    case Verb::keys:
    case Verb::scan:
    case Verb::dbsize:
    case Verb::flush:
    case Verb::unwatch:
    case Verb::multi:
    case Verb::exec:
    case Verb::discard:
      return false;
    default:
      return true;
  }
}

constexpr std::size_t first_table_size = 32;  // a power of two

}  // namespace

Store::Store(sim::Name name, Milliseconds epoch)
    : execution_(sim::Execution::current()), object_(execution_.add_object("kv", name)), epoch_(epoch) {
  whole_.store = this;
  whole_.object = object_;
}

Store::~Store() {
  for (Entry* entry = first_; entry != nullptr; entry = entry->next)
    if (entry->timer_armed) execution_.cancel_timer(entry->timer);
}

Store::Entry& Store::entry_of(std::string_view key) {
  const std::uint64_t hash = XXH3_64bits(key.data(), key.size());
  if (table_size_ > 0) {
    for (std::size_t i = hash & (table_size_ - 1); table_[i] != nullptr; i = (i + 1) & (table_size_ - 1))
      if (table_[i]->hash == hash && table_[i]->key == key) return *table_[i];
  }
  return add_entry(key, hash);
}

Store::Entry& Store::add_entry(std::string_view key, std::uint64_t hash) {
  if (2 * (entry_count_ + 1) > table_size_) grow_table();
  ++entry_count_;
  auto* const entry = new (execution_.arena().allocate(sizeof(Entry), alignof(Entry))) Entry;
  entry->store = this;
  entry->key = execution_.arena().copy(key);
  entry->hash = hash;
  entry->object = execution_.add_part("kv key", key, object_, hash);
  (last_ != nullptr ? last_->next : first_) = entry;
  last_ = entry;
  std::size_t i = hash & (table_size_ - 1);
  while (table_[i] != nullptr) i = (i + 1) & (table_size_ - 1);
  table_[i] = entry;
  return *entry;
}

void Store::grow_table() {
  const std::size_t size = table_size_ == 0 ? first_table_size : 2 * table_size_;
  table_ = static_cast<Entry**>(execution_.arena().allocate(size * sizeof(Entry*), alignof(Entry*)));
  std::memset(static_cast<void*>(table_), 0, size * sizeof(Entry*));
  table_size_ = size;
  for (Entry* entry = first_; entry != nullptr; entry = entry->next) {
    std::size_t i = entry->hash & (size - 1);
    while (table_[i] != nullptr) i = (i + 1) & (size - 1);
    table_[i] = entry;
  }
}

Store::Entry* Store::arrive(const Command& command, std::source_location where) {
  Entry& entry = has_key(command.verb) && command.error.empty() ? entry_of(command.key) : whole_;
  const Access access = only_reads(command.verb) ? Access::read : Access::write;
  if (!execution_.suspend(ops[static_cast<std::size_t>(command.verb)], entry.object, access, where) &&
      execution_.tearing_down())
    return nullptr;
  return &entry;
}

void Store::resize(Entry& entry, std::size_t size) {
  if (size > entry.capacity) {
    const std::size_t capacity = std::max(size, 2 * entry.capacity + 16);
    auto* const data = static_cast<char*>(execution_.arena().allocate(capacity, 1));
    if (entry.size > 0) std::memcpy(data, entry.data, entry.size);
    entry.data = data;
    entry.capacity = capacity;
  }
  if (size > entry.size) std::memset(entry.data + entry.size, 0, size - entry.size);
  entry.size = size;
}

void Store::assign(Entry& entry, std::string_view value) {
  entry.size = std::min(entry.size, value.size());
  resize(entry, value.size());
  if (!value.empty()) std::memcpy(entry.data, value.data(), value.size());
}

/// A write whose condition does not hold is a read.
void Store::not_applied(const Entry& entry) {
  execution_.touch(entry.object, Access::read);
  execution_.note(
      [&] { return entry.present ? fmt::format("not applied: it is {}", entry.value()) : "not applied: absent"; });
}

void Store::write(Entry& entry, std::string_view value, const Expiry& expiry) {
  execution_.touch(entry.object, Access::write);
  if (!entry.present) execution_.touch(object_, Access::commute);
  execution_.note(
      [&] { return fmt::format("{} -> {}", entry.present ? entry.value() : std::string_view("absent"), value); });
  const bool was_present = std::exchange(entry.present, true);
  const bool had_ttl = was_present && entry.expires;
  const std::string before = observers_.empty() || !was_present ? std::string() : std::string(entry.value());
  assign(entry, value);
  ++entry.version;
  bool expires_at_once = false;
  if (expiry.kind != Expiry::Kind::keep) {
    const bool has_deadline = expiry.kind != Expiry::Kind::none;
    const Deadline deadline = has_deadline ? deadline_of(expiry) : Deadline{};
    expires_at_once = deadline.has_passed;
    set_deadline(entry, has_deadline ? std::optional(deadline.at) : std::nullopt);
  }
  if (!observers_.empty())
    tell({.key = entry.key,
          .before = was_present ? std::optional<std::string_view>(before) : std::nullopt,
          .after = entry.value(),
          .ttl_changed = had_ttl && expiry.kind != Expiry::Kind::keep});
  if (expires_at_once) remove(entry, true);
}

void Store::remove(Entry& entry, bool expired) {
  execution_.touch(entry.object, Access::write);
  execution_.touch(object_, Access::commute);
  execution_.note([&] {
    return expired ? fmt::format("{} expired: it was {}", entry.key, entry.value())
                   : fmt::format("it was {}", entry.value());
  });
  set_deadline(entry, std::nullopt);
  entry.present = false;
  ++entry.version;
  tell({.key = entry.key, .before = entry.value(), .after = {}, .expired = expired});
}

void Store::change_deadline(Entry& entry, std::optional<std::int64_t> deadline) {
  execution_.touch(entry.object, Access::write);
  ++entry.version;
  set_deadline(entry, deadline);
  tell({.key = entry.key, .before = entry.value(), .after = entry.value(), .ttl_changed = true});
}

void Store::set_deadline(Entry& entry, std::optional<std::int64_t> deadline) {
  if (std::exchange(entry.timer_armed, false)) execution_.cancel_timer(entry.timer);
  entry.expires = deadline.has_value();
  if (!deadline) return;
  entry.deadline = *deadline;
  // What lies beyond the clock's range never happens in an execution.
  constexpr std::int64_t last = std::numeric_limits<sim::Duration::rep>::max() / 1'000'000;
  const std::int64_t since_beginning = *deadline - epoch_.count();
  if (since_beginning > last) return;
  execution_.note([&] { return "expires at " + sim::format_duration(since_beginning * 1'000'000); });
  entry.timer = execution_.arm_timer(Milliseconds(since_beginning), &Store::on_expiry, &entry);
  entry.timer_armed = true;
}

void Store::on_expiry(void* context) {
  auto& entry = *static_cast<Entry*>(context);
  entry.timer_armed = false;
  entry.store->remove(entry, true);
}

std::int64_t Store::now() {
  return epoch_.count() + std::chrono::duration_cast<Milliseconds>(execution_.now()).count();
}

std::optional<std::string_view> Store::peek(std::string_view key) {
  Entry& entry = entry_of(key);
  execution_.touch(entry.object, Access::read);
  return entry.present ? std::optional(entry.value()) : std::nullopt;
}

}  // namespace heddle::kv

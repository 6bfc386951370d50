#include "models/postgres/engine/storage.hpp"

#include <algorithm>

#include "sim/core/error.hpp"
#include "sim/core/hash.hpp"

namespace heddle::pg {

bool KeyIndex::has_null(const Value* values) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](std::uint16_t column) { return values[column].is_null(); });
}

std::uint64_t KeyIndex::hash_of(const Value* values) const {
  std::uint64_t result = columns_.size();
  for (const std::uint16_t column : columns_) result = sim::mix(result, hash(values[column]));
  return result;
}

bool KeyIndex::same_key(const Value* values, const Value* others) const {
  return std::all_of(columns_.begin(), columns_.end(),
                     [&](std::uint16_t column) { return same(values[column], others[column]); });
}

bool KeyIndex::matches(const Value* values, std::span<const Value> key) const {
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (!same(values[columns_[i]], key[i])) return false;
  return true;
}

void KeyIndex::insert(Version& version, std::uint64_t hash) {
  if (entries_.size() >= buckets_.size()) grow();
  std::uint32_t& bucket = buckets_[hash & (buckets_.size() - 1)];
  entries_.push_back({hash, &version, bucket, true});
  bucket = static_cast<std::uint32_t>(entries_.size() - 1);
}

void KeyIndex::grow() {
  buckets_.assign(buckets_.size() * 4, none);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i].linked) continue;
    std::uint32_t& bucket = buckets_[entries_[i].hash & (buckets_.size() - 1)];
    entries_[i].next = bucket;
    bucket = static_cast<std::uint32_t>(i);
  }
}

void KeyIndex::unlink(std::uint32_t entry) {
  std::uint32_t* link = &buckets_[entries_[entry].hash & (buckets_.size() - 1)];
  while (*link != entry) {
    HEDDLE_CHECK(*link != none);
    link = &entries_[*link].next;
  }
  *link = entries_[entry].next;
  entries_[entry].linked = false;
}

void KeyIndex::erase(const Version& version, std::uint64_t hash) {
  for (std::uint32_t i = buckets_[hash & (buckets_.size() - 1)]; i != none; i = entries_[i].next) {
    if (entries_[i].version != &version) continue;
    unlink(i);
    return;
  }
}

void KeyIndex::reset() {
  for (std::size_t i = entries_.size(); i > base_size_; --i)
    if (entries_[i - 1].linked) unlink(static_cast<std::uint32_t>(i - 1));
  entries_.resize(base_size_);
}

Table::Table(const TableSchema& definition) : schema(&definition), segments(1) {
  for (const UniqueIndex& index : definition.indexes) indexes.emplace_back(index);
}

}  // namespace heddle::pg

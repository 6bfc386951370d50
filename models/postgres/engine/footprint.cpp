#include "models/postgres/engine/footprint.hpp"

#include "sim/core/hash.hpp"

namespace heddle::pg {
namespace {

/// "channels(c1)": the table and the row's first unique key, or its place.
std::string describe(const Row& row, const TableSchema& schema) {
  std::string text = schema.name + "(";
  const Version* version = row.newest != nullptr ? row.newest : row.first;
  if (schema.indexes.empty() || version == nullptr) return text + "#" + std::to_string(row.ordinal) + ")";
  const char* separator = "";
  for (const std::uint16_t column : schema.indexes[0].columns) {
    text += separator + to_text(version->values[column]);
    separator = ",";
  }
  return text + ")";
}

/// As it was given: one number, or two.
std::string advisory_key(const HeavyLock& lock) {
  if (lock.space == 1) return std::to_string(static_cast<std::int64_t>(lock.key));
  return std::to_string(static_cast<std::int32_t>(lock.key >> 32U)) + "," +
         std::to_string(static_cast<std::int32_t>(lock.key & 0xffffffffU));
}

}  // namespace

void Footprint::open(sim::Execution* execution, std::string_view name) {
  execution_ = execution != nullptr && execution->observing() ? execution : nullptr;
  ++generation_;
  used_ = 0;
  if (execution == nullptr) return;
  commits_ = execution->add_object("pg.database", name);
  sessions_ = execution->add_object("pg.sessions", name);
  serial_ = execution->add_object("pg.serializable", name);
}

void Footprint::add_table(Table& table, std::uint16_t ordinal) {
  table.object = execution_->add_part("pg.table", table.schema->name, commits_, ordinal);
  table.has_object = true;
}

void Footprint::add_row(Row& row, const Table& table) {
  const std::string name = execution_->explaining() ? describe(row, *table.schema) : std::string();
  const std::uint64_t ordinal = sim::mix(row.table + 1U, row.ordinal + 0x10000U);
  row.object = execution_->add_part("pg.row", name, row.of_blueprint ? commits_ : row.writer, ordinal);
  row.has_object = true;
  named_rows_.push_back(&row);
}

void Footprint::add_heavy_lock(HeavyLock& lock, std::string_view name) {
  const bool is_table = lock.kind == HeavyLock::Kind::table;
  std::string label;
  if (execution_->explaining()) label = is_table ? std::string(name) : advisory_key(lock);
  lock.object = execution_->add_part(is_table ? "pg.table_lock" : "pg.advisory_lock", label, commits_,
                                     sim::mix(lock.key + 0x20000U, lock.space));
  lock.has_object = true;
}

void Footprint::sequence(std::string_view name, std::uint16_t ordinal, sim::Access access) {
  if (execution_ == nullptr) return;
  if (sequences_.size() <= ordinal) sequences_.resize(ordinal + std::size_t{1});
  Slot& slot = sequences_[ordinal];
  if (slot.generation != generation_) {
    slot.generation = generation_;
    slot.object = execution_->add_part("pg.sequence", name, commits_, ordinal + 0x30000U);
  }
  execution_->touch(slot.object, access);
}

void Footprint::touch_key(const Table& table, std::uint16_t ordinal, std::size_t index, std::uint64_t hash, bool added,
                          sim::Access access) {
  // Keys are told apart by their hash: two that collide share an object, which only makes steps dependent that are not.
  const std::uint64_t identity = sim::mix(hash, sim::mix(ordinal + std::uint64_t{1}, index * 2 + (added ? 1 : 0))) | 1U;
  if ((used_ + 1) * 2 > slots_.size()) grow();
  std::size_t at = identity & (slots_.size() - 1);
  while (slots_[at].generation == generation_ && slots_[at].identity != identity) at = (at + 1) & (slots_.size() - 1);
  Slot& slot = slots_[at];
  if (slot.generation != generation_) {
    ++used_;
    slot.identity = identity;
    slot.generation = generation_;
    std::string name;
    if (execution_->explaining()) name = "key of " + table.schema->indexes[index].name;
    slot.object = execution_->add_part(added ? "pg.new_key" : "pg.key", name, commits_, identity);
  }
  execution_->touch(slot.object, access);
}

void Footprint::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.generation != generation_) continue;
    std::size_t at = slot.identity & (slots_.size() - 1);
    while (slots_[at].generation == generation_) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

}  // namespace heddle::pg

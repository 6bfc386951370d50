// The footprints of statements: which objects of the execution stand for which part of the database (docs/postgres.md
// has the table).
//   table      `read` by a scan under a snapshot taken in this step, `write` by the commit of a change to any of its
//   rows key        one per unique index and key value: as above, for lookups new key    `write` by whoever adds the
//   key to the index, and by the end of that transaction row        `write` by whoever locks, changes or waits for the
//   row, and by the end of that transaction; `read` by a unique-key check commits    `read` by the snapshot of
//   REPEATABLE READ, `commute` by commits wait       one per session: `write` when a wait begins or ends, `read` by the
//   search for a deadlock
// Objects are made when first touched; their identities come from what they stand for, never from the schedule.
#pragma once

#include <cstdint>
#include <vector>

#include "models/postgres/engine/storage.hpp"
#include "sim/core/execution.hpp"

namespace heddle::pg {

class Footprint {
 public:
  /// Starts anew, for `execution` (may be null: then nothing is recorded).
  void open(sim::Execution* execution, std::string_view name);
  [[nodiscard]] sim::Execution* execution() const noexcept { return execution_; }
  [[nodiscard]] bool is_on() const noexcept { return execution_ != nullptr; }

  void table(Table& table, std::uint16_t ordinal, sim::Access access) {
    if (execution_ == nullptr) return;
    if (!table.has_object) add_table(table, ordinal);
    execution_->touch(table.object, access);
  }
  void row(Row& row, const Table& table) { touch_row(row, table, sim::Access::write); }
  void read_row(Row& row, const Table& table) { touch_row(row, table, sim::Access::read); }
  /// For observers: a transaction of the running task holds the lock of a row (or the table or advisory lock) from now
  /// on, or does not any more.
  template <class Lockable>
  void held(const Lockable& lock, bool shared, bool waits) {
    if (execution_ == nullptr || !lock.has_object) return;
    execution_->note_held(lock.object, {.is_lock = true, .is_shared = shared, .blocks = false, .waits = waits});
  }
  template <class Lockable>
  void released(const Lockable& lock) {
    if (execution_ != nullptr && lock.has_object) execution_->note_released(lock.object);
  }
  /// The running task begins to wait for it.
  template <class Lockable>
  void blocked(const Lockable& lock) {
    if (execution_ != nullptr && lock.has_object) execution_->note_blocked(lock.object, false);
  }
  void key(const Table& table, std::uint16_t ordinal, std::size_t index, std::uint64_t hash, sim::Access access) {
    if (execution_ != nullptr) touch_key(table, ordinal, index, hash, false, access);
  }
  void new_key(const Table& table, std::uint16_t ordinal, std::size_t index, std::uint64_t hash) {
    if (execution_ != nullptr) touch_key(table, ordinal, index, hash, true, sim::Access::write);
  }
  void commits(sim::Access access) {
    if (execution_ != nullptr) execution_->touch(commits_, access);
  }
  void sequence(std::string_view name, std::uint16_t ordinal, sim::Access access);
  /// The dependencies among serializable transactions.
  void serial(sim::Access access) {
    if (execution_ != nullptr) execution_->touch(serial_, access);
  }
  void object(sim::ObjectId object, sim::Access access) {
    if (execution_ != nullptr) execution_->touch(object, access);
  }
  /// Gives `lock` its object.
  void heavy_lock(HeavyLock& lock, std::string_view name) {
    if (execution_ != nullptr && !lock.has_object) add_heavy_lock(lock, name);
  }
  [[nodiscard]] sim::ObjectId database() const noexcept { return commits_; }
  /// What opening a session changes: the order of sessions is part of the physical order of rows.
  [[nodiscard]] sim::ObjectId sessions() const noexcept { return sessions_; }
  [[nodiscard]] sim::ObjectId table_object(Table& table, std::uint16_t ordinal) {
    if (execution_ == nullptr) return sim::Execution::no_object;
    if (!table.has_object) add_table(table, ordinal);
    return table.object;
  }
  /// Rows whose `has_object` must be cleared before the next execution; the caller marks them dirty.
  [[nodiscard]] std::vector<Row*>& named_rows() noexcept { return named_rows_; }

 private:
  struct Slot {
    std::uint64_t identity = 0;
    std::uint32_t generation = 0;
    sim::ObjectId object;
  };
  void touch_row(Row& row, const Table& table, sim::Access access) {
    if (execution_ == nullptr) return;
    if (!row.has_object) add_row(row, table);
    execution_->touch(row.object, access);
  }
  void add_table(Table& table, std::uint16_t ordinal);
  void add_row(Row& row, const Table& table);
  void add_heavy_lock(HeavyLock& lock, std::string_view name);
  void touch_key(const Table& table, std::uint16_t ordinal, std::size_t index, std::uint64_t hash, bool added,
                 sim::Access access);
  void grow();

  sim::Execution* execution_ = nullptr;
  sim::ObjectId commits_;
  sim::ObjectId sessions_;
  sim::ObjectId serial_;
  std::vector<Slot> sequences_;
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::uint32_t generation_ = 0;
  std::size_t used_ = 0;
  std::vector<Row*> named_rows_;
};

}  // namespace heddle::pg

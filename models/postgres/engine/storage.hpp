// Tables as multi-version storage: a row is a chain of versions, each created by one transaction and ended by at most
// one (Reed, 1978; PostgreSQL's heap). A change is undone at once when its (sub)transaction aborts, so that every
// version in a chain is either committed or of a transaction in progress.
//
// Physical order: first the rows of the blueprint, then what each session wrote, session by session. For one writing
// session that is the server's order (an updated row moves to the end); for several it is one that the server could
// have produced, chosen because it does not depend on the schedule. With PhysicalOrder::by_time it is the order of
// writing. Not modelled: pages, vacuum, re-use of space.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "models/postgres/engine/heavy_lock.hpp"
#include "models/postgres/engine/pool.hpp"
#include "models/postgres/plan/schema.hpp"
#include "models/postgres/sql/ast.hpp"
#include "sim/core/op.hpp"

namespace heddle::pg {

using ast::LockStrength;
using ast::WaitPolicy;

/// Index of a transaction within an execution; 0 made the blueprint's rows.
using TxId = std::uint32_t;
inline constexpr TxId base_tx = 0;
inline constexpr TxId no_tx = ~TxId{0};

/// Index of a transaction or subtransaction that has locked or written something, in the order in which they first did.
using Xid = std::uint32_t;
inline constexpr Xid base_xid = 0;
inline constexpr Xid no_xid = ~Xid{0};

struct XidRecord {
  enum class State : std::uint8_t { running, committed, aborted };
  TxId tx = no_tx;
  std::uint32_t session = 0;
  State state = State::running;
  bool released = false;  ///< its savepoint: who waits for it waits for the whole transaction
};

struct Row;

struct Locker {
  Xid xid = no_xid;
  LockStrength strength = LockStrength::key_share;
  bool updates = false;  ///< or deletes
  friend bool operator==(const Locker&, const Locker&) = default;
};

struct Version {
  Row* row = nullptr;
  const Value* values = nullptr;
  TxId creator = base_tx;
  TxId deleter = no_tx;          ///< who updated or deleted it
  std::uint32_t created_by = 0;  ///< command number within the creator
  std::uint32_t deleted_by = 0;
  Version* next = nullptr;  ///< what the update made of it; null after a delete
  bool key_gone = false;    ///< deleted, or updated in a key column
  Xid creator_xid = base_xid;
  // The version's mark (xmax): who locks, updates or deletes it. Those who have ended stay until the next mark.
  std::vector<Locker> lockers;
  bool is_multi = false;       ///< a multixact: the mark tells its members apart, and keeps those that have ended
  std::uint32_t marks = 0;     ///< how often it was marked
  HeavyLock* queue = nullptr;  ///< the queue of those who wait for its mark (locktype tuple); null until one does
};

struct Row {
  std::uint16_t table = 0;
  bool dirty = false;  ///< differs from the blueprint: to be restored by reset
  bool has_object = false;
  Version* first = nullptr;
  Version* newest = nullptr;  ///< null if the row's insertion was undone
  sim::ObjectId object;       ///< footprint: who locks and changes the row
  // The row's identity, the same in every schedule: the ordinal among its writer's rows.
  bool of_blueprint = true;
  sim::ObjectId writer;
  std::uint64_t ordinal = 0;
};

/// HEAP_XMAX_IS_LOCKED_ONLY: no update is in the mark, not even one that was rolled back.
[[nodiscard]] inline bool is_only_locked(const Version& version) {
  return std::none_of(version.lockers.begin(), version.lockers.end(), [](const Locker& l) { return l.updates; });
}

/// A hash index from key values to the versions that brought a key into a row. Holds at least one entry per (row, key)
/// that any version of the row has; readers check what they find.
class KeyIndex {
 public:
  explicit KeyIndex(const UniqueIndex& definition)
      : columns_(definition.columns), is_plain_(definition.is_plain), buckets_(16, none) {}

  [[nodiscard]] const std::vector<std::uint16_t>& columns() const noexcept { return columns_; }
  [[nodiscard]] bool is_plain() const noexcept { return is_plain_; }
  /// Null keys are not indexed.
  [[nodiscard]] bool has_null(const Value* values) const;
  [[nodiscard]] std::uint64_t hash_of(const Value* values) const;
  [[nodiscard]] bool same_key(const Value* values, const Value* others) const;
  [[nodiscard]] bool matches(const Value* values, std::span<const Value> key) const;

  void insert(Version& version, std::uint64_t hash);
  void erase(const Version& version, std::uint64_t hash);
  /// Calls `visit(Version&)` for each entry with this hash until it returns false.
  template <class F>
  void each(std::uint64_t hash, F&& visit) const {
    for (std::uint32_t i = buckets_[hash & (buckets_.size() - 1)]; i != none; i = entries_[i].next)
      if (entries_[i].hash == hash && !visit(*entries_[i].version)) return;
  }
  /// What is there now is the blueprint's.
  void freeze() { base_size_ = entries_.size(); }
  void reset();

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Entry {
    std::uint64_t hash = 0;
    Version* version = nullptr;
    std::uint32_t next = none;
    bool linked = false;
  };
  void grow();
  void unlink(std::uint32_t entry);

  std::vector<std::uint16_t> columns_;
  bool is_plain_ = true;
  std::vector<std::uint32_t> buckets_;
  std::vector<Entry> entries_;
  std::size_t base_size_ = 0;
};

struct Table {
  explicit Table(const TableSchema& definition);

  const TableSchema* schema = nullptr;
  std::vector<KeyIndex> indexes;
  std::vector<std::vector<Version*>> segments;  ///< 0: the blueprint's rows; 1 + i: what session i wrote.
                                                ///< By time: 1 is all of them; null for what was undone
  bool has_object = false;
  sim::ObjectId object;  ///< footprint: the committed contents as a scan sees them
  HeavyLock lock;
};

}  // namespace heddle::pg

// SERIALIZABLE: serializable snapshot isolation (Cahill, Röhm, Fekete, SIGMOD 2008) by the rules of the server's
// predicate.c (Ports, Grittner, VLDB 2012). Each transaction keeps what it has read as predicates; who writes what a
// concurrent transaction has read (or the other way round) makes a read/write dependency; and a transaction that a
// dependency enters and another leaves is a pivot, one of which must fail.
//
// Differs: dependencies are exact. A scan conflicts with changes of rows that satisfy its condition before or after the
// change, a look-up with changes of its key; the server locks tuples, pages and whole tables instead, and may refuse
// what passes here, never the other way round. Where a condition compares with other tables or with sub-selects, it
// counts as satisfied by new rows, and by changes of the rows that did satisfy it; of a query with a LIMIT, only the
// rows that it came to count as read. Not modelled: DEFERRABLE, and the summary of old transactions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/postgres/engine/pool.hpp"
#include "models/postgres/engine/session.hpp"
#include "models/postgres/engine/storage.hpp"
#include "models/postgres/plan/plan.hpp"

namespace heddle::pg {

/// What a statement looked for in one relation: rows with a key of a unique index, or rows that satisfy the relation's
/// own conditions.
struct PredicateRead {
  const Plan* plan = nullptr;
  std::span<const Value> params;
  const Relation* relation = nullptr;
  std::uint16_t place = 0;  ///< of the relation in its query
  bool is_lookup = false;
  std::span<const Value> key;
  bool has_other_conditions = false;  ///< than those on the relation's own row: the rows that satisfy them are noted
  const Row* row = nullptr;           ///< if set, this row alone: of a query with a LIMIT, which does not look further
};

struct SerialTx {
  TxId tx = no_tx;
  std::uint64_t snapshot = 0;  ///< Engine::commit_sequence() then
  std::uint64_t committed_at = 0;
  bool is_read_only = false;
  bool wrote = false;
  bool prepared = false;
  bool committed = false;
  bool doomed = false;
  bool conflict_out_to_committed = false;
  std::uint64_t prepare_number = 0;
  std::uint64_t commit_number = 0;
  std::uint64_t last_commit_before_snapshot = 0;
  std::uint64_t earliest_out_conflict_commit = 0;
  std::vector<std::uint32_t> in;   ///< who has read what this one wrote
  std::vector<std::uint32_t> out;  ///< who wrote what this one has read
  std::vector<PredicateRead> reads;
};

inline constexpr std::uint32_t no_serial_tx = ~std::uint32_t{0};

/// The dependencies between serializable transactions. Throws `SqlError` 40001 where a transaction has to fail.
class Serializable {
 public:
  void reset() {
    all_.reset();
    last_number_ = 0;
  }
  [[nodiscard]] std::uint32_t begin(TxId tx, std::uint64_t snapshot, bool read_only);
  [[nodiscard]] SerialTx& operator[](std::uint32_t index) { return all_[index]; }
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(all_.size()); }
  /// Whether the two overlap, judged by snapshots and commits.
  [[nodiscard]] bool are_concurrent(std::uint32_t a, std::uint32_t b) const;

  void require_not_doomed(std::uint32_t self, const char* when) const;
  /// `self` has read what `writer` changed.
  void read_conflict(std::uint32_t self, std::uint32_t writer);
  /// `self` changes what `reader` has read.
  void write_conflict(std::uint32_t self, std::uint32_t reader);
  void prepare_commit(std::uint32_t self);
  void commit(std::uint32_t self, std::uint64_t sequence);
  void roll_back(std::uint32_t self);

 private:
  void flag(std::uint32_t self, std::uint32_t reader, std::uint32_t writer);
  [[nodiscard]] bool is_dangerous(std::uint32_t reader, std::uint32_t writer) const;

  Pool<SerialTx> all_;
  std::uint64_t last_number_ = 0;  ///< of prepares and commits
};

}  // namespace heddle::pg

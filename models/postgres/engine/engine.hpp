// The transactional heart of the model: versions, snapshots, row locks with their queues, unique keys, undo, deadlocks.
// Statements are executed on top of it by engine/executor.hpp; connections own a `Session` each.
//
// A lock wait blocks the calling task in the middle of its statement, as a backend process does. The rules are those of
// PostgreSQL's heap_lock_tuple, heap_update and XactLockTableWait; numbers such as F23 refer to the facts that
// docs/postgres.md lists.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string_view>
#include <vector>

#include "models/postgres/database_options.hpp"
#include "models/postgres/engine/footprint.hpp"
#include "models/postgres/engine/serializable.hpp"
#include "models/postgres/engine/session.hpp"
#include "models/postgres/engine/storage.hpp"
#include "sim/core/arena.hpp"

namespace heddle::pg {

/// What came of a request for a row that was found under a snapshot.
struct LockResult {
  enum class Outcome : std::uint8_t {
    granted,  ///< on the version that was asked for
    moved,    ///< granted, but the row was changed and committed meanwhile: `version` is its newest
    deleted,  ///< the row is gone
    skipped,  ///< SKIP LOCKED
    own,      ///< the same command has changed the row already
  };
  Outcome outcome = Outcome::granted;
  Version* version = nullptr;
};

/// Which statement asks, and how far it has been isolated from the step it began in.
struct StatementContext {
  Session& session;
  const std::vector<std::uint16_t>& tables;  ///< all that the statement may read
  Snapshot snapshot;
  bool pinned = false;  ///< the snapshot was taken in an earlier step: what is read now depends on that step
  bool repeatable = false;
  bool is_select = false;
  sim::Duration deadline{};  ///< of statement_timeout
  std::source_location where;
  bool has_waited = false;
};

class Engine {
 public:
  explicit Engine(const Schema& schema);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Prepares for an execution; `name` is what people see.
  void open(sim::Execution* execution, std::string_view name, DatabaseOptions options = {});
  /// Forgets all that was done since the blueprint's rows were frozen. Costs as much as was done.
  void reset();
  /// Adds a row of the blueprint; `values` must outlive the engine.
  void load(std::uint16_t table, const Value* values);
  /// Ends loading: `reset` comes back to here.
  void freeze();

  [[nodiscard]] Session& connect();
  void disconnect(Session& session);
  /// Rolls back and releases, as the end of the backend does, before the client knows.
  void end_session(Session& session);

  // Transactions.
  void begin(Session& session);
  void commit(Session& session);
  void roll_back(Session& session);
  /// The transaction as a whole has failed: nobody depends on it any more.
  void give_up(Session& session) { abort_serializable(session); }
  /// Undoes what was done since there were `depth` savepoints; 0: the whole transaction.
  void undo_to(Session& session, std::size_t depth);
  /// The savepoint at `position` is released, and those after it.
  void release_savepoint(Session& session, std::size_t position);
  /// Releases the table and advisory locks that the transaction took since `mark`, an earlier size of `session.held`.
  void release_held(Session& session, std::size_t mark);
  [[nodiscard]] std::uint64_t commit_sequence() const noexcept { return commits_; }

  // Reading.
  [[nodiscard]] bool is_visible(const Version& version, const Snapshot& snapshot) const;
  /// The version of `row` that `snapshot` sees, or null.
  [[nodiscard]] Version* visible_version(const Row& row, const Snapshot& snapshot) const;
  /// What a snapshot sees under a unique key. Two rows, if the transaction put its own in the place of one that was
  /// deleted after its snapshot was taken; the older one comes first.
  struct Matches {
    std::array<Version*, 2> versions{};
    std::size_t count = 0;
    [[nodiscard]] auto begin() const noexcept { return versions.begin(); }
    [[nodiscard]] auto end() const noexcept { return versions.begin() + count; }
  };
  [[nodiscard]] Matches look_up(StatementContext& statement, std::uint16_t table, std::size_t index,
                                std::span<const Value> key);
  void touch_scan(StatementContext& statement, std::uint16_t table);

  // Writing. All may wait and throw `SqlError`.
  /// Of SELECT FOR ...; a row that was changed meanwhile is locked in its newest version.
  [[nodiscard]] LockResult lock(StatementContext& statement, Version& seen, LockStrength strength, WaitPolicy policy);
  /// Of ON CONFLICT DO UPDATE: a row that was changed meanwhile is left alone.
  [[nodiscard]] LockResult lock_existing(StatementContext& statement, Version& seen, LockStrength strength);
  /// Waits until `seen` can be updated or deleted (`strength` says how). If it was changed meanwhile, its newest
  /// version is locked instead.
  [[nodiscard]] LockResult prepare_change(StatementContext& statement, Version& seen, LockStrength strength);
  /// Ends `old` and adds its successor. Precondition: `prepare_change` or `lock_existing` has granted it.
  Version& update(StatementContext& statement, Version& old, const Value* values);
  void remove(StatementContext& statement, Version& old);
  Version& insert(StatementContext& statement, std::uint16_t table, const Value* values);
  /// A live row that already has one of the unique keys of `values`: waits for transactions that may decide it. `only`:
  /// look at this index alone; `except`: the row being updated. Null if there is none.
  struct Conflict {
    Version* version = nullptr;
    std::size_t index = 0;
  };
  [[nodiscard]] Conflict find_conflict(StatementContext& statement, std::uint16_t table, const Value* values,
                                       std::optional<std::size_t> only, const Row* except);

  // Sequences (functions.cpp): never rolled back.
  std::int64_t next_value(Session& session, std::uint16_t sequence);
  [[nodiscard]] std::int64_t current_value(const Session& session, std::uint16_t sequence) const;
  [[nodiscard]] std::int64_t last_value(const Session& session) const;
  void set_value(Session& session, std::uint16_t sequence, std::int64_t value, bool is_called);
  struct SequenceState {
    std::int64_t value = 1;
    bool is_called = false;
  };
  [[nodiscard]] std::vector<SequenceState>& sequences() noexcept { return sequences_; }
  /// From here on the statement reads under the snapshot of an earlier step.
  void pin(StatementContext& statement);

  // SERIALIZABLE (serial_checks.cpp). All may throw 40001.
  void begin_serializable(Session& session);
  /// Remembers what is looked for, and compares it with what others have changed.
  void note_read(StatementContext& statement, const PredicateRead& read);
  /// Compares a change with what others have looked for. `keys`: false for an insertion whose keys are still to be
  /// checked.
  void check_write(StatementContext& statement, std::uint16_t table, const Version* old, const Value* values,
                   bool keys);

  // Table and advisory locks (heavy_locks.cpp).
  void lock_table(StatementContext& statement, std::uint16_t table, TableLockMode mode, bool nowait = false);
  /// `space`: 1 for a bigint key, 2 for a pair of ints.
  [[nodiscard]] HeavyLock& advisory_lock(std::uint64_t key, std::uint8_t space);
  void lock(StatementContext& statement, HeavyLock& lock, TableLockMode mode, bool for_session);
  /// `waits`: for observers, whether the caller would wait for it.
  [[nodiscard]] bool try_lock(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session,
                              bool waits = false);
  /// False if the session does not hold it.
  [[nodiscard]] bool unlock_advisory(Session& session, std::uint64_t key, std::uint8_t space, TableLockMode mode);
  void unlock_all_advisory(Session& session);

  /// A statement that has waited, and was woken with others, may be overtaken by them in its middle.
  void let_others_pass(StatementContext& statement);
  /// After a step of others in the middle of a statement: throws `SqlError` 57P01 if the session was terminated.
  void check_for_interrupts(Session& session);

  // From outside of the session's task.
  /// Ends the session's wait, if it waits: 57014, or 57P01 if `terminate`.
  void interrupt(Session& session, bool terminate);
  /// The sessions that `session` waits for.
  [[nodiscard]] std::vector<std::uint32_t> blockers(const Session& session) const;

  [[nodiscard]] bool key_changes(const Table& table, const Value* before, const Value* after) const;
  [[nodiscard]] Table& table(std::uint16_t ordinal) { return tables_[ordinal]; }
  [[nodiscard]] const Schema& schema() const noexcept { return *schema_; }
  [[nodiscard]] sim::Arena& arena() noexcept { return arena_; }
  [[nodiscard]] Footprint& footprint() noexcept { return footprint_; }
  /// The execution that this database belongs to; null for one that is used outside of any.
  [[nodiscard]] sim::Execution* execution() const noexcept { return execution_; }
  [[nodiscard]] Value* allocate_values(std::size_t count);
  /// Copies a text that need not live as long as the execution.
  [[nodiscard]] Value keep(const Value& value);
  [[nodiscard]] const Value* null_row() const noexcept { return null_row_.data(); }
  [[nodiscard]] std::size_t waiting_sessions() const;
  /// For what a task announces before it executes a statement.
  [[nodiscard]] sim::ObjectId table_object(std::uint16_t table) {
    return footprint_.table_object(tables_[table], table);
  }

 private:
  struct TxRecord {
    std::uint32_t session = 0;
    bool committed = false;
    bool ended = false;
    std::uint64_t sequence = 0;
    std::uint32_t serial = no_serial_tx;
  };

  // marks.cpp
  /// What a transaction finds that wants to mark a version (HeapTupleSatisfiesUpdate).
  enum class TupleState : std::uint8_t { free, marked, own, updated, deleted };
  [[nodiscard]] Xid current_xid(Session& session);
  void end_xids(Session& session, std::size_t depth, XidRecord::State state);
  [[nodiscard]] bool is_running(Xid xid) const { return xids_[xid].state == XidRecord::State::running; }
  [[nodiscard]] bool is_own(const Session& session, Xid xid) const {
    return is_running(xid) && xids_[xid].tx == session.tx;
  }
  [[nodiscard]] bool has_running(const Version& version) const;
  [[nodiscard]] bool is_marked(const Version& version) const;
  [[nodiscard]] bool was_changed(const Version& version) const;
  [[nodiscard]] TupleState state_of(const Session& session, const Version& version) const;
  struct MarkConflict {
    bool conflicts = false;
    bool is_member = false;  ///< the session's own transaction is in the mark
  };
  [[nodiscard]] MarkConflict find_mark_conflict(const Session& session, const Version& version,
                                                LockStrength strength) const;
  void mark(Session& session, Version& version, LockStrength strength, bool updates);
  void carry_mark(const Version& from, Version& to) const;
  void sort_members(Version& version) const;
  [[nodiscard]] std::optional<LockStrength> held_lock(const Session& session, const Row& row) const;
  void note_lock(Session& session, Row& row, LockStrength strength, bool waits);

  // locks.cpp
  enum class TupleResult : std::uint8_t { ok, own, updated, deleted, blocked };
  class TupleQueue;
  [[nodiscard]] TupleResult lock_version(StatementContext& statement, Version& version, LockStrength strength,
                                         WaitPolicy policy, bool lock_updates);
  [[nodiscard]] bool must_wait(StatementContext& statement, Version& version, LockStrength strength, bool lock_updates,
                               std::optional<TupleResult>& result);
  [[nodiscard]] TupleResult lock_newer(StatementContext& statement, Version& version, LockStrength strength);
  [[nodiscard]] std::optional<TupleResult> try_lock_newer(StatementContext& statement, Version& version,
                                                          LockStrength strength);
  [[nodiscard]] TupleResult wait_to_change(StatementContext& statement, Version& version, LockStrength strength);
  [[nodiscard]] LockResult lock_newest(StatementContext& statement, Version& seen, LockStrength strength,
                                       WaitPolicy policy, bool lock_updates);
  [[nodiscard]] std::optional<LockResult> follow(StatementContext& statement, Version*& version, WaitPolicy policy);
  /// False if `policy` is not to wait.
  [[nodiscard]] bool wait_for_mark(StatementContext& statement, Version& version, LockStrength strength,
                                   WaitPolicy policy);
  [[nodiscard]] bool wait_for_xid(StatementContext& statement, Row& row, Xid xid, WaitPolicy policy);
  [[noreturn]] void refuse_nowait(const Row& row) const;
  [[noreturn]] static void refuse(const StatementContext& statement, TupleResult result);
  [[nodiscard]] Xid changer_of(const Version& version) const;

  // waits.cpp
  [[nodiscard]] bool may_go_on(const Waiter& waiter) const;
  [[nodiscard]] bool is_dissolved(const Waiter& waiter) const;
  void wait(StatementContext& statement);
  void begin_wait(StatementContext& statement);
  void touch_wait(const Waiter& waiter);
  void update_readiness(Waiter& waiter, bool touches = true);
  void touch_unblocked(const Waiter& waiter);
  void refresh_waiters();
  void end_wait(Waiter& waiter) noexcept;
  void throw_if_interrupted(const Waiter& waiter) const;

  void remember_value(Session& session, std::uint16_t sequence, std::int64_t value);

  // serial_checks.cpp
  [[nodiscard]] bool satisfies(const PredicateRead& read, const Value* values);
  [[nodiscard]] bool is_visible_to(const Version& version, const Snapshot& snapshot) const;

  // heavy_locks.cpp
  void touch(HeavyLock& lock, TableLockMode mode);
  [[nodiscard]] bool is_free(const HeavyLock& lock, std::uint32_t session, TableLockMode mode, const Waiter* own) const;
  void hold(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session, bool waits);
  void drop(Session& session, HeavyLock& lock, TableLockMode mode, bool for_session);
  void refresh(HeavyLock& lock);
  void enqueue(StatementContext& statement, HeavyLock& lock, TableLockMode mode);
  [[nodiscard]] HeavyLock& queue_of(Version& version);

  // deadlock.cpp
  void resolve_deadlocks(Waiter& closer);
  /// What the server does when a wait has lasted for deadlock_timeout.
  void check_deadlock(Waiter& waiter);
  static void on_deadlock_timeout(void* check);
  void add_members(std::uint32_t closer);
  class SoftDeadlock;
  /// True if letting somebody past in a queue leaves no cycle around `waiter`.
  bool dissolve_deadlock(Waiter& waiter);
  void note_searched(const Waiter& waiter);
  [[nodiscard]] bool find_cycle(std::uint32_t from, std::uint32_t target, std::vector<std::uint32_t>& path);
  template <class F>
  void each_blocker(const Waiter& waiter, F&& visit) const;

  // engine.cpp
  void make_dirty(Row& row);
  Row& new_row(std::uint16_t table, Session& session);
  Version& new_version(Session& session, Row& row, const Value* values);
  void index_version(Version& version, const Value* old_values);
  void unindex_version(const Version& version, const Value* old_values);
  void append(Session& session, Version& version);
  [[nodiscard]] std::vector<Version*>& segment_of(const Session& session, std::uint16_t table);
  void undo(Session& session, const Undo& entry);
  void restore(Row& row);
  void touch_commit(Session& session);
  void touch_keys(std::uint16_t table, const Value* values, const Value* also, bool added);
  void end_transaction(Session& session);
  void abort_serializable(Session& session);
  [[nodiscard]] bool is_committed(TxId tx) const { return transactions_[tx].committed; }
  [[nodiscard]] bool has_ended(TxId tx) const { return transactions_[tx].ended; }

  const Schema* schema_;
  sim::Execution* execution_ = nullptr;
  DatabaseOptions options_;
  std::vector<Table> tables_;
  Pool<Row> rows_;
  Pool<Version> versions_;
  Pool<TxRecord> transactions_;
  Pool<Session> sessions_;
  Pool<XidRecord> xids_;
  Pool<HeavyLock> advisory_locks_;
  std::vector<HeavyLock*> advisory_order_;
  Pool<HeavyLock> queues_;
  Serializable serial_;
  std::vector<SequenceState> sequences_;
  std::vector<SequenceState> base_sequences_;
  std::vector<Row*> dirty_rows_;
  std::size_t base_rows_ = 0;
  std::size_t base_versions_ = 0;
  std::uint64_t commits_ = 0;
  sim::Arena arena_;
  std::vector<Value> null_row_;
  Footprint footprint_;
  std::vector<std::uint32_t> cycle_;
  std::vector<std::uint32_t> path_;     ///< scratch of the search for cycles
  std::vector<std::uint8_t> visited_;   // by one walk along who waits for whom
  std::vector<std::uint8_t> searched_;  // by all walks of one search
};

/// F1: may two transactions hold these on one row?
[[nodiscard]] constexpr bool conflict(LockStrength a, LockStrength b) noexcept {
  switch (a) {
    case LockStrength::key_share:
      return b == LockStrength::update;
    case LockStrength::share:
      return b == LockStrength::no_key_update || b == LockStrength::update;
    case LockStrength::no_key_update:
      return b != LockStrength::key_share;
    case LockStrength::update:
      return true;
  }
  return true;
}

}  // namespace heddle::pg

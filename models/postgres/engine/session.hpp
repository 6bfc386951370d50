// What the server keeps for one connection: its transaction, savepoints and settings, and the one lock it may be
// waiting for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/postgres/engine/heavy_lock.hpp"
#include "models/postgres/engine/storage.hpp"
#include "models/postgres/isolation.hpp"
#include "sim/core/execution.hpp"

namespace heddle::pg {

/// What a transaction sees: commits up to `sequence`, and its own commands before `command`.
struct Snapshot {
  std::uint64_t sequence = 0;
  TxId own = no_tx;
  std::uint32_t command = 0;
};

/// How to take back one change; entries are undone from the last to the first.
struct Undo {
  enum class Kind : std::uint8_t { insert, update, remove, lock };
  Kind kind = Kind::lock;
  bool had_lock = false;  ///< lock: the transaction held another one on the row
  Row* row = nullptr;
  Version* version = nullptr;    ///< the version ended, or the one inserted
  Version* successor = nullptr;  ///< update: the new version
};

/// A session's wait.
struct Waiter {
  enum class Kind : std::uint8_t {
    xid,    ///< for the end of a transaction or subtransaction that has marked or made a version of `row`
    heavy,  ///< in the queue of `lock`
  };
  Kind kind = Kind::xid;
  bool active = false;
  bool granted = false;  ///< nobody is in its way any more
  bool ready = false;    ///< granted or interrupted
  bool doomed = false;   ///< chosen as the victim of a deadlock
  bool lock_timed_out = false;
  bool statement_timed_out = false;
  bool cancelled = false;
  bool terminated = false;
  std::uint32_t session = 0;
  Xid xid = no_xid;
  Row* row = nullptr;  ///< null for a table or an advisory lock
  HeavyLock* lock = nullptr;
  TableLockMode mode = TableLockMode::access_share;
  sim::TaskId task = 0;
  sim::ObjectId object;  ///< footprint: the wait itself
  sim::Execution* execution = nullptr;
};

/// A message beside the results. Its texts are literals.
struct Notice {
  std::string_view severity;
  std::string_view sqlstate;
  std::string_view message;
};

/// A check of a foreign key that is put off until the end of its statement or transaction.
struct DeferredCheck {
  enum class Kind : std::uint8_t { child, parent_delete, parent_update };
  Kind kind = Kind::child;
  bool fired = false;
  std::uint16_t table = 0;        ///< the child's
  std::uint16_t foreign_key = 0;  ///< of the child's
  Version* version = nullptr;     ///< child: as inserted or updated; parent: the one that was ended
  Version* successor = nullptr;   ///< parent_update
};

/// A transaction or subtransaction of the session that has locked or written something, and the number of savepoints
/// around it.
struct OwnXid {
  Xid xid = no_xid;
  std::size_t depth = 0;
};

struct Settings {
  Isolation isolation = Isolation::read_committed;  ///< of the transaction
  bool read_only = false;                           ///< of the transaction
  Isolation default_isolation = Isolation::read_committed;
  bool default_read_only = false;
  std::chrono::milliseconds lock_timeout{0};       ///< 0: none
  std::chrono::milliseconds statement_timeout{0};  ///< 0: none
  std::chrono::milliseconds deadlock_timeout{1000};
};

/// What SET CONSTRAINTS ALL has made of the deferrable ones.
enum class ConstraintMode : std::uint8_t { as_declared, deferred, immediate };

struct Savepoint {
  std::string_view name;
  Xid xid = no_xid;  ///< of what was done since
  std::size_t undo_mark = 0;
  std::size_t held_mark = 0;
  std::size_t deferred_mark = 0;
  ConstraintMode constraints = ConstraintMode::as_declared;
  Settings settings{};  ///< and `kept_settings`, to come back to
  Settings kept_settings{};
};

struct Session {
  enum class State : std::uint8_t {
    idle,
    active,  ///< in a transaction
    failed,  ///< in a transaction that an error aborted: only its end or ROLLBACK TO is accepted
    closed,
  };
  std::uint32_t index = 0;
  State state = State::idle;
  bool in_script = false;     ///< within a string of several statements: an implicit transaction block (F63)
  bool in_block = false;      ///< BEGIN was given: the transaction outlives its statements
  bool has_snapshot = false;  ///< REPEATABLE READ: taken
  bool ran_query = false;     ///< since BEGIN: the isolation level can no longer be changed
  ConstraintMode constraints = ConstraintMode::as_declared;  ///< in this transaction
  bool is_executing = false;                                 ///< a statement, which may wait or let others pass
  bool client_gone = false;                                  ///< lost in the middle of a statement, which goes on (F40)
  bool terminated = false;  ///< by an administrator; the client learns of it at its next use
  TxId tx = no_tx;
  std::uint32_t command = 0;
  Settings settings;          ///< of the transaction in progress
  Settings session_settings;  ///< what the next transaction begins with
  Settings kept_settings;     ///< what will be left of SET if the transaction commits
  Snapshot snapshot;
  std::vector<Undo> undo;
  std::vector<Savepoint> savepoints;
  std::vector<Notice> notices;          ///< of the last statement, or of the last string of statements
  std::vector<DeferredCheck> deferred;  ///< foreign-key checks to be made at COMMIT
  std::vector<HeldLock> held;           ///< table and advisory locks that end with the transaction
  std::vector<OwnXid> xids;
  Xid xid = no_xid;  ///< of what was done before the first savepoint
  Waiter waiter;
  std::uint64_t rows_inserted = 0;
  std::uint32_t serial = ~std::uint32_t{0};  ///< SERIALIZABLE: the transaction's place among the dependencies
  std::uint32_t session_locks = 0;           ///< advisory locks of the session itself
  bool knows_time = false;
  std::int64_t began_at = 0;  ///< if `knows_time`: now(), in microseconds since 2000-01-01
  std::vector<std::pair<std::uint16_t, std::int64_t>> sequence_values;  ///< what nextval has returned last
  std::uint16_t last_sequence = 0;

  /// Whether commands that need a transaction block are accepted (IsTransactionBlock).
  [[nodiscard]] bool has_block() const noexcept { return in_block || in_script; }
  [[nodiscard]] sim::ObjectId object() const noexcept { return waiter.object; }
};

}  // namespace heddle::pg

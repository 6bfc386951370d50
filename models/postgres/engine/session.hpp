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
  bool had_lock = false;                            ///< lock: the transaction held a weaker one
  LockStrength strength = LockStrength::key_share;  ///< lock: which
  Row* row = nullptr;
  Version* version = nullptr;    ///< the version ended, or the one inserted
  Version* successor = nullptr;  ///< update: the new version
  bool released = false;         ///< made under a savepoint that was released since
};

/// A session's wait. It lists itself with the row or the lock that it waits for.
struct Waiter {
  enum class Kind : std::uint8_t {
    row_lock,
    key,    ///< the end of `blocker`'s change of the row, such as one that holds a unique key
    heavy,  ///< a table or an advisory lock
  };
  Kind kind = Kind::row_lock;
  bool active = false;
  bool queued = false;  ///< has a place in the row's queue; a holder that wants a stronger lock has none
  bool ready = false;
  bool doomed = false;  ///< chosen as the victim of a deadlock
  bool lock_timed_out = false;
  bool statement_timed_out = false;
  bool cancelled = false;
  bool terminated = false;
  LockStrength strength = LockStrength::key_share;
  TxId tx = no_tx;
  TxId blocker = no_tx;
  std::uint32_t seen_changes = 0;
  std::uint32_t session = 0;
  /// The session whose transaction's end this waits for, though it has rolled back what was waited for: the change was
  /// made under a savepoint that had been released (XactLockTableWait goes over to the topmost transaction).
  std::uint32_t held_back_by = nobody;
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  Row* row = nullptr;
  const Version* passed = nullptr;  ///< KEY SHARE: whose non-key update by `blocker` is not waited for
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

struct Savepoint {
  std::string_view name;
  std::size_t undo_mark = 0;
  std::size_t held_mark = 0;
  std::size_t deferred_mark = 0;
};

struct Settings {
  Isolation isolation = Isolation::read_committed;
  bool read_only = false;
  std::chrono::milliseconds lock_timeout{0};       ///< 0: none
  std::chrono::milliseconds statement_timeout{0};  ///< 0: none
  std::chrono::milliseconds deadlock_timeout{1000};
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
  bool in_script = false;     ///< within a string of several statements, which are one implicit transaction (F63)
  bool in_block = false;      ///< BEGIN was given: the transaction outlives its statements
  bool has_snapshot = false;  ///< REPEATABLE READ: taken
  bool ran_query = false;     ///< since BEGIN: the isolation level can no longer be changed
  enum class Constraints : std::uint8_t { as_declared, deferred, immediate };
  Constraints constraints = Constraints::as_declared;  ///< SET CONSTRAINTS ALL, in this transaction
  bool client_gone = false;                            ///< lost in the middle of a statement, which goes on (F40)
  bool terminated = false;                             ///< by an administrator; the client learns of it at its next use
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
  std::vector<Row*> ended_rows;         ///< scratch of commit and rollback
  Waiter waiter;
  bool holds_back = false;  ///< somebody is `held_back_by` this session
  std::uint64_t rows_inserted = 0;
  std::uint32_t serial = ~std::uint32_t{0};  ///< SERIALIZABLE: the transaction's place among the dependencies
  std::uint32_t session_locks = 0;           ///< advisory locks of the session itself
  bool knows_time = false;
  std::int64_t began_at = 0;  ///< if `knows_time`: now(), in microseconds since 2000-01-01
  std::vector<std::pair<std::uint16_t, std::int64_t>> sequence_values;  ///< what nextval has returned last
  std::uint16_t last_sequence = 0;

  [[nodiscard]] sim::ObjectId object() const noexcept { return waiter.object; }
};

}  // namespace heddle::pg

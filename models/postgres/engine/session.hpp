// What the server keeps for one connection: its transaction, savepoints and settings, and the one lock it may be
// waiting for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

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
};

/// A session's wait. It lists itself with the row it waits for.
struct Waiter {
  enum class Kind : std::uint8_t {
    row_lock,
    key,  ///< a unique key that `blocker`'s change of the row holds
  };
  Kind kind = Kind::row_lock;
  bool active = false;
  bool queued = false;  ///< has a place in the row's queue; a holder that wants a stronger lock has none
  bool ready = false;
  bool doomed = false;  ///< chosen as the victim of a deadlock
  bool lock_timed_out = false;
  bool statement_timed_out = false;
  LockStrength strength = LockStrength::key_share;
  TxId tx = no_tx;
  TxId blocker = no_tx;
  std::uint32_t seen_changes = 0;
  std::uint32_t session = 0;
  Row* row = nullptr;
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

struct Savepoint {
  std::string_view name;
  std::size_t undo_mark = 0;
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
  TxId tx = no_tx;
  std::uint32_t command = 0;
  Settings settings;          ///< of the transaction in progress
  Settings session_settings;  ///< what the next transaction begins with
  Settings kept_settings;     ///< what will be left of SET if the transaction commits
  Snapshot snapshot;
  std::vector<Undo> undo;
  std::vector<Savepoint> savepoints;
  std::vector<Notice> notices;   ///< of the last statement, or of the last string of statements
  std::vector<Row*> ended_rows;  ///< scratch of commit and rollback
  Waiter waiter;
  std::uint64_t rows_inserted = 0;

  [[nodiscard]] sim::ObjectId object() const noexcept { return waiter.object; }
};

}  // namespace heddle::pg

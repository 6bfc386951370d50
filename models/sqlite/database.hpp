// SQLite in WAL mode, as far as transactions can tell: one writer at a time, and readers that each see the last commit
// before their first read (sqlite.org: isolation.html, wal.html, lang_transaction.html). For tests that run on SQLite
// what will run on PostgreSQL: the same handlers, and what they then cannot show.
//
//     sqlite::Database db(blueprint);
//     auto connection = db.connect({.begin = sqlite::Begin::immediate, .busy_timeout = std::chrono::seconds(5)});
//
// A transaction's isolation level is ignored, and so are locking clauses (FOR UPDATE and the like), which SQLite does
// not know: an ORM's dialect for it leaves them out. An error ends its statement, not the transaction. Tables, SQL and
// messages other than "database is locked" are those of models/postgres.
// Not modelled: the rollback journal, shared cache, read-only files, checkpoints, savepoints, SQLite's own types.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "models/postgres/database.hpp"
#include "sim/core/execution.hpp"

namespace heddle::sqlite {

/// The result codes SQLITE_BUSY and SQLITE_BUSY_SNAPSHOT, as an `SqlError` has them.
inline constexpr std::string_view busy = "SL005";
inline constexpr std::string_view busy_snapshot = "SL517";

/// What BEGIN does.
enum class Begin : std::uint8_t {
  deferred,   ///< nothing: the first read takes the snapshot, the first change the right to write
  immediate,  ///< takes the right to write
};

struct Options {
  Begin begin = Begin::deferred;
  /// How long to wait for the right to write. Who has read already never waits: that could be a deadlock.
  std::chrono::milliseconds busy_timeout{0};
};

/// One database of one execution. Must outlive its connections.
class Database {
 public:
  explicit Database(const pg::Blueprint& blueprint, std::string_view name = "sqlite");

  [[nodiscard]] std::unique_ptr<pg::Connection> connect(Options options = {});

 private:
  friend class Connection;

  pg::Database tables_;
  sim::ObjectId writer_object_;  ///< footprint: who may write, and how often was written
  bool is_writing_ = false;      ///< some connection has the right to write
  std::uint64_t commits_ = 0;    ///< of changes
  sim::TaskSet waiters_;
};

}  // namespace heddle::sqlite

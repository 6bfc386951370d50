// One session of a real PostgreSQL 15 server, driven without blocking: send a statement, find out whether its reply has
// come, collect it later. What an oracle, `heddle confirm` and `heddle isolation --server` are made of.
//
//     ServerSession s1(uri), s2(uri);
//     LockMonitor monitor(uri);
//     s1.run("BEGIN");  s1.run("SELECT * FROM t FOR UPDATE");
//     s2.send("UPDATE t SET x = 1");
//     monitor.settle(sessions)[1];   // {s1.pid()}: blocked, and by whom
//     s1.run("COMMIT");
//     s2.collect();                  // the reply
//
// Everything here throws `ServerError` when the server cannot be reached, goes away, or is of another version.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/live/server_error.hpp"
#include "models/postgres/sql_error.hpp"
#include "models/postgres/value.hpp"

struct pg_conn;

namespace heddle::pg {

/// What one statement came to: a table, a tag, or an error.
struct ServerResult {
  struct Column {
    std::string name;
    std::uint32_t type = 0;  ///< the OID in pg_type
  };
  std::string tag;  ///< "INSERT 0 1", "SELECT 2", ...; empty for an error and for an empty statement
  bool has_rows = false;
  std::vector<Column> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;  ///< in text form; nothing is NULL
  std::optional<SqlError> error;
  std::string severity;  ///< of the error: "ERROR", "FATAL"
};

/// A message that comes beside the results: a WARNING, a NOTICE.
struct ServerNotice {
  std::string severity;
  std::string sqlstate;
  std::string message;
  std::string text;  ///< as psql prints it, with detail and hint
};

/// Throws `ServerError` unless `version` (as libpq counts: 150020 is 15.20) is the supported one. `place` is where the
/// server is.
void require_supported_version(int version, const std::string& place);

class ServerSession {
 public:
  /// `uri`: postgresql://user:password@host:port/database, or "host=... port=..."; what it leaves out comes from PG*
  /// variables.
  explicit ServerSession(const std::string& uri, const std::string& name = "heddle");
  ~ServerSession();
  ServerSession(ServerSession&&) noexcept;
  ServerSession& operator=(ServerSession&&) = delete;

  /// The process id of the session's backend, as in pg_locks and pg_blocking_pids.
  [[nodiscard]] int pid() const noexcept { return pid_; }

  /// "15.20 (Debian 15.20-0+deb12u1)".
  [[nodiscard]] std::string server_version() const;

  /// Sends one statement with its parameters. Precondition: `!is_busy()`.
  void send(std::string_view sql, std::span<const Value> params = {});
  void send(std::string_view sql, std::span<const std::optional<std::string>> params);
  /// Sends a string of any number of statements: those outside of a transaction block are one transaction.
  void send_script(std::string_view sql);
  /// Whether a reply is outstanding or has not been collected.
  [[nodiscard]] bool is_busy() const noexcept { return is_busy_; }
  /// Whether the whole reply is here, waiting for it for at most `patience`. Throws `ServerError` if the process was
  /// asked to end (live/termination.hpp).
  [[nodiscard]] bool poll(std::chrono::milliseconds patience = {});
  /// The reply: one result for each statement that was executed, the last of which may be an error. Waits for it.
  /// A session that the server ends (FATAL) reports that as its last result; the next use throws.
  [[nodiscard]] std::vector<ServerResult> collect();
  /// `send` and `collect`.
  ServerResult run(std::string_view sql, std::span<const Value> params = {});
  /// As `run`, but an error is thrown as `SqlError`.
  ServerResult run_or_throw(std::string_view sql, std::span<const Value> params = {});
  /// As `run`, for what a tool says on its own behalf: an error is thrown as `ServerError`.
  ServerResult require(std::string_view sql, std::span<const Value> params = {});
  /// Asks the server to cancel the running statement; its reply is then an error, as a rule.
  void cancel();
  /// Closes the socket without a word, as a client that crashes does.
  void abandon() noexcept;

  /// The notices since the last call.
  [[nodiscard]] std::vector<ServerNotice> take_notices();

 private:
  struct Notices;
  struct Closer {
    void operator()(pg_conn* connection) const noexcept;
  };

  void require_idle() const;
  void receive();
  [[noreturn]] void lost() const;

  std::unique_ptr<Notices> notices_;
  std::unique_ptr<pg_conn, Closer> connection_;
  std::vector<ServerResult> results_;
  int pid_ = 0;
  bool is_busy_ = false;
  bool is_complete_ = false;
};

/// A control connection that sees who waits for whom.
class LockMonitor {
 public:
  explicit LockMonitor(const std::string& uri) : session_(uri, "heddle monitor") {}

  /// The sessions that keep this one's statement from going on; empty if it waits for no lock.
  [[nodiscard]] std::vector<int> blockers(int pid);
  /// Waits until each session is idle, has its reply, or waits for a lock, and says for each who blocks it (empty: it
  /// is not blocked). A cycle counts as settled: the server resolves it `deadlock_timeout` later. Throws `ServerError`
  /// if a session is still at work after `patience`.
  std::vector<std::vector<int>> settle(std::span<ServerSession* const> sessions,
                                       std::chrono::milliseconds patience = std::chrono::seconds(60));
  /// The control connection itself, for set-up and inspection.
  [[nodiscard]] ServerSession& session() noexcept { return session_; }

 private:
  [[nodiscard]] std::vector<std::vector<int>> blockers(std::span<const int> pids);

  ServerSession session_;
};

}  // namespace heddle::pg

// The model of a PostgreSQL server: a `Blueprint` (schema and seed rows, made once, by SQL) from which each execution
// opens a fresh `Database`, which costs as much as the previous execution changed.
//
//     static const pg::Blueprint blueprint(R"(CREATE TABLE channels (channel_id text PRIMARY KEY, status text NOT
//     NULL);
//                                             INSERT INTO channels VALUES ('c1', 'Open'))");
//     void operator()(sim::World& world) {
//       pg::Database db(blueprint);
//       world.task("handler", [&] { auto connection = db.connect(); on_event(connection); });
//       world.run();
//       world.check("closed", db.connect().exec("SELECT status FROM channels").one().get<std::string_view>("status") ==
//       "Closed");
//     }
//
// What of PostgreSQL is modelled, and what is not: docs/postgres.md.
#pragma once

#include <memory>
#include <source_location>
#include <string_view>
#include <vector>

#include "models/postgres/connection.hpp"
#include "models/postgres/database_options.hpp"

namespace heddle::pg {

class Engine;
struct Session;
struct Plan;
class Backend;
namespace detail {
class Instance;
struct BlueprintState;
}  // namespace detail

/// Immutable and safe to use from several OS threads; keeps the plans of all statements executed on its databases.
class Blueprint {
 public:
  /// Executes `script`: CREATE TABLE, CREATE INDEX, INSERT and whatever else prepares the data. Throws `SqlError`.
  explicit Blueprint(std::string_view script);
  ~Blueprint();
  Blueprint(const Blueprint&) = delete;
  Blueprint& operator=(const Blueprint&) = delete;

  /// How many statements have been parsed and planned; each text is, once.
  [[nodiscard]] std::size_t planned() const;

 private:
  friend class Database;
  std::unique_ptr<detail::BlueprintState> state_;
};

class ModelConnection;

/// One database of one execution (or of none: then statements that would wait are errors). Must outlive its
/// connections.
class Database {
 public:
  explicit Database(const Blueprint& blueprint, std::string_view name = "postgres", DatabaseOptions options = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] ModelConnection connect();
  /// The same on the heap, for connections that are kept in containers.
  [[nodiscard]] std::unique_ptr<Connection> connect_owned();
  /// How many sessions wait for a lock now: what a test would ask pg_locks. Touches nothing; for properties that
  /// observe.
  [[nodiscard]] std::size_t waiting_sessions() const;

 private:
  [[nodiscard]] Session& new_session();

  detail::BlueprintState& state_;
  std::unique_ptr<detail::Instance> instance_;
};

/// What one statement of a script came to: rows (perhaps none), or an error.
struct StatementResult {
  std::optional<Rows> rows;
  std::optional<SqlError> error;
};

struct Notice;
struct Settings;

/// As libpq's PQtransactionStatus.
enum class TransactionStatus : std::uint8_t { idle, in_block, failed };

/// A session of the modelled server. Closed by its destructor. `close` in another task, while a statement waits, is the
/// loss of the client: the statement goes on, and a transaction of its own is committed (F40); the task that executes
/// it then gets an `SqlError` 08006.
class ModelConnection final : public Connection {
 public:
  ModelConnection(detail::Instance& instance, Session& session) : instance_(instance), session_(session) {}
  ~ModelConnection() override { close(); }

  void close() noexcept override;
  /// Executes a string of statements as the server's simple protocol does: up to the first error, and those outside of
  /// a transaction block as one transaction (F63). One result for each statement that was executed.
  std::vector<StatementResult> run_script(std::string_view script,
                                          const std::source_location& where = std::source_location::current());
  /// The warnings of the last statement or script. Valid until the next.
  [[nodiscard]] std::span<const Notice> notices() const noexcept;
  [[nodiscard]] TransactionStatus transaction_status() const noexcept;
  /// What SET has made of the session, and a way to begin with that.
  [[nodiscard]] const Settings& session_settings() const noexcept;
  void adopt_settings(const Settings& settings) noexcept;
  /// The number of this session among those of its database, from 0, and the numbers of those that its statement waits
  /// for: what pg_blocking_pids tells. Touch nothing.
  [[nodiscard]] std::size_t number() const noexcept;
  [[nodiscard]] std::vector<std::size_t> blocked_by() const;
  /// From another task, as pg_cancel_backend: the statement that waits fails with 57014.
  void cancel(const std::source_location& where = std::source_location::current());
  /// From another task, as pg_terminate_backend: what was not committed is rolled back; the session's next (or
  /// waiting) statement fails with 57P01.
  void terminate(const std::source_location& where = std::source_location::current());
  /// Whether this session's statement waits for a lock.
  [[nodiscard]] bool is_waiting() const noexcept;

 protected:
  Rows execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) override;
  void begin_transaction(Isolation isolation, const std::source_location& where) override;
  bool commit_transaction(const std::source_location& where) override;
  void roll_back_transaction(const std::source_location& where) noexcept override;

 private:
  void require_open() const;
  [[nodiscard]] bool has_something_to_end() const noexcept;

  detail::Instance& instance_;
  Session& session_;
};

}  // namespace heddle::pg

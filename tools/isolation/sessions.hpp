// What the tester needs of a database: sessions that execute one step at a time, and can be seen to wait. On the model
// and on a real server.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "models/postgres/isolation.hpp"

namespace heddle::isolation {

/// How long isolationtester itself waits for a step.
inline constexpr std::chrono::seconds patience{360};

/// As SET default_transaction_isolation takes it.
[[nodiscard]] constexpr const char* name_of(pg::Isolation level) noexcept {
  switch (level) {
    case pg::Isolation::read_committed:
      return "read committed";
    case pg::Isolation::repeatable_read:
      return "repeatable read";
    case pg::Isolation::serializable:
      break;
  }
  return "serializable";
}

/// A result with rows, in text form; nothing is NULL.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

/// As libpq's PQprint prints it, aligned, with a header and the number of rows.
[[nodiscard]] std::string to_text(const Table& table);

/// What one statement of a step came to. Neither: it succeeded and has no rows.
struct StatementOutcome {
  std::optional<Table> table;
  std::optional<std::string> error;  ///< "ERROR:  division by zero"
  bool is_unsupported = false;       ///< the error is the model's own: it does not know the construct
};

class Sessions {
 public:
  Sessions() = default;
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;
  virtual ~Sessions() = default;

  /// Executes a set-up or teardown block on a connection of its own.
  virtual std::vector<StatementOutcome> control(const std::string& sql) = 0;
  /// Starts a step. Precondition: the session is idle.
  virtual void send(std::size_t session, const std::string& sql) = 0;
  /// Lets every session go on until it is done or waits for a lock.
  virtual void settle() = 0;
  /// Lets time pass until the session is done: time-outs, the search for deadlocks. False if that will never be.
  [[nodiscard]] virtual bool wait_for(std::size_t session) = 0;
  [[nodiscard]] virtual bool is_done(std::size_t session) = 0;
  /// Precondition: `is_done(session)`.
  [[nodiscard]] virtual std::vector<StatementOutcome> take_reply(std::size_t session) = 0;
  /// Messages since the last call: "WARNING:  there is no transaction in progress".
  [[nodiscard]] virtual std::vector<std::string> take_notices(std::size_t session) = 0;
};

}  // namespace heddle::isolation

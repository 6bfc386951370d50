// The `Connection` of a handler on a real server: the same SQL text, the same rows, the same `SqlError`s as on the
// model. Each call blocks the calling thread until the server has answered.
//
// Differs from the model: types that the model does not know are texts; a numeric of more than 28 digits is a text.
#pragma once

#include <string>

#include "models/postgres/connection.hpp"
#include "models/postgres/live/server_session.hpp"

namespace heddle::pg {

class LiveConnection final : public Connection {
 public:
  /// Throws `ServerError` if the server cannot be reached or is of another version.
  explicit LiveConnection(const std::string& uri, const std::string& name = "heddle") : session_(uri, name) {}
  ~LiveConnection() override { close(); }

  void close() noexcept override { session_.abandon(); }
  [[nodiscard]] ServerSession& session() noexcept { return session_; }

 protected:
  Rows execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) override;
  void begin_transaction(Isolation isolation, const std::source_location& where) override;
  bool commit_transaction(const std::source_location& where) override;
  void roll_back_transaction(const std::source_location& where) noexcept override;

 private:
  ResultPool results_;  // outlives what it lends
  ServerSession session_;
};

/// What the server sent, as `Rows` of `pool` that keep their texts alive. Precondition: no error.
[[nodiscard]] Rows to_rows(ServerResult result, ResultPool& pool);

}  // namespace heddle::pg

// A connection that may be lost, whenever the explorer decides: before a statement, which then is not executed, or
// after a COMMIT whose reply never arrives (F41). The server rolls back what was not committed and releases its locks
// (F39); the code under test gets `SqlError` 08006, now and at every further use.
//
//     auto connection = database.connect();
//     pg::LossyConnection lossy(connection);
//     submit_state(lossy);
//
// Not modelled here: a loss while a statement waits for a lock, which the server does not notice (F40).
#pragma once

#include "models/postgres/connection.hpp"

namespace heddle::pg {

class LossyConnection final : public Connection {
 public:
  /// `inner` must outlive this.
  explicit LossyConnection(Connection& inner) : inner_(inner) {}

  void close() noexcept override { inner_.close(); }
  [[nodiscard]] bool is_lost() const noexcept { return is_lost_; }

 protected:
  Rows execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) override;
  void begin_transaction(Isolation isolation, const std::source_location& where) override;
  bool commit_transaction(const std::source_location& where) override;
  void roll_back_transaction(const std::source_location& where) noexcept override;

 private:
  [[noreturn]] void lose();

  Connection& inner_;
  bool is_lost_ = false;
};

}  // namespace heddle::pg

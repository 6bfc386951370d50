// How code under test talks to a database: SQL text in, rows or `SqlError` out. The interface is abstract, so that the
// same handler runs on the model (database.hpp) and on a real server.
//
//     auto tx = db.begin(pg::read_committed);
//     auto balance = tx.exec("SELECT amount FROM user_balances WHERE wallet = $1 FOR UPDATE",
//     wallet).one().get<std::int64_t>("amount"); tx.exec("UPDATE user_balances SET amount = $2 WHERE wallet = $1",
//     wallet, balance - 5); tx.commit();
//
// Every statement that can affect others, or be affected by them, is one visible operation.
// Not modelled: pipelining, COPY, notifications, more than one statement per call.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "models/postgres/isolation.hpp"
#include "models/postgres/result.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::sqlite {
class Connection;
}

namespace heddle::pg {

/// The text of a statement, and who executes it.
struct Sql {
  std::string_view text;
  std::source_location where;

  template <class T>
    requires std::convertible_to<const T&, std::string_view>
  Sql(const T& sql,
      const std::source_location& location = std::source_location::current())  // NOLINT(google-explicit-constructor)
      : text(sql), where(location) {}
};

/// What may be passed for $1, $2, ...: bool, integers, texts, Numeric, nullptr, and std::optional of these. A text must
/// outlive the call.
template <class T>
[[nodiscard]] Value to_param(const T& value) {
  if constexpr (detail::IsOptional<T>::value) {
    return value ? to_param(*value) : Value();
  } else if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
    return Value();
  } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Numeric>) {
    return Value::of(value);
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_unsigned_v<T> && sizeof(T) == sizeof(std::uint64_t)) {
      if (!std::in_range<std::int64_t>(value)) return Value::of(Numeric(static_cast<Int128>(value), 0));
    }
    return Value::of(static_cast<std::int64_t>(value));
  } else {
    static_assert(std::is_convertible_v<const T&, std::string_view>, "not a type of a parameter");
    return Value::of(std::string_view(value));
  }
}

class Transaction;

class Connection {
 public:
  virtual ~Connection() = default;
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Begins a transaction. Throws `SqlError` if one is open already or the level is not available.
  [[nodiscard]] Transaction begin(Isolation isolation = Isolation::read_committed,
                                  const std::source_location& where = std::source_location::current());
  /// Executes one statement: in the open transaction if there is one, else in a transaction of its own. Throws
  /// `SqlError`.
  template <class... Params>
  Rows exec(Sql sql, const Params&... params) {
    const std::array<Value, sizeof...(Params)> values{to_param(params)...};
    return execute(sql.text, values, sql.where);
  }
  /// Ends the session as the loss of the connection does: what was not committed is rolled back, locks are released.
  virtual void close() noexcept = 0;

 protected:
  friend class Transaction;
  friend class LossyConnection;
  friend class sqlite::Connection;
  virtual Rows execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) = 0;
  virtual void begin_transaction(Isolation isolation, const std::source_location& where) = 0;
  /// True if committed, false if the server rolled back because an error had aborted the transaction.
  virtual bool commit_transaction(const std::source_location& where) = 0;
  virtual void roll_back_transaction(const std::source_location& where) noexcept = 0;
};

/// An open transaction; rolled back by the destructor unless it was ended before.
class [[nodiscard]] Transaction {
 public:
  Transaction(Connection& connection, const std::source_location& where) : connection_(&connection), where_(where) {}
  Transaction(Transaction&& other) noexcept
      : connection_(std::exchange(other.connection_, nullptr)), where_(other.where_) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(where_); }

  template <class... Params>
  Rows exec(Sql sql, const Params&... params) {
    require_open();
    return connection_->exec(sql, params...);
  }
  /// True if committed. False if an error had aborted the transaction: then COMMIT succeeds with the tag ROLLBACK, as
  /// on the server. Throws `SqlError` if the commit itself fails; the transaction has ended then, too.
  bool commit(const std::source_location& where = std::source_location::current()) {
    require_open();
    const bool committed = connection_->commit_transaction(where);  // dropped at this await: the destructor rolls back
    connection_ = nullptr;
    return committed;
  }
  /// Has no effect if the transaction has ended.
  void rollback(const std::source_location& where = std::source_location::current()) noexcept {
    if (connection_ != nullptr) std::exchange(connection_, nullptr)->roll_back_transaction(where);
  }
  [[nodiscard]] bool is_open() const noexcept { return connection_ != nullptr; }

 private:
  void require_open() const;

  Connection* connection_;
  std::source_location where_;
};

}  // namespace heddle::pg

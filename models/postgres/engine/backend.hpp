// One session's command processing: the transaction state machine around the executor. An error aborts the
// (sub)transaction at once and releases its locks (F62); then only the end of the transaction, or ROLLBACK TO, is
// accepted (25P02).
#pragma once

#include <optional>
#include <source_location>
#include <span>

#include "models/postgres/engine/engine.hpp"
#include "models/postgres/plan/plan.hpp"
#include "models/postgres/result.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

class Backend {
 public:
  Backend(Engine& engine, Session& session, const std::source_location& where)
      : engine_(engine), session_(session), where_(where) {}

  /// Executes one statement, in a transaction of its own if none is open. Throws `SqlError` after having aborted the
  /// transaction.
  void execute(const Plan& plan, std::span<const Value> params, ResultData& result);
  /// A statement that cannot be planned: aborts the transaction and throws `fault`, or 25P02 if the transaction has
  /// failed already.
  [[noreturn]] void refuse(const SqlError& fault);
  /// Ends the implicit transaction of a string of statements. Throws `SqlError` if the commit fails.
  void end_script();
  void begin(Isolation isolation, bool read_only);
  /// True if committed, false if the transaction had failed and was rolled back.
  bool commit();
  void roll_back();
  /// What an error does to the transaction.
  void abort() noexcept;

 private:
  void take_snapshot();
  void set_deadline(StatementContext& statement);
  void fire_deferred();
  void undo_to(std::size_t depth);
  void set_constraints(const ast::SetConstraints& command, ResultData& result);
  void lock_tables(const LockPlan& plan, ResultData& result);
  /// Ends the session; the client learns it by this error.
  [[noreturn]] void disconnect(std::string_view sqlstate, const std::string& message);
  void begin_implicit();
  void query(const Plan& plan, std::span<const Value> params, ResultData& result);
  void run(const Plan& plan, std::span<const Value> params, ResultData& result);
  void transaction_command(const ast::TransactionCommand& command, ResultData& result);
  void set(const ast::SetCommand& command, ResultData& result);
  void set_modes(std::optional<Isolation> isolation, std::optional<bool> read_only);
  void show(const ast::ShowCommand& command, ResultData& result);
  void savepoint(const ast::TransactionCommand& command);
  [[nodiscard]] std::size_t find_savepoint(std::string_view name) const;
  void begin_block(const ast::TransactionCommand& command);
  void end_block(const ast::TransactionCommand& command, ResultData& result);
  void warn(std::string_view state, std::string_view message);
  void require_usable() const;

  Engine& engine_;
  Session& session_;
  std::source_location where_;
};

}  // namespace heddle::pg

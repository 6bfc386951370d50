#include "models/postgres/engine/backend.hpp"

#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/engine/settings.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

using State = Session::State;

void Backend::require_usable() const {
  if (session_.state == State::failed)
    throw SqlError(sqlstate::in_failed_sql_transaction,
                   "current transaction is aborted, commands ignored until end of transaction block");
}

void Backend::refuse(const SqlError& fault) {
  if (fault.sqlstate() != sqlstate::syntax_error) require_usable();  // names are resolved only in a usable transaction
  abort();
  throw fault;
}

void Backend::begin(Isolation isolation, bool read_only) {
  engine_.begin(session_);
  session_.state = State::active;
  session_.in_block = true;
  session_.settings.isolation = isolation;
  session_.settings.read_only = read_only;
}

bool Backend::commit() {
  const bool succeeds = session_.state == State::active;
  if (succeeds) {
    try {
      fire_deferred();
      engine_.commit(session_);
    } catch (const SqlError&) {
      roll_back();
      throw;
    }
    session_.session_settings = session_.kept_settings;
  } else if (session_.tx != no_tx) {
    engine_.roll_back(session_);
  }
  session_.state = State::idle;
  session_.in_block = false;
  return succeeds;
}

void Backend::fire_deferred() {
  if (session_.deferred.empty()) return;
  static const Plan nothing;
  static const std::vector<std::uint16_t> no_tables;
  StatementContext statement{session_, no_tables, session_.snapshot, false, false, false, {}, where_};
  statement.repeatable = session_.settings.isolation != Isolation::read_committed;
  set_deadline(statement);
  ResultData unused;
  Executor(engine_, statement, nothing, {}, unused).fire_deferred();
}

void Backend::set_deadline(StatementContext& statement) {
  if (session_.settings.statement_timeout.count() == 0) return;
  if (sim::Execution* execution = engine_.execution())
    statement.deadline = execution->now() + session_.settings.statement_timeout;
}

void Backend::roll_back() {
  if (session_.tx != no_tx) engine_.roll_back(session_);
  session_.state = State::idle;
  session_.in_block = false;
}

void Backend::abort() noexcept {
  if (session_.tx == no_tx || session_.state != State::active) return;
  if (!session_.in_block) {
    roll_back();
  } else {
    session_.state = State::failed;
    if (session_.savepoints.empty()) engine_.give_up(session_);
    undo_to(session_.savepoints.size());
  }
}

void Backend::undo_to(std::size_t depth) {
  const Savepoint savepoint = depth == 0 ? Savepoint{} : session_.savepoints[depth - 1];
  engine_.undo_to(session_, depth);
  engine_.release_held(session_, savepoint.held_mark);
  if (session_.deferred.size() > savepoint.deferred_mark) session_.deferred.resize(savepoint.deferred_mark);
  if (depth == 0) return;
  session_.constraints = savepoint.constraints;
  session_.settings = savepoint.settings;
  session_.kept_settings = savepoint.kept_settings;
}

void Backend::execute(const Plan& plan, std::span<const Value> params, ResultData& result) {
  if (!session_.in_script) session_.notices.clear();
  if (session_.terminated) disconnect(sqlstate::admin_shutdown, "terminating connection due to administrator command");
  session_.is_executing = true;
  const struct Executed {
    Session& session;
    ~Executed() { session.is_executing = false; }
  } executed{session_};
  try {
    if (const auto* command = std::get_if<ast::TransactionCommand>(&plan.operation)) {
      transaction_command(*command, result);
      return;
    }
    require_usable();
    if (session_.in_script && session_.state == State::idle) begin_implicit();
    if (const auto* setting = std::get_if<ast::SetCommand>(&plan.operation)) {
      set(*setting, result);
    } else if (const auto* shown = std::get_if<ast::ShowCommand>(&plan.operation)) {
      result.names = &plan.column_names;
      show(*shown, result);
    } else if (const auto* constraints = std::get_if<ast::SetConstraints>(&plan.operation)) {
      set_constraints(*constraints, result);
    } else if (const auto* lock = std::get_if<LockPlan>(&plan.operation)) {
      lock_tables(*lock, result);
    } else if (std::holds_alternative<DefinitionPlan>(plan.operation)) {
      throw SqlError(sqlstate::feature_not_supported,
                     plan.command + " outside of a blueprint is not supported by the model");
    } else {
      query(plan, params, result);
    }
  } catch (SqlError& error) {
    abort();
    error.locate(plan.text);
    if (error.sqlstate() == sqlstate::admin_shutdown) disconnect(error.sqlstate(), error.message());
    if (session_.client_gone) disconnect(sqlstate::connection_failure, "the connection was lost");
    throw;
  }
  // The server notices only when it has something to say to the client (F40).
  if (session_.client_gone) disconnect(sqlstate::connection_failure, "the connection was lost");
}

void Backend::disconnect(std::string_view sqlstate, const std::string& message) {
  engine_.disconnect(session_);
  session_.in_block = false;
  throw SqlError(sqlstate, message);
}

void Backend::set_constraints(const ast::SetConstraints& command, ResultData& result) {
  result.command = "SET CONSTRAINTS";
  if (!command.names.empty())
    throw SqlError(sqlstate::feature_not_supported,
                   "SET CONSTRAINTS of named constraints is not supported by the model");
  if (!session_.has_block()) {
    warn(sqlstate::no_active_sql_transaction, "SET CONSTRAINTS can only be used in transaction blocks");
    return;
  }
  session_.constraints = command.deferred ? ConstraintMode::deferred : ConstraintMode::immediate;
  if (!command.deferred) fire_deferred();
}

void Backend::lock_tables(const LockPlan& plan, ResultData& result) {
  result.command = "LOCK TABLE";
  if (!session_.has_block())
    throw SqlError(sqlstate::no_active_sql_transaction, "LOCK TABLE can only be used in transaction blocks");
  StatementContext statement{session_, plan.tables, {}, true, false, false, {}, where_};
  set_deadline(statement);
  for (const std::uint16_t table : plan.tables) engine_.lock_table(statement, table, plan.mode, plan.nowait);
}

void Backend::begin_implicit() {
  engine_.begin(session_);
  session_.state = State::active;
  session_.in_block = false;
}

void Backend::query(const Plan& plan, std::span<const Value> params, ResultData& result) {
  if (session_.state == State::idle) begin_implicit();
  run(plan, params, result);
  if (!session_.in_block && (!session_.in_script || session_.client_gone)) commit();
}

void Backend::run(const Plan& plan, std::span<const Value> params, ResultData& result) {
  if (params.size() != plan.params.size())
    throw SqlError("08P01", "bind message supplies " + std::to_string(params.size()) +
                                " parameters, but the statement requires " + std::to_string(plan.params.size()));
  constexpr std::size_t few = 16;
  Value small[few];
  const bool is_serializable = session_.settings.isolation == Isolation::serializable;
  Value* bound = params.size() <= few && !is_serializable ? small : engine_.allocate_values(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) bound[i] = cast_param(params[i], plan.params[i], engine_.arena());
  session_.ran_query = true;
  ++session_.command;
  StatementContext statement{session_, plan.tables, {}, false, false, false, {}, where_};
  statement.is_select = std::holds_alternative<SelectPlan>(plan.operation);
  statement.repeatable = session_.settings.isolation != Isolation::read_committed;
  set_deadline(statement);
  // F10: one snapshot per transaction is taken before a wait for a table, one per statement after it.
  if (statement.repeatable) take_snapshot();
  for (const TableLock& lock : plan.locks) engine_.lock_table(statement, lock.table, lock.mode);
  if (!statement.repeatable) take_snapshot();
  statement.pinned = statement.repeatable;
  session_.snapshot.command = session_.command;
  statement.snapshot = session_.snapshot;
  // The server's planner infers the arbiter; what comes after is execution.
  const auto* insert = std::get_if<InsertPlan>(&plan.operation);
  if (insert != nullptr && insert->on_conflict && insert->on_conflict->lacks_arbiter)
    throw SqlError(sqlstate::invalid_column_reference,
                   "there is no unique or exclusion constraint matching the ON CONFLICT specification");
  if (plan.writes && session_.settings.read_only)
    throw SqlError(sqlstate::read_only_sql_transaction,
                   "cannot execute " + plan.command + " in a read-only transaction");
  if (session_.serial != no_serial_tx) engine_.footprint().serial(sim::Access::write);
  Executor(engine_, statement, plan, std::span<const Value>(bound, params.size()), result).run();
  if (!session_.in_block) engine_.let_others_pass(statement);  // it commits next, and releases its locks
}

void Backend::take_snapshot() {
  if (session_.has_snapshot) return;
  const bool is_kept = session_.settings.isolation != Isolation::read_committed;
  session_.snapshot = {engine_.commit_sequence(), session_.tx, 0};
  session_.has_snapshot = is_kept;
  if (is_kept) engine_.footprint().commits(sim::Access::read);
  if (session_.settings.isolation == Isolation::serializable) engine_.begin_serializable(session_);
}

std::size_t Backend::find_savepoint(std::string_view name) const {
  for (std::size_t i = session_.savepoints.size(); i > 0; --i)
    if (session_.savepoints[i - 1].name == name) return i - 1;
  throw SqlError(sqlstate::invalid_savepoint, "savepoint \"" + std::string(name) + "\" does not exist");
}

void Backend::savepoint(const ast::TransactionCommand& command) {
  using ast::TransactionVerb;
  static constexpr const char* names[] = {"", "", "", "SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"};
  if (command.verb != TransactionVerb::rollback_to) require_usable();
  if (!session_.in_block)
    throw SqlError(sqlstate::no_active_sql_transaction, std::string(names[static_cast<std::size_t>(command.verb)]) +
                                                            " can only be used in transaction blocks");
  if (command.verb == TransactionVerb::savepoint) {
    session_.savepoints.push_back({command.savepoint, no_xid, session_.undo.size(), session_.held.size(),
                                   session_.deferred.size(), session_.constraints, session_.settings,
                                   session_.kept_settings});
    return;
  }
  const std::size_t position = find_savepoint(command.savepoint);
  if (command.verb == TransactionVerb::release) {
    engine_.release_savepoint(session_, position);
    session_.settings.read_only = session_.savepoints[position].settings.read_only;  // CommitSubTransaction
    session_.savepoints.resize(position);
    return;
  }
  undo_to(position + 1);
  session_.savepoints.resize(position + 1);
  session_.state = State::active;
}

void Backend::begin_block(const ast::TransactionCommand& command) {
  require_usable();
  if (session_.in_block) {
    warn(sqlstate::active_sql_transaction, "there is already a transaction in progress");
    set_modes(command.isolation, command.read_only);
  } else if (session_.state == State::active) {
    set_modes(command.isolation, command.read_only);
    session_.in_block = true;  // the implicit transaction of a script becomes a block
  } else {
    begin(command.isolation.value_or(session_.session_settings.default_isolation),
          command.read_only.value_or(session_.session_settings.default_read_only));
  }
}

void Backend::end_block(const ast::TransactionCommand& command, ResultData& result) {
  using ast::TransactionVerb;
  // An error has ended the transaction, and its modes with it.
  const bool has_ended = session_.state == State::failed && session_.savepoints.empty();
  const Settings& now = has_ended ? session_.session_settings : session_.settings;
  const Isolation isolation = has_ended ? now.default_isolation : now.isolation;
  const bool read_only = has_ended ? now.default_read_only : now.read_only;
  const bool commits = command.verb == TransactionVerb::commit;
  if (!session_.in_block) {
    if (command.chain)
      throw SqlError(sqlstate::no_active_sql_transaction, std::string(commits ? "COMMIT" : "ROLLBACK") +
                                                              " AND CHAIN can only be used in transaction blocks");
    warn(sqlstate::no_active_sql_transaction, "there is no transaction in progress");
  }
  result.command = commits ? "COMMIT" : "ROLLBACK";
  if (session_.in_block || session_.state == State::active) {
    if (!commits) {
      roll_back();
    } else if (!commit()) {
      result.command = "ROLLBACK";
    }
  }
  if (command.chain) begin(isolation, read_only);
}

void Backend::warn(std::string_view state, std::string_view message) {
  session_.notices.push_back({"WARNING", state, message});
}

void Backend::end_script() {
  session_.in_script = false;
  if (session_.state != State::active || session_.in_block) return;
  try {
    commit();
  } catch (const SqlError&) {
    abort();
    throw;
  }
}

void Backend::transaction_command(const ast::TransactionCommand& command, ResultData& result) {
  using ast::TransactionVerb;
  switch (command.verb) {
    case TransactionVerb::begin:
      result.command = "BEGIN";
      begin_block(command);
      return;
    case TransactionVerb::commit:
    case TransactionVerb::rollback:
      end_block(command, result);
      return;
    case TransactionVerb::savepoint:
      result.command = "SAVEPOINT";
      break;
    case TransactionVerb::rollback_to:
      result.command = "ROLLBACK";
      break;
    case TransactionVerb::release:
      result.command = "RELEASE";
      break;
  }
  savepoint(command);
}

void Backend::set_modes(std::optional<Isolation> isolation, std::optional<bool> read_only) {
  if (isolation && *isolation != session_.settings.isolation) {
    if (session_.ran_query)
      throw SqlError(sqlstate::active_sql_transaction,
                     "SET TRANSACTION ISOLATION LEVEL must be called before any query");
    if (!session_.savepoints.empty())
      throw SqlError(sqlstate::active_sql_transaction,
                     "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
    session_.settings.isolation = *isolation;
  }
  if (!read_only) return;
  if (!*read_only && session_.settings.read_only && session_.ran_query)
    throw SqlError(sqlstate::active_sql_transaction, "transaction read-write mode must be set before any query");
  session_.settings.read_only = *read_only;
}

void Backend::set(const ast::SetCommand& command, ResultData& result) {
  result.command = "SET";
  if (command.transaction && !session_.has_block()) {
    warn(sqlstate::no_active_sql_transaction, "SET TRANSACTION can only be used in transaction blocks");
  } else if (command.transaction) {
    set_modes(command.isolation, command.read_only);
  } else if (command.session_default) {
    set_defaults(session_, command.isolation, command.read_only);
  } else if (command.local && !session_.has_block()) {
    check_setting(command);
    warn(sqlstate::no_active_sql_transaction, "SET LOCAL can only be used in transaction blocks");
  } else if (const auto modes = transaction_modes(command)) {
    if (session_.tx != no_tx) set_modes(modes->isolation, modes->read_only);
  } else {
    change_setting(session_, command);
  }
}

void Backend::show(const ast::ShowCommand& command, ResultData& result) {
  result.command = "SHOW";
  result.width = 1;
  result.rows = 1;
  result.values.push_back(Value::of(engine_.arena().copy(show_setting(session_, command.name))));
}

}  // namespace heddle::pg

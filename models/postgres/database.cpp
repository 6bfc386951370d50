#include "models/postgres/database.hpp"

#include <algorithm>
#include <optional>

#include "models/postgres/engine/backend.hpp"
#include "models/postgres/engine/executor.hpp"
#include "models/postgres/engine/instance.hpp"
#include "models/postgres/sql/parser.hpp"
#include "models/postgres/sql/statement_cache.hpp"

namespace heddle::pg {
namespace detail {

const Plan& BlueprintState::plan(std::string_view sql) {
  {
    const std::shared_lock lock(mutex);
    const auto found = plans.find(sql);
    if (found != plans.end()) return *found->second;
  }
  std::unique_ptr<const Plan> made = make_plan(parsed_statement(sql).command, sql, schema);
  const std::unique_lock lock(mutex);
  return *plans.emplace(std::string(sql), std::move(made)).first->second;
}

void BlueprintState::adopt_rows(Engine& engine) {
  for (std::size_t i = 0; i < engine.sequences().size(); ++i) {
    schema.sequences[i].value = engine.sequences()[i].value;
    schema.sequences[i].is_called = engine.sequences()[i].is_called;
  }
  const Snapshot everything{engine.commit_sequence(), no_tx, 0};
  for (std::size_t ordinal = 0; ordinal < rows.size(); ++ordinal) {
    rows[ordinal].clear();
    const Table& table = engine.table(static_cast<std::uint16_t>(ordinal));
    const std::size_t width = table.schema->columns.size();
    for (const auto& segment : table.segments) {
      for (const Version* version : segment) {
        if (version == nullptr || !engine.is_visible(*version, everything)) continue;
        auto* values = static_cast<Value*>(arena.allocate(width * sizeof(Value), alignof(Value)));
        for (std::size_t i = 0; i < width; ++i) {
          const Value& value = version->values[i];
          values[i] = value.kind() == Value::Kind::text ? Value::of(arena.copy(value.text())) : value;
        }
        rows[ordinal].push_back(values);
      }
    }
  }
}

void BlueprintState::widen_rows(std::uint16_t ordinal, std::size_t width) {
  const TableSchema& table = schema.tables[ordinal];
  if (table.columns.size() == width) return;
  std::vector<Value*> wider;
  for (const Value*& row : rows[ordinal]) {
    auto* values = static_cast<Value*>(arena.allocate(table.columns.size() * sizeof(Value), alignof(Value)));
    std::copy_n(row, width, values);
    std::fill(values + width, values + table.columns.size(), Value());
    row = values;
    wider.push_back(values);
  }
  Instance scratch(*this);
  for (Value* values : wider) {
    Executor::compute_keys(scratch.engine(), table, values);
    for (std::size_t i = width; i < table.columns.size(); ++i)
      if (values[i].kind() == Value::Kind::text) values[i] = Value::of(arena.copy(values[i].text()));
  }
}

void BlueprintState::run_script(std::string_view script) {
  std::unique_ptr<Instance> scratch;
  Session* session = nullptr;
  std::deque<std::unique_ptr<const Plan>> kept;
  for (const ParsedCommand& parsed : parse(script)) {
    const bool defines = std::holds_alternative<ast::CreateTable>(parsed.command) ||
                         std::holds_alternative<ast::CreateIndex>(parsed.command) ||
                         std::holds_alternative<ast::DropTable>(parsed.command) ||
                         std::holds_alternative<ast::CreateSequence>(parsed.command);
    try {
      if (defines) {
        if (scratch) adopt_rows(scratch->engine());
        scratch.reset();
        const auto* index = std::get_if<ast::CreateIndex>(&parsed.command);
        const auto table = index != nullptr ? schema.find_table(index->table) : std::nullopt;
        const std::size_t width = table ? schema.tables[*table].columns.size() : 0;
        define(schema, parsed.command, texts);
        rows.resize(schema.tables.size());
        if (table) widen_rows(*table, width);
        continue;
      }
      if (!scratch) {
        scratch = std::make_unique<Instance>(*this);
        session = &scratch->engine().connect();
      }
      kept.push_back(make_plan(parsed.command, parsed.text, schema));
      ResultData& result = scratch->results().take();
      Backend(scratch->engine(), *session, std::source_location::current()).execute(*kept.back(), {}, result);
      scratch->results().give_back(result);
    } catch (SqlError& error) {
      error.locate(parsed.text);
      throw;
    }
  }
  if (scratch) adopt_rows(scratch->engine());
}

Instance::Instance(BlueprintState& state) : state_(state), engine_(state.schema) {
  for (std::size_t table = 0; table < state.rows.size(); ++table)
    for (const Value* values : state.rows[table]) engine_.load(static_cast<std::uint16_t>(table), values);
  engine_.freeze();
}

}  // namespace detail

Blueprint::Blueprint(std::string_view script) : state_(std::make_unique<detail::BlueprintState>()) {
  state_->source = std::string(script);
  state_->run_script(script);
}
Blueprint::~Blueprint() = default;

std::size_t Blueprint::planned() const {
  const std::shared_lock lock(state_->mutex);
  return state_->plans.size();
}

Database::Database(const Blueprint& blueprint, std::string_view name, DatabaseOptions options)
    : state_(*blueprint.state_) {
  {
    const std::lock_guard lock(state_.idle_mutex);
    if (!state_.idle.empty()) {
      instance_ = std::move(state_.idle.back());
      state_.idle.pop_back();
    }
  }
  if (!instance_) instance_ = std::make_unique<detail::Instance>(state_);
  instance_->engine().open(sim::Execution::current_or_null(), name, options);
  instance_->recorder() = DatabaseRecorder(options.is_recorded ? Transcript::current() : nullptr, state_.source);
}

Database::~Database() {
  instance_->engine().reset();
  const std::lock_guard lock(state_.idle_mutex);
  state_.idle.push_back(std::move(instance_));
}

std::size_t Database::waiting_sessions() const {
  return instance_->engine().waiting_sessions();
}

namespace ops {
using sim::Unwinds;
inline constexpr sim::Op connect{"pg.connect", Unwinds::at_once};
inline constexpr sim::Op select{"pg.select", Unwinds::at_once};
inline constexpr sim::Op select_locking{"pg.select_locking", Unwinds::at_once};
inline constexpr sim::Op insert{"pg.insert", Unwinds::at_once};
inline constexpr sim::Op update{"pg.update", Unwinds::at_once};
inline constexpr sim::Op remove{"pg.delete", Unwinds::at_once};
inline constexpr sim::Op commit{"pg.commit", Unwinds::at_once};
inline constexpr sim::Op rollback{"pg.rollback", Unwinds::never};
inline constexpr sim::Op lock_table{"pg.lock_table", Unwinds::at_once};
inline constexpr sim::Op interrupt{"pg.interrupt", Unwinds::at_once};
inline constexpr sim::Op disconnect{"pg.disconnect", Unwinds::never};
inline constexpr sim::Op fault{"pg.fault", Unwinds::at_once};
}  // namespace ops

namespace {

/// The operation that a statement is to the scheduler; null if nobody else can tell when it is executed.
const sim::Op* operation_of(const Plan& plan) {
  if (std::holds_alternative<SelectPlan>(plan.operation)) return plan.writes ? &ops::select_locking : &ops::select;
  if (std::holds_alternative<InsertPlan>(plan.operation)) return &ops::insert;
  if (std::holds_alternative<UpdatePlan>(plan.operation)) return &ops::update;
  if (std::holds_alternative<DeletePlan>(plan.operation)) return &ops::remove;
  if (std::holds_alternative<LockPlan>(plan.operation)) return &ops::lock_table;
  const auto* command = std::get_if<ast::TransactionCommand>(&plan.operation);
  if (command == nullptr) return nullptr;
  switch (command->verb) {
    case ast::TransactionVerb::commit:
      return &ops::commit;
    case ast::TransactionVerb::rollback:
    case ast::TransactionVerb::rollback_to:
      return &ops::rollback;
    default:
      return nullptr;
  }
}

/// The scheduling point before an operation. False if the operation must not be performed: its task is only being
/// unwound.
bool enter(const sim::Op* op, sim::Execution* execution, sim::ObjectId object, sim::Access access,
           const std::source_location& where) {
  if (execution == nullptr) return true;
  if (op != nullptr && op->unwinds == sim::Unwinds::never) {
    execution->step(*op, object, access, where);  // of a destructor: no await, which might be cancelled
  } else if (op != nullptr) {
    execution->suspend(*op, object, access, where);
  }
  return !execution->tearing_down();
}

bool enter_statement(Engine& engine, const Session& session, const Plan& plan, const std::source_location& where) {
  const sim::Op* op = operation_of(plan);
  if (op == &ops::commit || op == &ops::rollback) {
    engine.footprint().object(session.object(), sim::Access::read);  // others may have terminated it
    if (session.undo.empty() && session.held.empty()) op = nullptr;
    return enter(op, engine.execution(), engine.footprint().database(), sim::Access::commute, where);
  }
  const sim::ObjectId object = plan.tables.empty() ? sim::Execution::no_object : engine.table_object(plan.tables[0]);
  return enter(op, engine.execution(), object, plan.writes ? sim::Access::write : sim::Access::read, where);
}

/// Precondition: `is_explaining(engine)`.
void describe(Engine& engine, std::string_view sql, std::span<const Value> params, const std::string& outcome) {
  engine.execution()->note([&] {
    std::string text(sql);
    for (std::size_t i = 0; i < params.size(); ++i)
      text += (i == 0 ? " [$1=" : ", $" + std::to_string(i + 1) + "=") +
              (params[i].is_null() ? "NULL" : to_text(params[i]));
    return text + (params.empty() ? " -> " : "] -> ") + outcome;
  });
}

std::string describe_result(const Rows& rows) {
  std::string text = rows.tag();
  constexpr std::size_t most = 3;
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    text += i == 0 ? ": (" : ", (";
    for (std::size_t column = 0; column < rows.width(); ++column) {
      const Value& value = rows[i].value(column);
      text += (column == 0 ? "" : ", ") + (value.is_null() ? std::string("NULL") : to_text(value));
    }
    text += ")";
  }
  return text + (rows.size() > most ? ", ..." : "");
}

bool is_explaining(const Engine& engine) {
  return engine.execution() != nullptr && engine.execution()->explaining();
}

}  // namespace

ModelConnection Database::connect() {
  return {*instance_, new_session()};
}

std::unique_ptr<Connection> Database::connect_owned() {
  return std::make_unique<ModelConnection>(*instance_, new_session());
}

Session& Database::new_session() {
  Engine& engine = instance_->engine();
  if (sim::Execution* execution = engine.execution(); execution != nullptr && execution->in_task()) {
    execution->step(ops::connect, engine.footprint().sessions(), sim::Access::write, std::source_location::current());
    engine.footprint().object(engine.footprint().sessions(), sim::Access::write);
  }
  return engine.connect();
}

bool ModelConnection::is_waiting() const noexcept {
  return session_.waiter.active;
}

std::size_t ModelConnection::number() const noexcept {
  return session_.index;
}

std::vector<std::size_t> ModelConnection::blocked_by() const {
  const std::vector<std::uint32_t> blockers = instance_.engine().blockers(session_);
  return {blockers.begin(), blockers.end()};
}

void ModelConnection::cancel(const std::source_location& where) {
  Engine& engine = instance_.engine();
  if (enter(&ops::interrupt, engine.execution(), session_.object(), sim::Access::write, where))
    engine.interrupt(session_, false);
}

void ModelConnection::terminate(const std::source_location& where) {
  Engine& engine = instance_.engine();
  if (!enter(&ops::interrupt, engine.execution(), session_.object(), sim::Access::write, where)) return;
  engine.footprint().object(session_.object(), sim::Access::write);
  session_.terminated = true;
  if (session_.waiter.active) {
    engine.interrupt(session_, true);
  } else if (!session_.is_executing && session_.state != Session::State::closed) {
    engine.end_session(session_);
  }
}

void ModelConnection::require_open() const {
  instance_.engine().footprint().object(session_.object(), sim::Access::read);  // others may close or terminate it
  if (session_.state == Session::State::closed)
    throw SqlError(sqlstate::connection_does_not_exist, "connection not open");
}

Rows ModelConnection::execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) {
  Rows rows(instance_.results().take());
  Engine& engine = instance_.engine();
  const Plan* plan = nullptr;
  std::optional<SqlError> fault;
  try {
    plan = &instance_.plan(sql);
  } catch (const SqlError& error) {
    fault = error;
  }
  if (!(plan != nullptr ? enter_statement(engine, session_, *plan, where)
                        : enter(&ops::fault, engine.execution(), sim::Execution::no_object, sim::Access::read, where)))
    return rows;
  require_open();
  const DatabaseRecorder& recorder = instance_.recorder();
  recorder.sent(session_.index, sql, params);
  try {
    Backend backend(engine, session_, where);
    if (fault) backend.refuse(*fault);
    backend.execute(*plan, params, rows.data());
  } catch (const SqlError& error) {
    recorder.answered(session_.index, error);
    if (is_explaining(engine)) describe(engine, sql, params, std::string("ERROR: ") + error.what());
    throw;
  }
  recorder.answered(session_.index, rows);
  if (is_explaining(engine)) describe(engine, sql, params, describe_result(rows));
  return rows;
}

bool ModelConnection::has_something_to_end() const noexcept {
  return !session_.undo.empty() || !session_.held.empty();
}

std::vector<StatementResult> ModelConnection::run_script(std::string_view script, const std::source_location& where) {
  std::vector<StatementResult> results;
  session_.notices.clear();
  try {
    std::vector<ParsedCommand> commands;
    try {
      commands = parse(script);
    } catch (const SqlError& error) {
      Backend(instance_.engine(), session_, where).refuse(error);
    }
    session_.in_script = commands.size() > 1;
    for (const ParsedCommand& command : commands) results.push_back({execute(command.text, {}, where), std::nullopt});
    try {
      Backend(instance_.engine(), session_, where).end_script();
    } catch (const SqlError&) {
      if (!results.empty()) results.pop_back();  // its completion was never reported
      throw;
    }
  } catch (const SqlError& error) {
    session_.in_script = false;
    results.push_back({std::nullopt, error});
  }
  return results;
}

std::span<const Notice> ModelConnection::notices() const noexcept {
  return session_.notices;
}

TransactionStatus ModelConnection::transaction_status() const noexcept {
  if (!session_.in_block) return TransactionStatus::idle;
  return session_.state == Session::State::failed ? TransactionStatus::failed : TransactionStatus::in_block;
}

const Settings& ModelConnection::session_settings() const noexcept {
  return session_.session_settings;
}

void ModelConnection::adopt_settings(const Settings& settings) noexcept {
  session_.session_settings = settings;
}

void ModelConnection::begin_transaction(Isolation isolation, const std::source_location& where) {
  require_open();
  if (session_.in_block)
    throw sim::Error(sim::ErrorCode::usage,
                     "begin() on a connection whose transaction is still open; end that one first");
  if (!enter(nullptr, instance_.engine().execution(), {}, sim::Access::read, where)) return;
  Backend(instance_.engine(), session_, where).begin(isolation, session_.session_settings.default_read_only);
  instance_.recorder().sent(session_.index, begin_text(isolation));
  instance_.recorder().answered(session_.index, "BEGIN");
}

bool ModelConnection::commit_transaction(const std::source_location& where) {
  require_open();
  const sim::Op* op = has_something_to_end() ? &ops::commit : nullptr;
  if (!enter(op, instance_.engine().execution(), instance_.engine().footprint().database(), sim::Access::commute,
             where))
    return false;
  require_open();
  const DatabaseRecorder& recorder = instance_.recorder();
  recorder.sent(session_.index, "COMMIT");
  bool committed = false;
  try {
    committed = Backend(instance_.engine(), session_, where).commit();
  } catch (const SqlError& error) {
    recorder.answered(session_.index, error);
    throw;
  }
  recorder.answered(session_.index, committed ? "COMMIT" : "ROLLBACK");
  if (is_explaining(instance_.engine())) describe(instance_.engine(), "COMMIT", {}, committed ? "COMMIT" : "ROLLBACK");
  return committed;
}

void ModelConnection::roll_back_transaction(const std::source_location& where) noexcept {
  instance_.engine().footprint().object(session_.object(), sim::Access::read);
  if (session_.state == Session::State::closed) return;
  const sim::Op* op = has_something_to_end() ? &ops::rollback : nullptr;
  if (!enter(op, instance_.engine().execution(), instance_.engine().footprint().database(), sim::Access::commute,
             where))
    return;
  instance_.engine().footprint().object(session_.object(), sim::Access::read);
  if (session_.state == Session::State::closed) return;
  Backend(instance_.engine(), session_, where).roll_back();
  instance_.recorder().sent(session_.index, "ROLLBACK");
  instance_.recorder().answered(session_.index, "ROLLBACK");
  if (is_explaining(instance_.engine())) describe(instance_.engine(), "ROLLBACK", {}, "ROLLBACK");
}

void ModelConnection::close() noexcept {
  Engine& engine = instance_.engine();
  engine.footprint().object(session_.object(), sim::Access::write);
  if (session_.state == Session::State::closed) return;
  if (session_.is_executing) {  // the backend does not notice while it waits (F40)
    session_.client_gone = true;
    return;
  }
  if (session_.in_block) roll_back_transaction(std::source_location::current());
  if (session_.session_locks > 0) {
    if (!enter(&ops::disconnect, engine.execution(), session_.object(), sim::Access::write,
               std::source_location::current()))
      return;
  }
  engine.footprint().object(session_.object(), sim::Access::write);
  engine.disconnect(session_);
  instance_.recorder().closed(session_.index);
}

}  // namespace heddle::pg

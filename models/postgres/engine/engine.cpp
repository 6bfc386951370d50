// Storage, snapshots, transactions and undo.
#include "models/postgres/engine/engine.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "models/postgres/sql_error.hpp"
#include "sim/core/error.hpp"
#include "sim/core/hash.hpp"

namespace heddle::pg {

using sim::Access;

Engine::Engine(const Schema& schema) : schema_(&schema) {
  std::size_t widest = 1;
  for (const TableSchema& table : schema.tables) {
    tables_.emplace_back(table);
    tables_.back().lock.key = tables_.size() - 1;
    widest = std::max(widest, table.columns.size());
  }
  null_row_.resize(widest);
  for (const Sequence& sequence : schema.sequences) sequences_.push_back({sequence.value, sequence.is_called});
  transactions_.take().committed = true;             // base_tx
  xids_.take().state = XidRecord::State::committed;  // base_xid
}

void Engine::load(std::uint16_t table, const Value* values) {
  Row& row = rows_.take();
  row.table = table;
  row.ordinal = tables_[table].segments[0].size();
  Version& version = versions_.take();
  version.row = &row;
  row.first = row.newest = &version;
  version.values = values;
  tables_[table].segments[0].push_back(&version);
  index_version(version, nullptr);
}

void Engine::freeze() {
  base_rows_ = rows_.size();
  base_versions_ = versions_.size();
  base_sequences_ = sequences_;
  for (Table& table : tables_)
    for (KeyIndex& index : table.indexes) index.freeze();
}

void Engine::open(sim::Execution* execution, std::string_view name, DatabaseOptions options) {
  arena_.reset();
  execution_ = execution;
  options_ = options;
  footprint_.open(execution, name);
}

void Engine::reset() {
  for (Row* row : dirty_rows_) restore(*row);
  dirty_rows_.clear();
  for (Row* row : footprint_.named_rows()) row->has_object = false;
  footprint_.named_rows().clear();
  for (Table& table : tables_) {
    for (KeyIndex& index : table.indexes) index.reset();
    for (std::size_t i = 1; i < table.segments.size(); ++i) table.segments[i].clear();
    table.has_object = table.lock.has_object = false;
    table.lock.holdings.clear();
    table.lock.waiters.clear();
  }
  advisory_locks_.reset();
  queues_.reset();
  serial_.reset();
  sequences_ = base_sequences_;
  rows_.reset(base_rows_);
  versions_.reset(base_versions_);
  transactions_.reset(1);
  xids_.reset(1);
  sessions_.reset();
  commits_ = 0;
}

namespace {

void clear_mark(Version& version) {
  version.lockers.clear();
  version.is_multi = false;
  version.marks = 0;
  version.queue = nullptr;
}

}  // namespace

void Engine::restore(Row& row) {
  row.dirty = false;
  row.newest = row.first;
  row.first->next = nullptr;
  row.first->deleter = no_tx;
  row.first->key_gone = false;
  clear_mark(*row.first);
}

void Engine::make_dirty(Row& row) {
  if (row.dirty) return;
  row.dirty = true;
  if (row.of_blueprint) dirty_rows_.push_back(&row);
}

Session& Engine::connect() {
  Session& session = sessions_.take();
  session.index = static_cast<std::uint32_t>(sessions_.size() - 1);
  session.state = Session::State::idle;
  session.in_script = session.in_block = session.has_snapshot = session.ran_query = false;
  session.tx = no_tx;
  session.command = 0;
  session.settings = session.session_settings = Settings{};
  session.undo.clear();
  session.savepoints.clear();
  session.notices.clear();
  session.held.clear();
  session.deferred.clear();
  session.serial = no_serial_tx;
  session.xids.clear();
  session.xid = no_xid;
  session.session_locks = 0;
  session.sequence_values.clear();
  session.client_gone = session.terminated = session.is_executing = false;
  session.rows_inserted = 0;
  session.waiter = Waiter{};
  session.waiter.session = session.index;
  if (execution_ != nullptr)
    session.waiter.object = execution_->add_object("pg.session", sim::Name("session", static_cast<int>(session.index)));
  for (Table& table : tables_)
    if (table.segments.size() <= session.index + std::size_t{1}) table.segments.resize(session.index + std::size_t{2});
  return session;
}

std::size_t Engine::waiting_sessions() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < sessions_.size(); ++i)
    if (sessions_[i].waiter.active) ++count;
  return count;
}

void Engine::end_session(Session& session) {
  if (session.tx != no_tx) roll_back(session);
  session.in_block = false;
  session.state = Session::State::idle;
  if (session.session_locks > 0) unlock_all_advisory(session);
}

void Engine::disconnect(Session& session) {
  if (session.state == Session::State::closed) return;
  end_session(session);
  session.state = Session::State::closed;
}

void Engine::begin(Session& session) {
  TxRecord& record = transactions_.take();
  record = {session.index, false, 0, no_serial_tx};
  session.tx = static_cast<TxId>(transactions_.size() - 1);
  session.command = 0;
  session.has_snapshot = false;
  session.ran_query = false;
  session.xids.clear();
  session.xid = no_xid;
  session.settings = session.kept_settings = session.session_settings;
  session.settings.isolation = session.settings.default_isolation;
  session.settings.read_only = session.settings.default_read_only;
  session.knows_time = false;
  session.constraints = ConstraintMode::as_declared;
}

void Engine::commit(Session& session) {
  if (session.serial != no_serial_tx) {
    footprint_.serial(Access::write);
    serial_.prepare_commit(session.serial);
  }
  touch_commit(session);
  TxRecord& record = transactions_[session.tx];
  record.committed = true;
  record.sequence = ++commits_;
  if (session.serial != no_serial_tx) serial_.commit(session.serial, record.sequence);
  for (const Undo& entry : session.undo)
    if (entry.kind == Undo::Kind::lock && !entry.had_lock) footprint_.released(*entry.row);
  end_xids(session, 0, XidRecord::State::committed);
  end_transaction(session);
}

void Engine::roll_back(Session& session) {
  abort_serializable(session);
  undo_to(session, 0);
  end_transaction(session);
}

void Engine::abort_serializable(Session& session) {
  if (session.serial == no_serial_tx) return;
  footprint_.serial(Access::write);
  serial_.roll_back(session.serial);
  session.serial = no_serial_tx;
}

void Engine::end_transaction(Session& session) {
  transactions_[session.tx].ended = true;
  release_held(session, 0);
  session.undo.clear();
  session.savepoints.clear();
  session.tx = no_tx;
  session.has_snapshot = false;
  session.serial = no_serial_tx;
  session.deferred.clear();
  refresh_waiters();
}

void Engine::undo_to(Session& session, std::size_t depth) {
  const std::size_t mark = depth == 0 ? 0 : session.savepoints[depth - 1].undo_mark;
  end_xids(session, depth, XidRecord::State::aborted);
  if (depth == 0) transactions_[session.tx].ended = true;
  while (session.undo.size() > mark) {
    const Undo entry = session.undo.back();
    session.undo.pop_back();
    undo(session, entry);
  }
  refresh_waiters();
}

void Engine::undo(Session& session, const Undo& entry) {
  Row& row = *entry.row;
  Table& table = tables_[row.table];
  footprint_.row(row, table);
  const auto drop = [&](Version& version, const Value* old_values) {
    unindex_version(version, old_values);
    auto& segment = segment_of(session, row.table);
    if (options_.order == PhysicalOrder::by_session) {
      HEDDLE_CHECK(!segment.empty() && segment.back() == &version);
      segment.pop_back();
    } else {  // others keep their places, for who is scanning
      *std::find(segment.rbegin(), segment.rend(), &version) = nullptr;
    }
  };
  switch (entry.kind) {
    case Undo::Kind::insert:
      drop(*entry.version, nullptr);
      row.newest = nullptr;
      break;
    case Undo::Kind::update:
      drop(*entry.successor, entry.version->values);
      entry.version->next = nullptr;
      row.newest = entry.version;
      entry.version->deleter = no_tx;
      entry.version->key_gone = false;
      break;
    case Undo::Kind::remove:
      entry.version->deleter = no_tx;
      entry.version->key_gone = false;
      break;
    case Undo::Kind::lock:
      if (!entry.had_lock) footprint_.released(row);
      break;
  }
}

void Engine::touch_keys(std::uint16_t ordinal, const Value* values, const Value* also, bool added) {
  if (!footprint_.is_on()) return;
  const Table& table = tables_[ordinal];
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    const KeyIndex& index = table.indexes[i];
    const std::uint64_t hash = index.hash_of(values);
    const bool moved = also != nullptr && !index.same_key(values, also);
    footprint_.key(table, ordinal, i, hash, Access::write);
    if (moved) footprint_.key(table, ordinal, i, index.hash_of(also), Access::write);
    if (added && also == nullptr) footprint_.new_key(table, ordinal, i, hash);
    if (moved) footprint_.new_key(table, ordinal, i, index.hash_of(also));
  }
}

void Engine::touch_commit(Session& session) {
  if (session.undo.empty() || !footprint_.is_on()) return;
  bool changes = false;
  const Row* previous = nullptr;
  for (const Undo& entry : session.undo) {
    if (entry.row != previous) footprint_.row(*entry.row, tables_[entry.row->table]);
    previous = entry.row;
    if (entry.kind == Undo::Kind::lock) continue;
    changes = true;
    footprint_.table(tables_[entry.row->table], entry.row->table, Access::write);
    touch_keys(entry.row->table, entry.version->values, entry.successor != nullptr ? entry.successor->values : nullptr,
               entry.kind == Undo::Kind::insert);
  }
  if (changes) footprint_.commits(Access::commute);
}

bool Engine::is_visible(const Version& version, const Snapshot& snapshot) const {
  const auto seen = [&](TxId tx, std::uint32_t command) {
    if (tx == snapshot.own) return command < snapshot.command;
    const TxRecord& record = transactions_[tx];
    return record.committed && record.sequence <= snapshot.sequence;
  };
  if (!seen(version.creator, version.created_by)) return false;
  return version.deleter == no_tx || !seen(version.deleter, version.deleted_by);
}

Version* Engine::visible_version(const Row& row, const Snapshot& snapshot) const {
  if (row.newest == nullptr) return nullptr;
  for (Version* version = row.first; version != nullptr; version = version->next)
    if (is_visible(*version, snapshot)) return version;
  return nullptr;
}

Engine::Matches Engine::look_up(StatementContext& statement, std::uint16_t ordinal, std::size_t index,
                                std::span<const Value> key) {
  Matches matches;
  if (std::any_of(key.begin(), key.end(), [](const Value& value) { return value.is_null(); })) return matches;
  Table& table = tables_[ordinal];
  const KeyIndex& keys = table.indexes[index];
  std::uint64_t hash = keys.columns().size();
  for (const Value& value : key) hash = sim::mix(hash, pg::hash(value));
  if (!statement.pinned) footprint_.key(table, ordinal, index, hash, Access::read);
  keys.each(hash, [&](const Version& entry) {  // the newest first
    Version* version = visible_version(*entry.row, statement.snapshot);
    if (version == nullptr || !keys.matches(version->values, key)) return true;
    if (matches.count == 1 && matches.versions[0] == version) return true;
    HEDDLE_CHECK(matches.count < matches.versions.size());
    matches.versions[matches.count++] = version;
    return true;
  });
  if (matches.count == 2) std::swap(matches.versions[0], matches.versions[1]);
  return matches;
}

void Engine::touch_scan(StatementContext& statement, std::uint16_t table) {
  if (!statement.pinned) footprint_.table(tables_[table], table, Access::read);
}

Row& Engine::new_row(std::uint16_t table, Session& session) {
  Row& row = rows_.take();
  row.table = table;
  row.dirty = false;
  row.has_object = false;
  row.first = row.newest = nullptr;
  row.of_blueprint = false;
  row.writer = session.object();
  row.ordinal = session.rows_inserted++;
  return row;
}

Version& Engine::new_version(Session& session, Row& row, const Value* values) {
  Version& version = versions_.take();
  version.row = &row;
  version.values = values;
  version.creator = session.tx;
  version.creator_xid = current_xid(session);
  version.deleter = no_tx;
  version.created_by = session.command;
  version.deleted_by = 0;
  version.next = nullptr;
  version.key_gone = false;
  clear_mark(version);
  return version;
}

void Engine::append(Session& session, Version& version) {
  segment_of(session, version.row->table).push_back(&version);
}

std::vector<Version*>& Engine::segment_of(const Session& session, std::uint16_t table) {
  return tables_[table].segments[options_.order == PhysicalOrder::by_time ? 1 : session.index + std::size_t{1}];
}

void Engine::index_version(Version& version, const Value* old_values) {
  for (KeyIndex& index : tables_[version.row->table].indexes) {
    if (index.has_null(version.values) || (old_values != nullptr && index.same_key(version.values, old_values)))
      continue;
    index.insert(version, index.hash_of(version.values));
  }
}

void Engine::unindex_version(const Version& version, const Value* old_values) {
  const std::uint16_t ordinal = version.row->table;
  Table& table = tables_[ordinal];
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    KeyIndex& index = table.indexes[i];
    if (index.has_null(version.values) || (old_values != nullptr && index.same_key(version.values, old_values)))
      continue;
    const std::uint64_t hash = index.hash_of(version.values);
    footprint_.new_key(table, ordinal, i, hash);
    index.erase(version, hash);
  }
}

namespace {

[[noreturn]] void duplicate_key(const TableSchema& schema, std::size_t index, const Value* values) {
  const UniqueIndex& definition = schema.indexes[index];
  SqlError error(sqlstate::unique_violation,
                 "duplicate key value violates unique constraint \"" + definition.name + "\"");
  std::string names;
  std::string texts;
  const char* separator = "";
  for (const std::uint16_t column : definition.columns) {
    if (schema.columns[column].is_condition) continue;
    names += separator + schema.columns[column].name;
    texts += separator + to_text(values[column]);
    separator = ", ";
  }
  error.set_detail("Key (" + names + ")=(" + texts + ") already exists.");
  throw error;
}

}  // namespace

Version& Engine::insert(StatementContext& statement, std::uint16_t ordinal, const Value* values) {
  Session& session = statement.session;
  Row& row = new_row(ordinal, session);
  Version& version = new_version(session, row, values);
  check_write(statement, ordinal, nullptr, values, false);
  row.first = row.newest = &version;
  append(session, version);
  session.undo.push_back({Undo::Kind::insert, false, &row, &version, nullptr});
  Table& table = tables_[ordinal];
  // Index by index, as the server does: while it waits for the second key, the first is taken already.
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    KeyIndex& index = table.indexes[i];
    if (index.has_null(values)) continue;
    const Conflict conflict = find_conflict(statement, ordinal, values, i, &row);
    check_write(statement, ordinal, nullptr, values, true);
    if (conflict.version != nullptr) duplicate_key(*table.schema, i, values);
    index.insert(version, index.hash_of(values));
  }
  return version;
}

Version& Engine::update(StatementContext& statement, Version& old, const Value* values) {
  Session& session = statement.session;
  Row& row = *old.row;
  Table& table = tables_[row.table];
  check_write(statement, row.table, &old, values, true);
  make_dirty(row);
  Version& version = new_version(session, row, values);
  old.deleter = session.tx;
  old.deleted_by = session.command;
  old.next = &version;
  const LockStrength strength =
      key_changes(table, old.values, values) ? LockStrength::update : LockStrength::no_key_update;
  carry_mark(old, version);
  note_lock(session, row, strength, true);
  mark(session, old, strength, true);
  // Its lock and its change are one mark: after FOR UPDATE, any change counts as one of the key.
  old.key_gone = std::any_of(old.lockers.begin(), old.lockers.end(),
                             [](const Locker& locker) { return locker.strength == LockStrength::update; });
  row.newest = &version;
  append(session, version);
  session.undo.push_back({Undo::Kind::update, false, &row, &old, &version});
  for (std::size_t i = 0; i < table.indexes.size(); ++i) {
    KeyIndex& index = table.indexes[i];
    if (index.has_null(values) || index.same_key(values, old.values)) continue;
    const Conflict conflict = find_conflict(statement, row.table, values, i, &row);
    if (conflict.version != nullptr) duplicate_key(*table.schema, i, values);
    index.insert(version, index.hash_of(values));
  }
  return version;
}

void Engine::remove(StatementContext& statement, Version& old) {
  Session& session = statement.session;
  check_write(statement, old.row->table, &old, nullptr, true);
  note_lock(session, *old.row, LockStrength::update, true);
  mark(session, old, LockStrength::update, true);
  old.deleter = session.tx;
  old.deleted_by = session.command;
  old.key_gone = true;
  session.undo.push_back({Undo::Kind::remove, false, old.row, &old, nullptr});
}

bool Engine::key_changes(const Table& table, const Value* before, const Value* after) const {
  return std::any_of(table.indexes.begin(), table.indexes.end(),
                     [&](const KeyIndex& index) { return index.is_plain() && !index.same_key(before, after); });
}

Value* Engine::allocate_values(std::size_t count) {
  return static_cast<Value*>(arena_.allocate(count * sizeof(Value), alignof(Value)));
}

Value Engine::keep(const Value& value) {
  return value.kind() == Value::Kind::text ? Value::of(arena_.copy(value.text())) : value;
}

}  // namespace heddle::pg

// Foreign keys, as the server's ri_triggers.c: checks after the statement (or at COMMIT, if deferred), by queries that
// lock the other side's rows KEY SHARE. A child is checked under the transaction's own snapshot; what refers to a
// parent is looked for in what is committed now, even at REPEATABLE READ, where rows that the transaction does not see
// make a cascade fail (40001).
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

using Outcome = LockResult::Outcome;
using Kind = DeferredCheck::Kind;

// Not modelled: MATCH FULL, and foreign keys between columns of different types.

namespace {

bool has_null(const std::vector<std::uint16_t>& columns, const Value* values) {
  return std::any_of(columns.begin(), columns.end(), [&](std::uint16_t column) { return values[column].is_null(); });
}

bool same_in(const std::vector<std::uint16_t>& columns, const Value* a, const Value* b) {
  return std::all_of(columns.begin(), columns.end(), [&](std::uint16_t column) { return same(a[column], b[column]); });
}

/// Whether a child row's foreign key is `key`.
bool refers_to(const ForeignKey& foreign_key, const Value* child, std::span<const Value> key) {
  for (std::size_t i = 0; i < key.size(); ++i)
    if (child[foreign_key.columns[i]].is_null() || compare(child[foreign_key.columns[i]], key[i]) != 0) return false;
  return true;
}

std::string describe_key(const TableSchema& table, const std::vector<std::uint16_t>& columns, const Value* values) {
  std::string names;
  std::string texts;
  for (const std::uint16_t column : columns) {
    names += (names.empty() ? "" : ", ") + table.columns[column].name;
    texts += (texts.empty() ? "" : ", ") + to_text(values[column]);
  }
  return "Key (" + names + ")=(" + texts + ")";
}

}  // namespace

void Executor::queue_checks(std::uint16_t ordinal, Version* old, Version* now) {
  const TableSchema& schema = *engine_.table(ordinal).schema;
  if (old != nullptr) {
    for (const Reference& reference : schema.referenced_by) {
      const ForeignKey& foreign_key = engine_.schema().tables[reference.table].foreign_keys[reference.foreign_key];
      const auto& columns = foreign_key.parent_columns;
      if (has_null(columns, old->values) || (now != nullptr && same_in(columns, old->values, now->values))) continue;
      add_check({now == nullptr ? Kind::parent_delete : Kind::parent_update, false, reference.table,
                 reference.foreign_key, old, now});
    }
  }
  if (now == nullptr) return;
  for (std::size_t i = 0; i < schema.foreign_keys.size(); ++i) {
    const auto& columns = schema.foreign_keys[i].columns;
    if (has_null(columns, now->values)) continue;
    // A row that is this transaction's own is checked again whatever has changed (RI_FKey_fk_upd_check_required).
    if (old != nullptr && old->creator != statement_.session.tx && same_in(columns, old->values, now->values)) continue;
    add_check({Kind::child, false, ordinal, static_cast<std::uint16_t>(i), now, nullptr});
  }
}

void Executor::add_check(const DeferredCheck& check) {
  const ForeignKey& foreign_key = foreign_key_of(check);
  const ForeignKeyAction action = check.kind == Kind::parent_delete   ? foreign_key.on_delete
                                  : check.kind == Kind::parent_update ? foreign_key.on_update
                                                                      : ForeignKeyAction::no_action;
  const auto constraints = statement_.session.constraints;
  const bool is_deferred =
      foreign_key.deferrable &&
      (constraints == ConstraintMode::as_declared ? foreign_key.deferred : constraints == ConstraintMode::deferred);
  if (is_deferred && action == ForeignKeyAction::no_action) {
    statement_.session.deferred.push_back(check);
  } else {
    checks_.push_back(check);
  }
}

const ForeignKey& Executor::foreign_key_of(const DeferredCheck& check) const {
  return engine_.schema().tables[check.table].foreign_keys[check.foreign_key];
}

void Executor::fire_checks() {
  if (!checks_.empty()) engine_.let_others_pass(statement_);
  // In the order in which they came up: a cascade's own checks come after those of the statement.
  for (std::size_t i = 0; i < checks_.size(); ++i)
    if (!std::exchange(checks_[i].fired, true)) fire(DeferredCheck(checks_[i]));
}

void Executor::fire_deferred() {
  auto& deferred = statement_.session.deferred;
  for (std::size_t i = 0; i < deferred.size(); ++i) {
    const DeferredCheck check = deferred[i];
    fire(check);
    fire_checks();
  }
  deferred.clear();
}

StatementContext Executor::inner_statement(const std::vector<std::uint16_t>& tables, bool latest, bool is_select) {
  Session& session = statement_.session;
  ++session.command;
  const bool fresh = latest || !statement_.repeatable;
  Snapshot snapshot{engine_.commit_sequence(), session.tx, session.command};
  if (!fresh) snapshot.sequence = session.snapshot.sequence;
  return {session, tables, snapshot, !fresh, statement_.repeatable, is_select, statement_.deadline, statement_.where};
}

void Executor::fire(const DeferredCheck& check) {
  const ForeignKey& foreign_key = foreign_key_of(check);
  if (check.kind == Kind::child) {
    if (check.version->deleter != statement_.session.tx) check_child(check, foreign_key);
    return;
  }
  const ForeignKeyAction action = check.kind == Kind::parent_delete ? foreign_key.on_delete : foreign_key.on_update;
  if (action == ForeignKeyAction::no_action || action == ForeignKeyAction::restricted) {
    check_parent(check, foreign_key, action);
  } else {
    cascade(check, foreign_key, action);
  }
}

void Executor::check_child(const DeferredCheck& check, const ForeignKey& foreign_key) {
  StatementContext inner = inner_statement(foreign_key.parent_tables, false, true);
  constexpr std::size_t most = 32;
  Value key[most];
  const std::size_t size = foreign_key.columns.size();
  for (std::size_t i = 0; i < size; ++i) key[i] = check.version->values[foreign_key.columns[i]];
  const std::span<const Value> wanted(key, size);
  engine_.lock_table(inner, foreign_key.parent, TableLockMode::row_share);
  if (is_there(inner, foreign_key, wanted)) return;
  const TableSchema& child = engine_.schema().tables[check.table];
  SqlError error(
      sqlstate::foreign_key_violation,
      "insert or update on table \"" + child.name + "\" violates foreign key constraint \"" + foreign_key.name + "\"");
  error.set_detail(describe_key(child, foreign_key.columns, check.version->values) + " is not present in table \"" +
                   engine_.schema().tables[foreign_key.parent].name + "\".");
  throw error;
}

bool Executor::is_there(StatementContext& inner, const ForeignKey& foreign_key, std::span<const Value> key) {
  const KeyIndex& index = engine_.table(foreign_key.parent).indexes[foreign_key.parent_index];
  for (Version* found : engine_.look_up(inner, foreign_key.parent, foreign_key.parent_index, key)) {
    const LockResult result = engine_.lock(inner, *found, LockStrength::key_share, WaitPolicy::block);
    if (result.outcome == Outcome::granted) return true;
    if (result.outcome == Outcome::moved && index.matches(result.version->values, key)) return true;
  }
  return false;
}

void Executor::each_child(StatementContext& inner, std::uint16_t table, const ForeignKey& foreign_key,
                          std::span<const Value> key, FunctionRef<bool(Version&)> visit) {
  engine_.touch_scan(inner, table);
  const Table& child = engine_.table(table);
  for (std::size_t segment = 0; segment < child.segments.size(); ++segment)
    for (std::size_t i = 0; i < child.segments[segment].size(); ++i) {
      Version* const version = child.segments[segment][i];
      if (version != nullptr && engine_.is_visible(*version, inner.snapshot) &&
          refers_to(foreign_key, version->values, key) && !visit(*version))
        return;
    }
}

void Executor::check_parent(const DeferredCheck& check, const ForeignKey& foreign_key, ForeignKeyAction action) {
  const Value* key = parent_key(foreign_key, check.version->values);
  const std::span<const Value> wanted(key, foreign_key.columns.size());
  if (action == ForeignKeyAction::no_action) {  // another row may have taken over the key
    StatementContext inner = inner_statement(foreign_key.parent_tables, true, true);
    engine_.lock_table(inner, foreign_key.parent, TableLockMode::row_share);
    if (is_there(inner, foreign_key, wanted)) return;
  }
  StatementContext inner = inner_statement(foreign_key.child_tables, true, true);
  engine_.lock_table(inner, check.table, TableLockMode::row_share);
  bool found = false;
  auto lock = [&](Version& version) {
    const LockResult result = engine_.lock(inner, version, LockStrength::key_share, WaitPolicy::block);
    found = result.outcome == Outcome::granted ||
            (result.outcome == Outcome::moved && refers_to(foreign_key, result.version->values, wanted));
    return !found;
  };
  each_child(inner, check.table, foreign_key, wanted, lock);
  if (!found) return;
  const TableSchema& parent = engine_.schema().tables[foreign_key.parent];
  const std::string& child = engine_.schema().tables[check.table].name;
  SqlError error(sqlstate::foreign_key_violation, "update or delete on table \"" + parent.name +
                                                      "\" violates foreign key constraint \"" + foreign_key.name +
                                                      "\" on table \"" + child + "\"");
  error.set_detail(describe_key(parent, foreign_key.parent_columns, check.version->values) +
                   " is still referenced from table \"" + child + "\".");
  throw error;
}

const Value* Executor::parent_key(const ForeignKey& foreign_key, const Value* values) {
  Value* key = engine_.allocate_values(foreign_key.parent_columns.size());
  for (std::size_t i = 0; i < foreign_key.parent_columns.size(); ++i) key[i] = values[foreign_key.parent_columns[i]];
  return key;
}

void Executor::cascade(const DeferredCheck& check, const ForeignKey& foreign_key, ForeignKeyAction action) {
  const std::span<const Value> key(parent_key(foreign_key, check.version->values), foreign_key.columns.size());
  StatementContext inner = inner_statement(foreign_key.child_tables, true, false);
  engine_.lock_table(inner, check.table, TableLockMode::row_exclusive);
  auto change = [&](Version& version) {
    cascade_row(inner, check, foreign_key, action, version, key);
    return true;
  };
  each_child(inner, check.table, foreign_key, key, change);
  // Where the default is the key that went, the child has not changed and is not checked (ri_set).
  if (action == ForeignKeyAction::set_default) check_parent(check, foreign_key, ForeignKeyAction::no_action);
}

void Executor::cascade_row(StatementContext& inner, const DeferredCheck& check, const ForeignKey& foreign_key,
                           ForeignKeyAction action, Version& seen, std::span<const Value> key) {
  Table& table = engine_.table(check.table);
  const bool removes = action == ForeignKeyAction::cascade && check.kind == Kind::parent_delete;
  for (Version* version = &seen;;) {
    Value* values = nullptr;
    LockStrength strength = LockStrength::update;
    if (!removes) {
      values = engine_.allocate_values(table.schema->columns.size());
      std::copy_n(version->values, table.schema->columns.size(), values);
      for (std::size_t i = 0; i < foreign_key.columns.size(); ++i) {
        const Column& column = table.schema->columns[foreign_key.columns[i]];
        values[foreign_key.columns[i]] =
            action == ForeignKeyAction::cascade ? check.successor->values[foreign_key.parent_columns[i]]
            : action == ForeignKeyAction::set_default && column.default_value ? evaluate(*column.default_value, Frame{})
                                                                              : Value();
      }
      check_row(table, values);
      if (!engine_.key_changes(table, version->values, values)) strength = LockStrength::no_key_update;
    }
    const LockResult result = engine_.prepare_change(inner, *version, strength);
    if (result.outcome == Outcome::granted) {
      Snapshot own = statement_.session.snapshot;
      own.command = inner.snapshot.command;
      if (statement_.repeatable && !engine_.is_visible(*version, own))
        throw SqlError(sqlstate::serialization_failure, "could not serialize access due to concurrent update");
      if (removes) {
        engine_.remove(inner, *version);
        queue_checks(check.table, version, nullptr);
      } else {
        queue_checks(check.table, version, &engine_.update(inner, *version, values));
      }
      return;
    }
    if (result.outcome != Outcome::moved || !refers_to(foreign_key, result.version->values, key)) return;
    version = result.version;
  }
}

}  // namespace heddle::pg

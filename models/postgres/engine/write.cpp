// UPDATE and DELETE.
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

using Outcome = LockResult::Outcome;

Value* Executor::assigned(const std::vector<Assignment>& assignments, const Table& table, const Value* old,
                          const Frame& frame) {
  const std::size_t width = table.schema->columns.size();
  Value* values = engine_.allocate_values(width);
  std::copy_n(old, width, values);
  for (const Assignment& assignment : assignments) values[assignment.column] = evaluate(assignment.value, frame);
  return values;
}

void Executor::compute_keys(Engine& engine, const TableSchema& table, Value* values) {
  static const Plan nothing;
  static const std::vector<std::uint16_t> no_tables;
  Session session;
  StatementContext statement{session, no_tables, {}, true, true, false, {}, std::source_location::current()};
  ResultData result;
  Executor(engine, statement, nothing, {}, result).compute_keys(table, values);
}

void Executor::compute_keys(const TableSchema& table, Value* values) {
  const Value* row = values;
  const Frame frame{&row, nullptr, nullptr};
  for (std::size_t i = table.columns.size() - table.hidden; i < table.columns.size(); ++i) {
    const Value value = evaluate(*table.columns[i].computed, frame);
    values[i] = table.columns[i].is_condition && !value.is_true() ? Value() : value;
  }
}

void Executor::check_row(const Table& table, Value* values) {
  const TableSchema& schema = *table.schema;
  const auto failing_row = [&] {
    std::string text = "Failing row contains (";
    for (std::size_t i = 0; i + schema.hidden < schema.columns.size(); ++i)
      text += (i > 0 ? ", " : "") + (values[i].is_null() ? std::string("null") : to_text(values[i]));
    return text + ").";
  };
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (!schema.columns[i].not_null || !values[i].is_null()) continue;
    SqlError error(sqlstate::not_null_violation, "null value in column \"" + schema.columns[i].name +
                                                     "\" of relation \"" + schema.name +
                                                     "\" violates not-null constraint");
    error.set_detail(failing_row());
    throw error;
  }
  const Value* row = values;
  const Frame frame{&row, nullptr, nullptr};
  for (const Check& check : schema.checks) {
    const Value value = evaluate(check.condition, frame);
    if (value.is_null() || value.boolean()) continue;
    SqlError error(sqlstate::check_violation,
                   "new row for relation \"" + schema.name + "\" violates check constraint \"" + check.name + "\"");
    error.set_detail(failing_row());
    throw error;
  }
  compute_keys(schema, values);
}

void Executor::returning(const std::vector<OutputColumn>& outputs, const Frame& frame) {
  ++result_.affected;
  if (outputs.empty()) return;
  for (const OutputColumn& output : outputs) result_.values.push_back(evaluate(output.value, frame));
  ++result_.rows;
}

void Executor::update(const UpdatePlan& plan) {
  result_.counts = true;
  Combination current = new_combination(plan.source);
  const Frame frame{current.rows, nullptr, nullptr};
  auto visit = [&] {
    // The scan goes on from what the snapshot showed, whatever version is updated in the end.
    Version* const version = current.versions[0];
    update_row(plan, current, frame);
    current.versions[0] = version;
    current.rows[0] = version->values;
    return true;
  };
  scan(plan.source, current, frame, visit);
}

void Executor::update_row(const UpdatePlan& plan, Combination& current, const Frame& frame) {
  Table& table = engine_.table(plan.source.relations[0].table);
  for (bool is_locked = false;; is_locked = true) {
    Version& old = *current.versions[0];
    Value* values = assigned(plan.assignments, table, old.values, frame);
    check_row(table, values);
    const LockStrength strength =
        engine_.key_changes(table, old.values, values) ? LockStrength::update : LockStrength::no_key_update;
    // ON CONFLICT at REPEATABLE READ can tell a row that is locked, and loses its key afterwards.
    if (is_locked && strength == LockStrength::update) engine_.let_others_pass(statement_);
    const LockResult result = engine_.prepare_change(statement_, old, strength);
    if (result.outcome == Outcome::granted) {
      queue_checks(plan.source.relations[0].table, &old, &engine_.update(statement_, old, values));
      current.rows[0] = values;
      returning(plan.returning, frame);
      return;
    }
    if (result.outcome != Outcome::moved) return;
    // The newest version stays locked even if it no longer qualifies (F29).
    current.versions[0] = result.version;
    current.rows[0] = result.version->values;
    if (!recheck(plan.source, current, frame)) return;
  }
}

void Executor::remove(const DeletePlan& plan) {
  result_.counts = true;
  Combination current = new_combination(plan.source);
  const Frame frame{current.rows, nullptr, nullptr};
  auto visit = [&] {
    Version* const version = current.versions[0];
    remove_row(plan, current, frame);
    current.versions[0] = version;
    current.rows[0] = version->values;
    return true;
  };
  scan(plan.source, current, frame, visit);
}

void Executor::remove_row(const DeletePlan& plan, Combination& current, const Frame& frame) {
  for (bool is_locked = false;; is_locked = true) {
    if (is_locked) engine_.let_others_pass(statement_);  // as in update_row
    const LockResult result = engine_.prepare_change(statement_, *current.versions[0], LockStrength::update);
    if (result.outcome == Outcome::granted) {
      engine_.remove(statement_, *current.versions[0]);
      queue_checks(plan.source.relations[0].table, current.versions[0], nullptr);
      returning(plan.returning, frame);
      return;
    }
    if (result.outcome != Outcome::moved) return;
    current.versions[0] = result.version;
    current.rows[0] = result.version->values;
    if (!recheck(plan.source, current, frame)) return;
  }
}

}  // namespace heddle::pg

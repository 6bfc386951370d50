// INSERT and ON CONFLICT.
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

using Outcome = LockResult::Outcome;

void Executor::insert(const InsertPlan& plan) {
  result_.counts = true;
  const std::size_t width = engine_.table(plan.table).schema->columns.size();
  const auto make = [&](const std::vector<Expr>& exprs, const Frame& frame) {
    Value* values = engine_.allocate_values(width);
    for (std::size_t i = 0; i < width; ++i) values[i] = evaluate(exprs[i], frame);
    return values;
  };
  if (plan.source) {
    auto emit = [&](const Value* outputs) {
      insert_row(plan, make(plan.rows[0], Frame{&outputs, nullptr, nullptr}));
      return true;
    };
    run_select(*plan.source, nullptr, emit);
    return;
  }
  for (const auto& row : plan.rows) insert_row(plan, make(row, Frame{}));
}

void Executor::insert_row(const InsertPlan& plan, Value* values) {
  check_row(engine_.table(plan.table), values);
  if (plan.on_conflict && handle_conflict(plan, values)) return;
  queue_checks(plan.table, nullptr, &engine_.insert(statement_, plan.table, values));
  const Value* row = values;
  returning(plan.returning, Frame{&row, nullptr, nullptr});
}

/// ExecCheckTupleVisible.
void Executor::require_visible(const Version& existing) const {
  if (statement_.repeatable && existing.creator != statement_.session.tx &&
      !engine_.is_visible(existing, statement_.snapshot))
    throw SqlError(sqlstate::serialization_failure, "could not serialize access due to concurrent update");
}

bool Executor::handle_conflict(const InsertPlan& plan, Value* values) {
  const ConflictPlan& on_conflict = *plan.on_conflict;
  for (;;) {
    const std::optional<std::size_t> arbiter =
        on_conflict.arbiter ? std::optional<std::size_t>(*on_conflict.arbiter) : std::nullopt;
    const Engine::Conflict conflict = engine_.find_conflict(statement_, plan.table, values, arbiter, nullptr);
    if (conflict.version == nullptr) return false;
    Version& existing = *conflict.version;
    const bool is_own = existing.creator == statement_.session.tx;
    if (!on_conflict.do_update) {
      require_visible(existing);
      return true;
    }
    if (is_own && existing.created_by == statement_.session.command)
      throw SqlError(sqlstate::cardinality_violation, "ON CONFLICT DO UPDATE command cannot affect row a second time");
    bool retry = false;
    if (update_conflicting(plan, existing, values, retry)) return true;
    if (!retry) return true;
  }
}

bool Executor::update_conflicting(const InsertPlan& plan, Version& existing, const Value* values, bool& retry) {
  const ConflictPlan& on_conflict = *plan.on_conflict;
  Table& table = engine_.table(plan.table);
  const LockStrength strength = on_conflict.names_key ? LockStrength::update : LockStrength::no_key_update;
  const LockResult result = engine_.lock_existing(statement_, existing, strength);
  retry = result.outcome != Outcome::granted;
  if (retry) return false;
  require_visible(existing);
  const Value* rows[2] = {existing.values, values};
  const Frame frame{rows, nullptr, nullptr};
  if (on_conflict.where && !holds(*on_conflict.where, frame)) return false;
  Value* changed = assigned(on_conflict.assignments, table, existing.values, frame);
  check_row(table, changed);
  queue_checks(plan.table, &existing, &engine_.update(statement_, existing, changed));
  rows[0] = changed;
  returning(plan.returning, frame);
  return true;
}

}  // namespace heddle::pg

// SELECT: locking, projection, ordering, DISTINCT, LIMIT and sub-selects.
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

void Executor::select(const SelectPlan& plan) {
  auto emit = [&](const Value* outputs) {
    result_.values.insert(result_.values.end(), outputs, outputs + plan.outputs.size());
    ++result_.rows;
    return true;
  };
  run_select(plan, nullptr, emit);
  result_.affected = result_.rows;
  result_.counts = true;
}

std::int64_t Executor::row_count(const std::optional<Expr>& expr, const Frame& frame, bool is_limit) {
  const std::int64_t otherwise = is_limit ? INT64_MAX : 0;
  if (!expr) return otherwise;
  const Value value = evaluate(*expr, frame);
  if (value.is_null()) return otherwise;
  if (value.integer() < 0)
    throw SqlError(is_limit ? sqlstate::invalid_row_count_in_limit : sqlstate::invalid_row_count_in_offset,
                   is_limit ? "LIMIT must not be negative" : "OFFSET must not be negative");
  return value.integer();
}

void Executor::run_select(const SelectPlan& plan, const Frame* outer, Emit emit) {
  const Frame outside{nullptr, nullptr, outer};
  std::int64_t limit = row_count(plan.limit, outside, true);
  std::int64_t offset = row_count(plan.offset, outside, false);
  if (limit == 0) return;
  auto limited = [&](const Value* outputs) {
    if (offset > 0) {
      --offset;
      return true;
    }
    return emit(outputs) && --limit > 0;
  };
  const Source* const around = limited_;
  if (plan.limit && !plan.distinct && !plan.grouped) limited_ = &plan.source;
  if (!plan.values.empty()) {
    select_values(plan, outer, limited);
  } else if (plan.distinct) {
    select_distinct(plan, outer, limited);
  } else if (plan.grouped) {
    select_grouped(plan, outer, limited);
  } else if (!plan.order_by.empty()) {
    select_sorted(plan, outer, limited);
  } else {
    select_plain(plan, outer, limited);
  }
  limited_ = around;
}

bool Executor::project(const SelectPlan& plan, const Frame& frame, Emit emit) {
  Value* outputs = engine_.allocate_values(plan.outputs.size());
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) outputs[i] = evaluate(plan.outputs[i].value, frame);
  return emit(outputs);
}

bool Executor::lock_rows(const SelectPlan& plan, Combination& current, const Frame& frame) {
  bool moved = false;
  if (!plan.row_marks.empty()) statement_.is_select = true;  // also in an UPDATE's sub-select; nothing else asks then
  for (const RowMark& mark : plan.row_marks) {
    const LockResult result = engine_.lock(statement_, *current.versions[mark.relation], mark.strength, mark.policy);
    if (result.outcome == LockResult::Outcome::granted) continue;
    if (result.outcome != LockResult::Outcome::moved) return false;
    current.versions[mark.relation] = result.version;
    current.rows[mark.relation] = result.version->values;
    moved = true;
  }
  return !moved || recheck(plan.source, current, frame);
}

bool Executor::lock_and_emit(const SelectPlan& plan, Combination& current, const Frame& frame, Emit emit) {
  if (plan.limit) note_rows(plan.source, current);
  if (plan.row_marks.empty()) return project(plan, frame, emit);
  // What is locked may move on to a newer version; the loop over the other relations goes on from the old one.
  const std::size_t count = plan.source.relations.size();
  Combination copy = new_combination(plan.source);
  std::copy_n(current.rows, count, copy.rows);
  std::copy_n(current.versions, count, copy.versions);
  const Frame locked{copy.rows, nullptr, frame.outer};
  return !lock_rows(plan, copy, locked) || project(plan, locked, emit);
}

void Executor::select_plain(const SelectPlan& plan, const Frame* outer, Emit emit) {
  Combination current = new_combination(plan.source);
  const Frame frame{current.rows, nullptr, outer};
  auto visit = [&] { return lock_and_emit(plan, current, frame, emit); };
  scan(plan.source, current, frame, visit);
}

void Executor::add_sort_keys(const SelectPlan& plan, Combination& combination, const Frame& frame) {
  combination.sort_keys = engine_.allocate_values(plan.order_by.size());
  for (std::size_t i = 0; i < plan.order_by.size(); ++i) {
    const SortKey& key = plan.order_by[i];
    combination.sort_keys[i] = evaluate(key.output ? plan.outputs[*key.output].value : key.value, frame);
  }
}

bool Executor::sorts_before(const SelectPlan& plan, const Value* a, const Value* b) const {
  for (std::size_t i = 0; i < plan.order_by.size(); ++i) {
    const SortKey& key = plan.order_by[i];
    if (a[i].is_null() || b[i].is_null()) {
      if (a[i].is_null() == b[i].is_null()) continue;
      return a[i].is_null() == key.nulls_first;
    }
    const std::strong_ordering order = compare(a[i], b[i]);
    if (order != 0) return (order < 0) != key.descending;
  }
  return false;
}

void Executor::sort(const SelectPlan& plan, ArenaVector<Combination>& found) const {
  for (std::size_t i = 0; i < found.size(); ++i) found[i].ordinal = i;
  std::sort(found.begin(), found.end(), [&](const Combination& a, const Combination& b) {
    if (sorts_before(plan, a.sort_keys, b.sort_keys)) return true;
    return a.ordinal < b.ordinal &&
           !sorts_before(plan, b.sort_keys, a.sort_keys);  // stable, without stable_sort's buffer
  });
}

void Executor::select_sorted(const SelectPlan& plan, const Frame* outer, Emit emit) {
  ArenaVector<Combination> found(engine_.arena());
  Combination current = new_combination(plan.source);
  const Frame frame{current.rows, nullptr, outer};
  const std::size_t count = plan.source.relations.size();
  auto visit = [&] {
    Combination copy = new_combination(plan.source);
    std::copy_n(current.rows, count, copy.rows);
    std::copy_n(current.versions, count, copy.versions);
    add_sort_keys(plan, copy, frame);
    found.push_back(copy);
    return true;
  };
  scan(plan.source, current, frame, visit);
  sort(plan, found);
  for (Combination& combination : found)  // locks are taken in sorted order, and values are those found then: F28, F53
    if (!lock_and_emit(plan, combination, Frame{combination.rows, nullptr, outer}, emit)) return;
}

void Executor::select_distinct(const SelectPlan& plan, const Frame* outer, Emit emit) {
  ArenaVector<Combination> found(engine_.arena());
  const std::size_t width = plan.outputs.size();
  auto gather = [&](const Value* outputs) {
    for (const Combination& other : found)
      if (std::equal(outputs, outputs + width, *other.rows, same)) return true;
    Combination entry;
    entry.rows = static_cast<const Value**>(engine_.arena().allocate(sizeof(Value*), alignof(Value*)));
    *entry.rows = outputs;
    entry.sort_keys = engine_.allocate_values(plan.order_by.size());
    for (std::size_t i = 0; i < plan.order_by.size(); ++i) entry.sort_keys[i] = outputs[*plan.order_by[i].output];
    found.push_back(entry);
    return true;
  };
  if (plan.grouped) {
    select_grouped(plan, outer, gather);
  } else {
    select_plain(plan, outer, gather);
  }
  sort(plan, found);
  for (const Combination& entry : found)
    if (!emit(*entry.rows)) return;
}

void Executor::select_values(const SelectPlan& plan, const Frame* outer, Emit emit) {
  ArenaVector<Combination> found(engine_.arena());
  const Frame frame{nullptr, nullptr, outer};
  for (const auto& row : plan.values) {
    Value* outputs = engine_.allocate_values(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) outputs[i] = evaluate(row[i], frame);
    Combination entry;
    entry.rows = static_cast<const Value**>(engine_.arena().allocate(sizeof(Value*), alignof(Value*)));
    *entry.rows = outputs;
    entry.sort_keys = engine_.allocate_values(plan.order_by.size());
    for (std::size_t i = 0; i < plan.order_by.size(); ++i) entry.sort_keys[i] = outputs[*plan.order_by[i].output];
    found.push_back(entry);
  }
  sort(plan, found);
  for (const Combination& entry : found)
    if (!emit(*entry.rows)) return;
}

Executor::CachedSubselect Executor::subselect(const SelectPlan& plan, const Frame& frame, std::size_t most) {
  for (const CachedSubselect& entry : cached_)
    if (entry.plan == &plan) return entry;
  ArenaVector<Value> values(engine_.arena());
  auto emit = [&](const Value* outputs) {
    values.push_back(plan.outputs.empty() ? Value() : outputs[0]);
    return values.size() < most;
  };
  run_select(plan, &frame, emit);
  const CachedSubselect result{&plan, values.data(), values.size()};
  if (!plan.correlated) cached_.push_back(result);
  return result;
}

Value Executor::evaluate_subselect(const Expr& expr, const Frame& frame) {
  const SelectPlan& plan = *expr.subselect;
  if (expr.op == ExprOp::exists) return Value::of(subselect(plan, frame, 1).count > 0);
  if (expr.op == ExprOp::scalar_subselect) {
    const CachedSubselect result = subselect(plan, frame, 2);
    if (result.count > 1)
      throw SqlError(sqlstate::cardinality_violation, "more than one row returned by a subquery used as an expression");
    return result.count == 0 ? Value() : result.values[0];
  }
  const Value probe = evaluate(expr.args[0], frame);
  const CachedSubselect result = subselect(plan, frame, static_cast<std::size_t>(-1));
  bool unknown = probe.is_null() && result.count > 0;
  for (std::size_t i = 0; i < result.count && !probe.is_null(); ++i) {
    if (result.values[i].is_null()) {
      unknown = true;
    } else if (comparison_holds(expr.compared, compare(probe, result.values[i]))) {
      return Value::of(!expr.negated);
    }
  }
  return unknown ? Value() : Value::of(expr.negated);
}

}  // namespace heddle::pg

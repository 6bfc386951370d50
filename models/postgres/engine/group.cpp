// GROUP BY and aggregates.
#include <algorithm>
#include <new>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

Numeric as_numeric(const Value& value) {
  return value.kind() == Value::Kind::integer ? Numeric(value.integer()) : value.numeric();
}

Value add(const Value& sum, const Value& value, Type type) {
  if (type == Type::numeric) return Value::of(sum.is_null() ? as_numeric(value) : as_numeric(sum) + as_numeric(value));
  if (sum.is_null()) return value;
  std::int64_t result = 0;
  if (__builtin_add_overflow(sum.integer(), value.integer(), &result))
    throw SqlError(sqlstate::numeric_value_out_of_range, "bigint out of range");
  return Value::of(result);
}

}  // namespace

Executor::Group& Executor::find_group(const SelectPlan& plan, ArenaVector<Group>& groups, const Combination& current,
                                      const Frame& frame) {
  const std::size_t width = plan.group_by.size();
  Value* keys = engine_.allocate_values(width);
  for (std::size_t i = 0; i < width; ++i) keys[i] = evaluate(plan.group_by[i], frame);
  for (Group& group : groups)
    if (std::equal(keys, keys + width, group.keys, same)) return group;
  Group group;
  group.keys = keys;
  const std::size_t relations = plan.source.relations.size();
  group.rows = new_combination(plan.source).rows;
  std::copy_n(current.rows, relations, group.rows);
  const std::size_t count = plan.aggregates.size();
  group.results = engine_.allocate_values(count);
  group.counts =
      static_cast<std::int64_t*>(engine_.arena().allocate((count + 1) * sizeof(std::int64_t), alignof(std::int64_t)));
  auto* seen = static_cast<ArenaVector<Value>*>(
      engine_.arena().allocate((count + 1) * sizeof(ArenaVector<Value>), alignof(ArenaVector<Value>)));
  for (std::size_t i = 0; i < count; ++i) {
    group.results[i] = Value();
    group.counts[i] = 0;
    new (&seen[i]) ArenaVector<Value>(engine_.arena());
  }
  group.seen = seen;
  groups.push_back(group);
  return groups[groups.size() - 1];
}

void Executor::accumulate(const Aggregate& aggregate, Value& result, std::int64_t& count, const Value& value) {
  ++count;
  switch (aggregate.kind) {
    case AggregateKind::count_rows:
    case AggregateKind::count:
      break;
    case AggregateKind::sum:
      result = add(result, value, aggregate.type);
      break;
    case AggregateKind::average:
      result = add(result, value, Type::numeric);
      break;
    case AggregateKind::min:
      if (result.is_null() || compare(value, result) < 0) result = value;
      break;
    case AggregateKind::max:
      if (result.is_null() || compare(value, result) > 0) result = value;
      break;
    case AggregateKind::every:
      result = Value::of((result.is_null() || result.boolean()) && value.boolean());
      break;
    case AggregateKind::any:
      result = Value::of(result.is_true() || value.boolean());
      break;
  }
}

void Executor::accumulate(const SelectPlan& plan, Group& group, const Frame& frame) {
  for (std::size_t i = 0; i < plan.aggregates.size(); ++i) {
    const Aggregate& aggregate = plan.aggregates[i];
    Value value;
    if (aggregate.kind != AggregateKind::count_rows) {
      value = evaluate(aggregate.argument, frame);
      if (value.is_null()) continue;
    }
    if (aggregate.distinct) {
      const auto equal = [&](const Value& other) { return same(value, other); };
      if (std::any_of(group.seen[i].begin(), group.seen[i].end(), equal)) continue;
      group.seen[i].push_back(value);
    }
    accumulate(aggregate, group.results[i], group.counts[i], value);
  }
}

void Executor::finish(const SelectPlan& plan, Group& group) {
  for (std::size_t i = 0; i < plan.aggregates.size(); ++i) {
    const AggregateKind kind = plan.aggregates[i].kind;
    if (kind == AggregateKind::count || kind == AggregateKind::count_rows)
      group.results[i] = Value::of(group.counts[i]);
    if (kind == AggregateKind::average && group.counts[i] > 0)
      group.results[i] = Value::of(as_numeric(group.results[i]) / Numeric(group.counts[i]));
  }
}

void Executor::select_grouped(const SelectPlan& plan, const Frame* outer, Emit emit) {
  ArenaVector<Group> groups(engine_.arena());
  Combination current = new_combination(plan.source);
  const Frame frame{current.rows, nullptr, outer};
  auto visit = [&] {
    accumulate(plan, find_group(plan, groups, current, frame), frame);
    return true;
  };
  scan(plan.source, current, frame, visit);
  if (groups.empty() && plan.group_by.empty()) {  // aggregates of no rows are one row
    std::fill_n(current.rows, plan.source.relations.size(), engine_.null_row());
    static_cast<void>(find_group(plan, groups, current, frame));
  }
  ArenaVector<Combination> found(engine_.arena());
  for (Group& group : groups) {
    finish(plan, group);
    const Frame grouped{group.rows, group.results, outer};
    if (plan.having && !holds(*plan.having, grouped)) continue;
    Combination entry;
    entry.group = &group;
    add_sort_keys(plan, entry, grouped);
    found.push_back(entry);
  }
  if (!plan.distinct) sort(plan, found);
  for (const Combination& entry : found) {
    if (!project(plan, Frame{entry.group->rows, entry.group->results, outer}, emit)) return;
  }
}

}  // namespace heddle::pg

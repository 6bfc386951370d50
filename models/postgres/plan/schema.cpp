#include "models/postgres/plan/schema.hpp"

#include <algorithm>

#include "models/postgres/plan/plan.hpp"

namespace heddle::pg {

std::optional<std::uint16_t> TableSchema::find_column(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == column) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

std::optional<std::uint16_t> Schema::find_table(std::string_view name) const {
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (tables[i].name == name) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

std::optional<std::uint16_t> Schema::find_sequence(std::string_view name) const {
  for (std::size_t i = 0; i < sequences.size(); ++i)
    if (sequences[i].name == name) return static_cast<std::uint16_t>(i);
  return std::nullopt;
}

bool Schema::has_relation(std::string_view name) const {
  return std::any_of(tables.begin(), tables.end(), [&](const TableSchema& table) {
    const auto named = [&](const UniqueIndex& index) { return index.name == name; };
    return table.name == name || std::any_of(table.indexes.begin(), table.indexes.end(), named) ||
           std::find(table.plain_indexes.begin(), table.plain_indexes.end(), name) != table.plain_indexes.end();
  });
}

bool equal_expressions(const Expr& a, const Expr& b) {
  return a.op == b.op && a.type == b.type && a.negated == b.negated && a.flag_explicit == b.flag_explicit &&
         a.level == b.level && a.relation == b.relation && a.index == b.index && a.modifier == b.modifier &&
         a.subselect == b.subselect && a.constant.kind() == b.constant.kind() && same(a.constant, b.constant) &&
         std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(), equal_expressions);
}

namespace {

RelationSet relations_of(const std::vector<Conjunct>& conjuncts, unsigned level) {
  RelationSet set = 0;
  for (const Conjunct& conjunct : conjuncts) set |= relations_of(conjunct.condition, level);
  return set;
}

/// What a sub-select reads of the query `level` queries outside of itself.
RelationSet relations_of(const SelectPlan& plan, unsigned level) {
  RelationSet set = relations_of(plan.source.constant_filters, level);
  const auto look_at = [&](const Expr& expr) { set |= relations_of(expr, level); };
  for (const Relation& relation : plan.source.relations) {
    set |= relations_of(relation.filters, level) | relations_of(relation.join_conditions, level);
    if (relation.subselect) set |= relations_of(*relation.subselect, level);
    if (relation.lookup) std::for_each(relation.lookup->key.begin(), relation.lookup->key.end(), look_at);
  }
  for (const OutputColumn& output : plan.outputs) look_at(output.value);
  for (const Aggregate& aggregate : plan.aggregates) look_at(aggregate.argument);
  for (const SortKey& key : plan.order_by) look_at(key.value);
  for (const auto& row : plan.values) std::for_each(row.begin(), row.end(), look_at);
  std::for_each(plan.group_by.begin(), plan.group_by.end(), look_at);
  if (plan.having) look_at(*plan.having);
  return set;
}

}  // namespace

bool is_local_to(const Expr& expr, std::size_t relation) {
  if (expr.op == ExprOp::column && (expr.level != 0 || expr.relation != relation)) return false;
  if (expr.subselect || expr.op == ExprOp::aggregate || expr.op >= ExprOp::advisory) return false;
  return std::all_of(expr.args.begin(), expr.args.end(), [&](const Expr& arg) { return is_local_to(arg, relation); });
}

RelationSet relations_of(const Expr& expr, unsigned level) {
  RelationSet set = expr.op == ExprOp::column && expr.level == level ? RelationSet{1} << expr.relation : 0;
  for (const Expr& arg : expr.args) set |= relations_of(arg, level);
  if (expr.subselect) set |= relations_of(*expr.subselect, level + 1);
  return set;
}

}  // namespace heddle::pg

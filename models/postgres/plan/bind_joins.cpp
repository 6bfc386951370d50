// FROM and WHERE: the conditions, in which order relations are joined, and which are looked up by a unique key.
#include <algorithm>
#include <utility>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {
namespace {

/// Splits a condition at its top-level ANDs.
void split(Expr condition, std::vector<Expr>& conjuncts) {
  if (condition.op != ExprOp::logic_and) {
    conjuncts.push_back(std::move(condition));
    return;
  }
  for (Expr& arg : condition.args) split(std::move(arg), conjuncts);
}

/// Values of different kinds have different hashes, so a key column and what is looked up in it must be represented
/// alike.
bool same_representation(Type a, Type b) {
  return a == b || (is_integer(a) && is_integer(b)) || (is_text(a) && is_text(b));
}

/// If `condition` is `column = something known from the relations before`, the latter.
const Expr* key_value(const Expr& condition, std::size_t relation, std::uint16_t column, RelationSet before) {
  if (condition.op != ExprOp::equal) return nullptr;
  for (std::size_t side = 0; side < 2; ++side) {
    const Expr& key = condition.args[side];
    const Expr& value = condition.args[1 - side];
    if (is_ours(key, relation) && key.index == column && (relations_of(value) & ~before) == 0 &&
        same_representation(key.type, value.type))
      return &value;
  }
  return nullptr;
}

/// Whether `conjuncts` give each column of one of the table's unique keys a value.
bool has_lookup(const TableSchema& table, const std::vector<Expr>& conjuncts, std::size_t relation,
                RelationSet before) {
  return std::any_of(table.indexes.begin(), table.indexes.end(), [&](const UniqueIndex& index) {
    return index.is_plain && std::all_of(index.columns.begin(), index.columns.end(), [&](std::uint16_t column) {
             return std::any_of(conjuncts.begin(), conjuncts.end(), [&](const Expr& conjunct) {
               return key_value(conjunct, relation, column, before) != nullptr;
             });
           });
  });
}

std::optional<KeyLookup> find_lookup(const UniqueIndex& index, std::uint16_t ordinal, std::vector<Conjunct>& conjuncts,
                                     std::size_t relation, RelationSet before) {
  KeyLookup lookup{ordinal, {}};
  std::vector<Conjunct*> used;
  for (const std::uint16_t column : index.columns) {
    const auto fits = [&](const Conjunct& conjunct) {
      return key_value(conjunct.condition, relation, column, before) != nullptr;
    };
    const auto found = std::find_if(conjuncts.begin(), conjuncts.end(), fits);
    if (found == conjuncts.end()) return std::nullopt;
    lookup.key.push_back(*key_value(found->condition, relation, column, before));
    used.push_back(&*found);
  }
  for (Conjunct* conjunct : used) conjunct->implied_by_key = true;
  return lookup;
}

/// What the server's planner expects an evaluation to cost, in calls of operators (cost_qual_eval_walker).
std::size_t cost_of(const Expr& expr) {
  constexpr std::size_t much = 1000;
  if (expr.op == ExprOp::exists || expr.op == ExprOp::in_subselect) return much;
  if (expr.op == ExprOp::scalar_subselect) return expr.subselect->correlated ? much : 0;
  std::size_t cost = 0;
  for (const Expr& arg : expr.args) cost += cost_of(arg);
  switch (expr.op) {
    case ExprOp::constant:
    case ExprOp::column:
    case ExprOp::param:
    case ExprOp::aggregate:
    case ExprOp::logic_and:
    case ExprOp::logic_or:
    case ExprOp::logic_not:
    case ExprOp::is_null:
    case ExprOp::is_true:
    case ExprOp::is_false:
    case ExprOp::case_when:
    case ExprOp::coalesce:
      return cost;
    case ExprOp::to_integer:  // there are operators for integers of different sizes
      return cost + (is_integer(expr.args[0].type) ? 0 : 1);
    case ExprOp::in_list:
      return cost + expr.args.size() / 2;
    case ExprOp::advisory:  // a single key is cast to bigint, if the column is no bigint
      return cost + (expr.args.size() == 1 ? 2 : 1);
    default:
      return cost + 1;
  }
}

/// The server evaluates cheap conditions first, and among those that cost the same equations last, which it knows as
/// members of equivalence classes (order_qual_clauses).
void sort_by_cost(std::vector<Conjunct>& conjuncts) {
  const auto rank = [](const Conjunct& conjunct) {
    return std::pair(cost_of(conjunct.condition), conjunct.condition.op == ExprOp::equal);
  };
  const auto is_before = [&](const Conjunct& a, const Conjunct& b) { return rank(a) < rank(b); };
  // An insertion sort: it keeps the order of equals, without stable_sort's buffer, which clang++ calls deprecated.
  for (auto next = conjuncts.begin(); next != conjuncts.end(); ++next)
    std::rotate(std::upper_bound(conjuncts.begin(), next, *next, is_before), next, next + 1);
}

void add_conjunct(std::vector<Conjunct>& conjuncts, Expr condition, std::size_t relation) {
  const bool is_local = is_local_to(condition, relation);
  conjuncts.push_back({std::move(condition), false, is_local});
}

}  // namespace

bool is_ours(const Expr& expr, std::size_t relation) {
  return expr.op == ExprOp::column && expr.level == 0 && expr.relation == relation;
}

std::vector<Expr> Binder::join_conditions(Scope& scope, const ast::FromItem& item, std::size_t relation,
                                          std::size_t operand_start) {
  // ON sees the tables of its own operand up to this one.
  Scope visible;
  visible.outer = scope.outer;
  visible.clause = "JOIN conditions";
  for (const ScopeTable& table : scope.tables)
    if (table.relation >= operand_start && table.relation <= relation) visible.tables.push_back(table);
  std::vector<Expr> conjuncts;
  if (item.condition) split(condition(*item.condition, visible, "JOIN/ON"), conjuncts);
  scope.reads_outer = scope.reads_outer || visible.reads_outer;
  for (const std::string& name : item.using_columns) {
    ast::Expr left;
    left.kind = ast::ExprKind::column;
    left.location = item.table.location;
    left.names = {name};
    ast::Expr right = left;
    right.names = {item.table.alias, name};
    Scope before = visible;
    before.tables.pop_back();
    before.outer = nullptr;
    const auto has = [&](const ScopeTable& table) { return find_column(table, name).has_value(); };
    for (const auto& [side, is_there] :
         {std::pair("left", std::any_of(before.tables.begin(), before.tables.end(), has)),
          std::pair("right", has(visible.tables.back()))})
      if (!is_there)
        fail_at(sqlstate::undefined_column,
                "column \"" + name + "\" specified in USING clause does not exist in " + side + " table",
                item.table.location);
    conjuncts.push_back(
        comparison(ExprOp::equal, column(left, before), column(right, visible), "=", item.table.location));
  }
  return conjuncts;
}

void Binder::add_conditions(Source& source, Scope& scope, const std::vector<ast::FromItem>& items,
                            const std::optional<ast::Expr>& where, std::size_t first_relation) {
  std::vector<Expr> conjuncts;
  std::size_t operand_start = first_relation;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t relation = first_relation + i;
    if (items[i].starts_operand) operand_start = relation;
    std::vector<Expr> own = join_conditions(scope, items[i], relation, operand_start);
    scope.tables[relation].merged_columns = items[i].using_columns;
    if (source.relations[relation].left_join) {
      for (Expr& expr : own) add_conjunct(source.relations[relation].join_conditions, std::move(expr), relation);
    } else {
      for (Expr& expr : own) conjuncts.push_back(std::move(expr));
    }
  }
  if (where) {
    scope.clause = "WHERE";
    split(condition(*where, scope, "WHERE"), conjuncts);
  }
  choose_order(source, conjuncts);
  for (Expr& expr : conjuncts) {
    const RelationSet read = relations_of(expr);
    if (read == 0) {
      source.constant_filters.push_back({std::move(expr), false, false});
      continue;
    }
    const auto is_read = [&](std::uint16_t relation) { return ((read >> relation) & 1U) != 0; };
    const std::uint16_t last = *std::find_if(source.order.rbegin(), source.order.rend(), is_read);
    add_conjunct(source.relations[last].filters, std::move(expr), last);
  }
  sort_by_cost(source.constant_filters);
  for (Relation& relation : source.relations) sort_by_cost(relation.filters);
  choose_lookups(source);
}

void Binder::choose_order(Source& source, const std::vector<Expr>& conjuncts) {
  const std::size_t count = source.relations.size();
  source.order.clear();
  const auto is_outer = [](const Relation& relation) { return relation.left_join; };
  if (std::any_of(source.relations.begin(), source.relations.end(), is_outer)) {
    for (std::size_t i = 0; i < count; ++i) source.order.push_back(static_cast<std::uint16_t>(i));
    return;
  }
  const auto can_look_up = [&](std::size_t relation, RelationSet before) {
    return ((before >> relation) & 1U) == 0 && !source.relations[relation].subselect &&
           has_lookup(schema_.tables[source.relations[relation].table], conjuncts, relation, before);
  };
  /// How many others can be looked up, one after the other, once these are known.
  const auto reached = [&](RelationSet known) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!can_look_up(i, known)) continue;
      known |= RelationSet{1} << i;
      ++found;
      i = static_cast<std::size_t>(-1);
    }
    return found;
  };
  for (RelationSet known = 0; source.order.size() < count;) {
    std::size_t best = count;
    for (std::size_t i = 0; i < count && best == count; ++i)
      if (can_look_up(i, known)) best = i;
    const bool scans = best == count;
    for (std::size_t i = 0; scans && i < count; ++i) {
      if (((known >> i) & 1U) != 0) continue;
      if (best == count || reached(known | (RelationSet{1} << i)) > reached(known | (RelationSet{1} << best))) best = i;
    }
    known |= RelationSet{1} << best;
    source.order.push_back(static_cast<std::uint16_t>(best));
  }
}

void Binder::choose_lookups(Source& source) {
  RelationSet before = 0;
  for (const std::uint16_t i : source.order) {
    const RelationSet known = std::exchange(before, before | (RelationSet{1} << i));
    Relation& relation = source.relations[i];
    if (relation.subselect) continue;
    const TableSchema& table = schema_.tables[relation.table];
    auto& conjuncts = relation.left_join ? relation.join_conditions : relation.filters;
    for (std::size_t index = 0; index < table.indexes.size() && !relation.lookup; ++index)
      if (table.indexes[index].is_plain)
        relation.lookup = find_lookup(table.indexes[index], static_cast<std::uint16_t>(index), conjuncts, i, known);
  }
}

}  // namespace heddle::pg

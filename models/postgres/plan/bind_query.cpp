// SELECT: range table, grouping, ordering, row marks.
#include <algorithm>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {
namespace {

constexpr std::size_t most_relations = 64;  // as many as a RelationSet has bits

}  // namespace

namespace {

/// FigureColnameInternal: a type's name gives way to that of a column or function.
struct FoundName {
  std::string name = "?column?";
  bool is_strong = false;
};

FoundName find_name(const ast::Expr& syntax) {
  switch (syntax.kind) {
    case ast::ExprKind::column:
      return {syntax.names.back(), true};
    case ast::ExprKind::function:
      return {syntax.text, true};
    case ast::ExprKind::case_when: {
      FoundName otherwise = find_name(syntax.args.back());
      return otherwise.is_strong ? otherwise : FoundName{"case", false};
    }
    case ast::ExprKind::coalesce:
      return {"coalesce", true};
    case ast::ExprKind::nullif:
      return {"nullif", true};
    case ast::ExprKind::greatest:
      return {"greatest", true};
    case ast::ExprKind::least:
      return {"least", true};
    case ast::ExprKind::exists:
      return {"exists", true};
    case ast::ExprKind::row:
      return {"row", true};
    case ast::ExprKind::cast: {
      FoundName inner = find_name(syntax.args[0]);
      return inner.is_strong ? inner : FoundName{syntax.type.name, false};
    }
    case ast::ExprKind::scalar_subselect:
      if (syntax.subselect->targets.empty()) return {};
      if (!syntax.subselect->targets[0].name.empty()) return {syntax.subselect->targets[0].name, true};
      return find_name(syntax.subselect->targets[0].value);
    default:
      return {};
  }
}

}  // namespace

std::string output_name(const ast::Expr& syntax) {
  return find_name(syntax).name;
}

void Binder::note_lock(std::uint16_t table, ast::TableLockMode mode) {
  for (TableLock& lock : locks_) {
    if (lock.table != table) continue;
    lock.mode = std::max(lock.mode, mode);
    return;
  }
  locks_.push_back({table, mode});
}

std::optional<std::uint16_t> Binder::find_column(const ScopeTable& table, const std::string& name) const {
  if (table.subselect == nullptr) return schema_.tables[table.table].find_column(name);
  std::optional<std::uint16_t> found;
  for (std::size_t i = 0; i < table.subselect->outputs.size(); ++i) {
    if (table.subselect->outputs[i].name != name) continue;
    if (found) fail_at(sqlstate::ambiguous_column, "column reference \"" + name + "\" is ambiguous", -1);
    found = static_cast<std::uint16_t>(i);
  }
  return found;
}

std::size_t Binder::column_count(const ScopeTable& table) const {
  return table.subselect != nullptr ? table.subselect->outputs.size()
                                    : schema_.tables[table.table].columns.size() - schema_.tables[table.table].hidden;
}

const std::string& Binder::column_name(const ScopeTable& table, std::size_t index) const {
  return table.subselect != nullptr ? table.subselect->outputs[index].name
                                    : schema_.tables[table.table].columns[index].name;
}

Type Binder::column_type(const ScopeTable& table, std::size_t index) const {
  return table.subselect != nullptr ? table.subselect->outputs[index].value.type
                                    : schema_.tables[table.table].columns[index].type;
}

void Binder::add_subselect(Source& source, Scope& scope, const ast::TableRef& table) {
  auto plan = std::make_shared<SelectPlan>(select(*table.subselect, scope.outer));
  scope.reads_outer = scope.reads_outer || plan->correlated;
  for (std::size_t i = 0; i < plan->outputs.size(); ++i) {
    OutputColumn& output = plan->outputs[i];
    if (output.value.type == Type::unknown) output.value = coerce(std::move(output.value), Type::text);
    if (i < table.columns.size()) output.name = table.columns[i];
  }
  scope.tables.push_back({table.alias, 0, static_cast<std::uint16_t>(source.relations.size()), {}, plan.get()});
  Relation& relation = source.relations.emplace_back();
  relation.alias = table.alias;
  relation.subselect = std::move(plan);
}

void Binder::add_table(Source& source, Scope& scope, const ast::TableRef& table, ast::TableLockMode mode) {
  for (const ScopeTable& other : scope.tables)
    if (other.alias == table.alias)
      fail_at(sqlstate::duplicate_alias, "table name \"" + table.alias + "\" specified more than once", table.location);
  if (source.relations.size() == most_relations) not_supported_at("a query of so many tables", table.location);
  if (table.subselect) {
    add_subselect(source, scope, table);
    return;
  }
  const auto ordinal = schema_.find_table(table.name);
  if (!ordinal) fail_at(sqlstate::undefined_table, "relation \"" + table.name + "\" does not exist", table.location);
  tables_.push_back(*ordinal);
  note_lock(*ordinal, mode);
  scope.tables.push_back({table.alias, *ordinal, static_cast<std::uint16_t>(source.relations.size()), {}, nullptr});
  Relation& relation = source.relations.emplace_back();
  relation.table = *ordinal;
  relation.alias = table.alias;
}

void Binder::add_from(Source& source, Scope& scope, const std::vector<ast::FromItem>& items) {
  for (const ast::FromItem& item : items) {
    add_table(source, scope, item.table);
    source.relations.back().left_join = item.join == ast::JoinKind::left;
  }
}

void Binder::expand_star(std::vector<OutputColumn>& result, const ast::Expr& star, const Scope& scope) {
  bool found = false;
  for (const ScopeTable& table : scope.tables) {
    if (!star.names.empty() && table.alias != star.names[0]) continue;
    found = true;
    for (std::size_t i = 0; i < column_count(table); ++i) {
      const auto& merged = table.merged_columns;
      const std::string& name = column_name(table, i);
      if (star.names.empty() && std::find(merged.begin(), merged.end(), name) != merged.end()) continue;
      Expr expr = make_expr(ExprOp::column, column_type(table, i), star.location);
      expr.relation = table.relation;
      expr.index = static_cast<std::uint16_t>(i);
      result.push_back({name, std::move(expr)});
    }
  }
  if (found) return;
  if (star.names.empty())
    fail_at(sqlstate::syntax_error, "SELECT * with no tables specified is not valid", star.location);
  fail_at(sqlstate::undefined_table, "missing FROM-clause entry for table \"" + star.names[0] + "\"", star.location);
}

std::vector<OutputColumn> Binder::outputs(const std::vector<ast::Target>& targets, Scope& scope) {
  std::vector<OutputColumn> result;
  for (const ast::Target& target : targets) {
    if (target.value.kind == ast::ExprKind::star) {
      expand_star(result, target.value, scope);
    } else {
      result.push_back({target.name.empty() ? output_name(target.value) : target.name, bind(target.value, scope)});
    }
  }
  return result;
}

void Binder::check_grouping(const SelectPlan& plan, const Scope& scope, const Expr& expr) {
  const auto is_key = [&](const Expr& key) { return equal_expressions(key, expr); };
  if (std::any_of(plan.group_by.begin(), plan.group_by.end(), is_key)) return;
  if (expr.op == ExprOp::column && expr.level == 0) {
    const Relation& relation = plan.source.relations[expr.relation];
    static const std::vector<UniqueIndex> none;
    // Grouping by the primary key determines the whole row.
    for (const UniqueIndex& index : relation.subselect ? none : schema_.tables[relation.table].indexes) {
      const auto grouped = [&](std::uint16_t column) {
        return std::any_of(plan.group_by.begin(), plan.group_by.end(),
                           [&](const Expr& key) { return is_ours(key, expr.relation) && key.index == column; });
      };
      if (index.primary && std::all_of(index.columns.begin(), index.columns.end(), grouped)) return;
    }
    fail_at(sqlstate::grouping_error,
            "column \"" + scope.tables[expr.relation].alias + "." +
                column_name(scope.tables[expr.relation], expr.index) +
                "\" must appear in the GROUP BY clause or be used in an aggregate function",
            expr.location);
  }
  if (expr.subselect && relations_of(expr) != 0)
    not_supported_at("a correlated sub-select in a grouped query", expr.location);
  for (const Expr& arg : expr.args) check_grouping(plan, scope, arg);
}

namespace {

std::string clause_name(const ast::LockingClause& clause) {
  static constexpr const char* names[] = {"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"};
  return names[static_cast<std::size_t>(clause.strength)];
}

/// Rows of a result that stand for several rows of a table cannot be locked.
void require_lockable(const SelectPlan& plan, const ast::LockingClause& clause) {
  const char* misfit = plan.distinct              ? "DISTINCT clause"
                       : !plan.group_by.empty()   ? "GROUP BY clause"
                       : plan.having              ? "HAVING clause"
                       : !plan.aggregates.empty() ? "aggregate functions"
                                                  : nullptr;
  if (misfit != nullptr)
    fail_at(sqlstate::feature_not_supported, clause_name(clause) + " is not allowed with " + misfit, -1);
}

/// Of several clauses for one table the strongest lock and the least patient policy win.
void add_mark(std::vector<RowMark>& marks, std::uint16_t relation, const ast::LockingClause& clause) {
  const auto marked = [&](const RowMark& mark) { return mark.relation == relation; };
  const auto existing = std::find_if(marks.begin(), marks.end(), marked);
  if (existing == marks.end()) {
    marks.push_back({relation, clause.strength, clause.policy});
  } else {
    existing->strength = std::max(existing->strength, clause.strength);
    existing->policy = std::max(existing->policy, clause.policy);
  }
}

}  // namespace

/// FOR UPDATE reaches into a sub-select in FROM.
void Binder::mark_subselect(Relation& relation, const ast::LockingClause& clause) {
  auto plan = std::make_shared<SelectPlan>(*relation.subselect);
  require_lockable(*plan, clause);
  for (std::size_t i = 0; i < plan->source.relations.size(); ++i) {
    Relation& inner = plan->source.relations[i];
    if (inner.subselect) {
      mark_subselect(inner, clause);
      continue;
    }
    note_lock(inner.table, ast::TableLockMode::row_share);
    add_mark(plan->row_marks, static_cast<std::uint16_t>(i), clause);
  }
  relation.subselect = std::move(plan);
}

void Binder::add_row_marks(SelectPlan& plan, const Scope& scope, const ast::Select& syntax) {
  if (syntax.locking.empty()) return;
  locks_rows_ = true;
  for (const ast::LockingClause& clause : syntax.locking) {
    const std::string name = clause_name(clause);
    require_lockable(plan, clause);
    for (const ast::TableRef& table : clause.tables) {
      const auto named = [&](const ScopeTable& candidate) { return candidate.alias == table.alias; };
      if (std::none_of(scope.tables.begin(), scope.tables.end(), named))
        fail_at(sqlstate::undefined_table,
                "relation \"" + table.alias + "\" in " + name + " clause not found in FROM clause", table.location);
    }
    for (const ScopeTable& table : scope.tables) {
      const auto named = [&](const ast::TableRef& candidate) { return candidate.alias == table.alias; };
      if (!clause.tables.empty() && std::none_of(clause.tables.begin(), clause.tables.end(), named)) continue;
      if (plan.source.relations[table.relation].left_join)
        fail_at(sqlstate::feature_not_supported, name + " cannot be applied to the nullable side of an outer join",
                clause.tables.empty() ? -1 : clause.tables[0].location);
      if (table.subselect != nullptr) {
        mark_subselect(plan.source.relations[table.relation], clause);
        continue;
      }
      note_lock(table.table, ast::TableLockMode::row_share);
      add_mark(plan.row_marks, table.relation, clause);
    }
  }
  std::sort(plan.row_marks.begin(), plan.row_marks.end(),
            [](const RowMark& a, const RowMark& b) { return a.relation < b.relation; });
}

void Binder::values_list(SelectPlan& plan, const ast::Select& syntax, Scope& scope) {
  const std::size_t width = syntax.values[0].size();
  for (const auto& list : syntax.values) {
    if (list.size() != width)
      fail_at(sqlstate::syntax_error, "VALUES lists must all be the same length", list[0].location);
    auto& row = plan.values.emplace_back();
    for (const ast::Expr& value : list) row.push_back(bind(value, scope));
  }
  for (std::size_t column = 0; column < width; ++column) {
    std::vector<Expr*> all;
    for (auto& row : plan.values) all.push_back(&row[column]);
    unify(all, "VALUES");
    plan.outputs.push_back({"column" + std::to_string(column + 1), plan.values[0][column]});
  }
}

Expr Binder::group_key(const SelectPlan& plan, const ast::Select& syntax, const ast::Expr& key, Scope& scope) {
  if (key.kind == ast::ExprKind::integer_constant) {
    if (key.number < 1 || static_cast<std::size_t>(key.number) > plan.outputs.size())
      fail_at(sqlstate::invalid_column_reference,
              "GROUP BY position " + std::to_string(key.number) + " is not in select list", key.location);
    return plan.outputs[static_cast<std::size_t>(key.number) - 1].value;
  }
  // A bare name means an input column if there is one, else an output column.
  const bool bare = key.kind == ast::ExprKind::column && key.names.size() == 1;
  const auto is_input = [&](const ScopeTable& table) { return find_column(table, key.names[0]).has_value(); };
  if (bare && std::none_of(scope.tables.begin(), scope.tables.end(), is_input))
    for (const ast::Target& target : syntax.targets)
      if (target.name == key.names[0]) return bind(target.value, scope);
  return bind(key, scope);
}

void Binder::order_by(SelectPlan& plan, const ast::Select& syntax, Scope& scope) {
  for (const ast::OrderBy& item : syntax.order_by) {
    SortKey& key = plan.order_by.emplace_back();
    key.descending = item.descending;
    key.nulls_first = item.nulls_first;
    if (item.value.kind == ast::ExprKind::integer_constant) {
      if (item.value.number < 1 || static_cast<std::size_t>(item.value.number) > plan.outputs.size())
        fail_at(sqlstate::invalid_column_reference,
                "ORDER BY position " + std::to_string(item.value.number) + " is not in select list",
                item.value.location);
      key.output = static_cast<std::uint16_t>(item.value.number - 1);
      continue;
    }
    if (item.value.kind == ast::ExprKind::column &&
        item.value.names.size() == 1) {  // an output column's name comes first
      const std::string& name = item.value.names[0];
      for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
        if (plan.outputs[i].name != name) continue;
        if (key.output && !equal_expressions(plan.outputs[*key.output].value, plan.outputs[i].value))
          fail_at(sqlstate::ambiguous_column, "ORDER BY \"" + name + "\" is ambiguous", item.value.location);
        if (!key.output) key.output = static_cast<std::uint16_t>(i);
      }
      if (key.output) continue;
    }
    if (!plan.values.empty()) not_supported_at("ORDER BY an expression of VALUES", item.value.location);
    key.value = bind(item.value, scope);
    if (plan.distinct)
      fail_at(sqlstate::invalid_column_reference,
              "for SELECT DISTINCT, ORDER BY expressions must appear in select list", item.value.location);
  }
}

SelectPlan Binder::select(const ast::Select& syntax, const Scope* outer) {
  SelectPlan plan;
  Scope scope;
  scope.outer = outer;
  add_from(plan.source, scope, syntax.from);
  add_conditions(plan.source, scope, syntax.from, syntax.where, 0);
  plan.distinct = syntax.distinct;
  scope.aggregates = &plan.aggregates;
  if (!syntax.values.empty()) {
    values_list(plan, syntax, scope);
  } else {
    plan.outputs = outputs(syntax.targets, scope);
  }
  scope.aggregates = nullptr;
  scope.clause = "GROUP BY";
  for (const ast::Expr& key : syntax.group_by) plan.group_by.push_back(group_key(plan, syntax, key, scope));
  scope.aggregates = &plan.aggregates;
  if (syntax.having) plan.having = condition(*syntax.having, scope, "HAVING");
  order_by(plan, syntax, scope);
  plan.grouped = !plan.group_by.empty() || !plan.aggregates.empty() || plan.having.has_value();
  if (plan.grouped) {
    for (const OutputColumn& output : plan.outputs) check_grouping(plan, scope, output.value);
    if (plan.having) check_grouping(plan, scope, *plan.having);
    for (const SortKey& key : plan.order_by)
      if (!key.output) check_grouping(plan, scope, key.value);
  }
  Scope no_tables;
  no_tables.outer = outer;
  no_tables.clause = "LIMIT";
  if (syntax.limit) plan.limit = coerce(bind(*syntax.limit, no_tables), Type::int8);
  if (syntax.offset) plan.offset = coerce(bind(*syntax.offset, no_tables), Type::int8);
  add_row_marks(plan, scope, syntax);
  plan.correlated = scope.reads_outer || no_tables.reads_outer;
  return plan;
}

}  // namespace heddle::pg

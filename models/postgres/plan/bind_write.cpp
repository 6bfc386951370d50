// INSERT, UPDATE, DELETE.
#include <algorithm>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {

std::uint16_t Binder::target_table(const ast::TableRef& table, std::optional<ast::TableLockMode> mode) {
  const auto ordinal = schema_.find_table(table.name);
  if (!ordinal) fail_at(sqlstate::undefined_table, "relation \"" + table.name + "\" does not exist", table.location);
  tables_.push_back(*ordinal);
  if (mode) note_lock(*ordinal, *mode);
  return *ordinal;
}

Expr Binder::default_of(const Column& column) const {
  if (column.default_value) return *column.default_value;
  return make_expr(ExprOp::constant, column.type, -1);
}

std::vector<Assignment> Binder::assignments(const std::vector<ast::Target>& targets, std::uint16_t table,
                                            Scope& scope) {
  const TableSchema& schema = schema_.tables[table];
  std::vector<Assignment> result;
  scope.clause = "UPDATE";
  for (const ast::Target& target : targets) {
    const auto index = schema.find_column(target.name);
    if (!index)
      fail_at(sqlstate::undefined_column,
              "column \"" + target.name + "\" of relation \"" + schema.name + "\" does not exist", target.location);
    for (const Assignment& other : result)
      if (other.column == *index)
        fail_at(sqlstate::syntax_error, "multiple assignments to same column \"" + target.name + "\"", target.location);
    const Column& column = schema.columns[*index];
    Expr value = target.value.kind == ast::ExprKind::default_value ? default_of(column)
                                                                   : assign(bind(target.value, scope), column);
    result.push_back({*index, std::move(value)});
  }
  return result;
}

bool Binder::names_key(const std::vector<Assignment>& assignments, std::uint16_t table) const {
  return std::any_of(assignments.begin(), assignments.end(), [&](const Assignment& assignment) {
    const auto& indexes = schema_.tables[table].indexes;
    return std::any_of(indexes.begin(), indexes.end(), [&](const UniqueIndex& index) {
      return index.is_plain &&
             std::find(index.columns.begin(), index.columns.end(), assignment.column) != index.columns.end();
    });
  });
}

namespace {

/// Whether the condition is one of those that `given` joins by AND. The server's proofs go further.
bool implies(const Expr& given, const Expr& condition) {
  if (equal_expressions(given, condition)) return true;
  return given.op == ExprOp::logic_and &&
         std::any_of(given.args.begin(), given.args.end(), [&](const Expr& arg) { return implies(arg, condition); });
}

/// Whether ON CONFLICT (columns, expressions) WHERE given means this index.
bool is_arbiter(const TableSchema& table, const UniqueIndex& index, const std::vector<std::uint16_t>& columns,
                const std::vector<Expr>& expressions, const std::optional<Expr>& given) {
  std::size_t named = 0;
  std::vector<bool> used(expressions.size());
  for (const std::uint16_t ordinal : index.columns) {
    const Column& column = table.columns[ordinal];
    if (!column.computed) {
      if (std::find(columns.begin(), columns.end(), ordinal) == columns.end()) return false;
      ++named;
    } else if (column.is_condition) {
      if (!given || !implies(*given, *column.computed)) return false;
    } else {
      const auto same_one = [&](const Expr& expression) { return equal_expressions(expression, *column.computed); };
      const auto found = std::find_if(expressions.begin(), expressions.end(), same_one);
      if (found == expressions.end()) return false;
      used[static_cast<std::size_t>(found - expressions.begin())] = true;
    }
  }
  return named == columns.size() && std::find(used.begin(), used.end(), false) == used.end();
}

}  // namespace

ConflictPlan Binder::on_conflict(const ast::OnConflict& syntax, const ast::TableRef& table, std::uint16_t ordinal) {
  const TableSchema& schema = schema_.tables[ordinal];
  ConflictPlan plan;
  plan.do_update = syntax.do_update;
  if (!syntax.constraint.empty()) {
    for (std::size_t i = 0; i < schema.indexes.size(); ++i)
      if (schema.indexes[i].name == syntax.constraint) plan.arbiter = static_cast<std::uint16_t>(i);
    if (!plan.arbiter)
      fail_at(sqlstate::undefined_object,
              "constraint \"" + syntax.constraint + "\" for table \"" + schema.name + "\" does not exist",
              syntax.location);
  } else if (!syntax.columns.empty() || !syntax.expressions.empty()) {
    std::vector<std::uint16_t> wanted;
    for (const std::string& name : syntax.columns) {
      const auto column = schema.find_column(name);
      if (!column) fail_at(sqlstate::undefined_column, "column \"" + name + "\" does not exist", syntax.location);
      wanted.push_back(*column);
    }
    Scope scope;
    scope.clause = "index expressions";
    scope.tables.push_back({table.alias, ordinal, 0, {}, nullptr});
    std::vector<Expr> expressions;
    for (const ast::Expr& expression : syntax.expressions) expressions.push_back(bind(expression, scope));
    std::optional<Expr> given;
    if (syntax.index_where) given = condition(*syntax.index_where, scope, "WHERE");
    for (std::size_t i = 0; i < schema.indexes.size() && !plan.arbiter; ++i)
      if (is_arbiter(schema, schema.indexes[i], wanted, expressions, given))
        plan.arbiter = static_cast<std::uint16_t>(i);
    plan.lacks_arbiter = !plan.arbiter;
  } else if (syntax.do_update) {
    fail_at(sqlstate::syntax_error, "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            syntax.location);
  }
  if (!syntax.do_update) return plan;
  Scope scope;
  scope.tables.push_back({table.alias, ordinal, 0, {}, nullptr});
  scope.tables.push_back({"excluded", ordinal, 1, {}, nullptr});
  plan.assignments = assignments(syntax.assignments, ordinal, scope);
  plan.names_key = names_key(plan.assignments, ordinal);
  scope.clause = "WHERE";
  if (syntax.where) plan.where = condition(*syntax.where, scope, "WHERE");
  return plan;
}

std::vector<Expr> Binder::insert_row(const TableSchema& table, const std::vector<std::uint16_t>& columns,
                                     std::vector<Expr> values) {
  std::vector<Expr> row;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto position = std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(values.size()), i);
    const auto given = static_cast<std::size_t>(position - columns.begin());
    row.push_back(given < values.size() ? std::move(values[given]) : default_of(table.columns[i]));
  }
  return row;
}

InsertPlan Binder::insert(const ast::Insert& syntax) {
  InsertPlan plan;
  plan.table = target_table(syntax.table, ast::TableLockMode::row_exclusive);
  const TableSchema& table = schema_.tables[plan.table];
  std::vector<std::uint16_t> columns;
  for (const ast::Target& target : syntax.columns) {
    const auto index = table.find_column(target.name);
    if (!index)
      fail_at(sqlstate::undefined_column,
              "column \"" + target.name + "\" of relation \"" + table.name + "\" does not exist", target.location);
    if (std::find(columns.begin(), columns.end(), *index) != columns.end())
      fail_at(sqlstate::duplicate_column, "column \"" + target.name + "\" specified more than once", target.location);
    columns.push_back(*index);
  }
  const bool columns_given = !columns.empty();
  if (!columns_given)
    for (std::size_t i = 0; i + table.hidden < table.columns.size(); ++i)
      columns.push_back(static_cast<std::uint16_t>(i));
  const auto check_width = [&](std::size_t width, int location) {
    if (width > columns.size())
      fail_at(sqlstate::syntax_error, "INSERT has more expressions than target columns", location);
    if (columns_given && width < columns.size())
      fail_at(sqlstate::syntax_error, "INSERT has more target columns than expressions", location);
  };
  if (syntax.default_values) {
    plan.rows.push_back(insert_row(table, columns, {}));
  } else if (!syntax.source.values.empty()) {
    Scope scope;
    scope.clause = "VALUES";
    for (const auto& list : syntax.source.values) {
      check_width(list.size(), list.back().location);
      if (list.size() != syntax.source.values[0].size())
        fail_at(sqlstate::syntax_error, "VALUES lists must all be the same length", list[0].location);
      std::vector<Expr> values;
      for (std::size_t i = 0; i < list.size(); ++i) {
        const Column& column = table.columns[columns[i]];
        const bool is_default = list[i].kind == ast::ExprKind::default_value;
        values.push_back(is_default ? default_of(column) : assign(bind(list[i], scope), column));
      }
      plan.rows.push_back(insert_row(table, columns, std::move(values)));
    }
  } else {
    plan.source = select(syntax.source, nullptr);
    check_width(plan.source->outputs.size(), -1);
    std::vector<Expr> values;
    for (std::size_t i = 0; i < plan.source->outputs.size(); ++i) {
      const Column& column = table.columns[columns[i]];
      Expr& output = plan.source->outputs[i].value;
      if (output.type == Type::unknown) output = coerce(std::move(output), column.type);
      Expr value = make_expr(ExprOp::column, output.type, output.location);
      value.index = static_cast<std::uint16_t>(i);
      values.push_back(assign(std::move(value), column));
    }
    plan.rows.push_back(insert_row(table, columns, std::move(values)));
  }
  if (syntax.on_conflict) plan.on_conflict = on_conflict(*syntax.on_conflict, syntax.table, plan.table);
  Scope scope;
  scope.clause = "RETURNING";
  scope.tables.push_back({syntax.table.alias, plan.table, 0, {}, nullptr});
  plan.returning = outputs(syntax.returning, scope);
  return plan;
}

UpdatePlan Binder::update(const ast::Update& syntax) {
  UpdatePlan plan;
  Scope scope;
  add_table(plan.source, scope, syntax.table, ast::TableLockMode::row_exclusive);
  add_from(plan.source, scope, syntax.from);
  plan.assignments = assignments(syntax.assignments, plan.source.relations[0].table, scope);
  add_conditions(plan.source, scope, syntax.from, syntax.where, 1);
  scope.clause = "RETURNING";
  plan.returning = outputs(syntax.returning, scope);
  return plan;
}

DeletePlan Binder::delete_from(const ast::Delete& syntax) {
  DeletePlan plan;
  Scope scope;
  add_table(plan.source, scope, syntax.table, ast::TableLockMode::row_exclusive);
  add_from(plan.source, scope, syntax.from);
  add_conditions(plan.source, scope, syntax.from, syntax.where, 1);
  scope.clause = "RETURNING";
  plan.returning = outputs(syntax.returning, scope);
  return plan;
}

}  // namespace heddle::pg

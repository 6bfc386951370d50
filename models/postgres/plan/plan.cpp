// From syntax to a plan, and the definition statements.
#include "models/postgres/plan/plan.hpp"

#include <algorithm>
#include <utility>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {
namespace {

/// A column, parameter or literal that nothing gave a type is text, as in the server.
void resolve_unknown(std::vector<OutputColumn>& outputs, Binder& binder) {
  for (OutputColumn& output : outputs)
    if (output.value.type == Type::unknown) output.value = binder.coerce(std::move(output.value), Type::text);
}

struct PlanMaker {
  Binder& binder;
  Plan& plan;

  void result(std::vector<OutputColumn>& outputs) const {
    resolve_unknown(outputs, binder);
    for (const OutputColumn& output : outputs) {
      plan.column_names.push_back(output.name);
      plan.column_types.push_back(output.value.type);
    }
  }
  Operation operator()(const ast::Select& syntax) const {
    SelectPlan select = binder.select(syntax, nullptr);
    result(select.outputs);
    static constexpr const char* names[] = {"SELECT FOR KEY SHARE", "SELECT FOR SHARE", "SELECT FOR NO KEY UPDATE",
                                            "SELECT FOR UPDATE"};
    plan.writes = binder.locks_rows();
    plan.command = syntax.locking.empty() ? "SELECT" : names[static_cast<std::size_t>(syntax.locking[0].strength)];
    return select;
  }
  template <class Write>
  Operation write(Write write, const char* command) const {
    result(write.returning);
    plan.writes = true;
    plan.command = command;
    return write;
  }
  Operation operator()(const ast::Insert& syntax) const { return write(binder.insert(syntax), "INSERT"); }
  Operation operator()(const ast::Update& syntax) const { return write(binder.update(syntax), "UPDATE"); }
  Operation operator()(const ast::Delete& syntax) const { return write(binder.delete_from(syntax), "DELETE"); }
  Operation operator()(const ast::CreateTable& syntax) const { return definition(syntax, "CREATE TABLE"); }
  Operation operator()(const ast::CreateIndex& syntax) const { return definition(syntax, "CREATE INDEX"); }
  Operation operator()(const ast::TransactionCommand& command) const { return command; }
  Operation operator()(const ast::SetCommand& command) const { return command; }
  Operation operator()(const ast::ShowCommand& command) const {
    plan.column_names.push_back(command.name);
    plan.column_types.push_back(Type::text);
    return command;
  }

 private:
  Operation definition(const ast::Command& command, const char* name) const {
    plan.command = name;
    return DefinitionPlan{command};
  }
};

std::vector<std::uint16_t> find_columns(const TableSchema& table, const std::vector<std::string>& names, int location) {
  std::vector<std::uint16_t> columns;
  for (const std::string& name : names) {
    const auto column = table.find_column(name);
    if (!column) fail_at(sqlstate::undefined_column, "column \"" + name + "\" named in key does not exist", location);
    columns.push_back(*column);
  }
  return columns;
}

std::string constraint_name(const TableSchema& table, const ast::UniqueConstraint& constraint) {
  if (!constraint.name.empty()) return constraint.name;
  if (constraint.primary) return table.name + "_pkey";
  std::string name = table.name;
  for (const std::string& column : constraint.columns) name += "_" + column;
  return name + "_key";
}

void collect_columns(const Expr& expr, std::vector<std::uint16_t>& columns) {
  if (expr.op == ExprOp::column && std::find(columns.begin(), columns.end(), expr.index) == columns.end())
    columns.push_back(expr.index);
  for (const Expr& arg : expr.args) collect_columns(arg, columns);
}

/// As the server names it: after the column if the condition reads just one.
std::string check_name(const TableSchema& table, const Expr& condition) {
  std::vector<std::uint16_t> columns;
  collect_columns(condition, columns);
  const std::string base = table.name + (columns.size() == 1 ? "_" + table.columns[columns[0]].name : "") + "_check";
  const auto taken = [&](const std::string& name) {
    return std::any_of(table.checks.begin(), table.checks.end(),
                       [&](const Check& check) { return check.name == name; });
  };
  std::string name = base;
  for (int i = 1; taken(name); ++i) name = base + std::to_string(i);
  return name;
}

void add_columns(TableSchema& table, const ast::CreateTable& syntax, Binder& binder) {
  for (const ast::ColumnDef& definition : syntax.columns) {
    if (table.find_column(definition.name))
      fail_at(sqlstate::duplicate_column, "column \"" + definition.name + "\" specified more than once",
              definition.location);
    Column& column = table.columns.emplace_back();
    column.name = definition.name;
    column.type = find_type(definition.type);
    column.modifier = find_modifier(definition.type, column.type);
    column.not_null = definition.not_null;
    if (!definition.default_value) continue;
    Binder::Scope scope;
    scope.clause = "DEFAULT expressions";
    column.default_value = binder.assign(binder.bind(*definition.default_value, scope), column);
  }
}

void add_constraints(TableSchema& table, const ast::CreateTable& syntax, std::uint16_t ordinal, Binder& binder) {
  bool has_primary = false;
  for (const ast::UniqueConstraint& constraint : syntax.unique) {
    if (constraint.primary && std::exchange(has_primary, true))
      fail_at("42P16", "multiple primary keys for table \"" + table.name + "\" are not allowed", constraint.location);
    UniqueIndex index{constraint_name(table, constraint), find_columns(table, constraint.columns, constraint.location),
                      constraint.primary};
    if (constraint.primary)
      for (const std::uint16_t column : index.columns) table.columns[column].not_null = true;
    table.indexes.insert(constraint.primary ? table.indexes.begin() : table.indexes.end(), std::move(index));
  }
  for (const ast::CheckConstraint& check : syntax.checks) {
    Binder::Scope scope;
    scope.clause = "check constraints";
    scope.tables.push_back({table.name, ordinal, 0, false, {}});
    Expr condition = binder.condition(check.condition, scope, "CHECK");
    std::string name = check.name.empty() ? check_name(table, condition) : check.name;
    table.checks.push_back({std::move(name), std::move(condition)});
  }
}

void create_table(Schema& schema, const ast::CreateTable& syntax, std::deque<std::string>& texts) {
  if (schema.has_relation(syntax.name)) {
    if (syntax.if_not_exists) return;
    fail_at(sqlstate::duplicate_table, "relation \"" + syntax.name + "\" already exists", -1);
  }
  TableSchema table;
  table.name = syntax.name;
  {
    Binder binder(schema, texts);
    add_columns(table, syntax, binder);
  }
  schema.tables.push_back(std::move(table));
  try {
    Binder binder(schema, texts);
    const auto ordinal = static_cast<std::uint16_t>(schema.tables.size() - 1);
    add_constraints(schema.tables.back(), syntax, ordinal, binder);
  } catch (...) {
    schema.tables.pop_back();
    throw;
  }
}

void create_index(Schema& schema, const ast::CreateIndex& syntax) {
  const auto ordinal = schema.find_table(syntax.table);
  if (!ordinal) fail_at(sqlstate::undefined_table, "relation \"" + syntax.table + "\" does not exist", syntax.location);
  TableSchema& table = schema.tables[*ordinal];
  std::string name = syntax.name;
  if (name.empty()) {
    name = table.name;
    for (const std::string& column : syntax.columns) name += "_" + column;
    name += "_idx";
  }
  if (schema.has_relation(name)) fail_at(sqlstate::duplicate_table, "relation \"" + name + "\" already exists", -1);
  const auto columns = find_columns(table, syntax.columns, syntax.location);
  if (syntax.unique) {
    table.indexes.push_back({name, columns, false});
  } else {
    table.plain_indexes.push_back(name);
  }
}

}  // namespace

std::unique_ptr<const Plan> make_plan(const ast::Command& command, std::string_view text, const Schema& schema) {
  auto plan = std::make_unique<Plan>();
  plan->text = text;
  try {
    Binder binder(schema, plan->texts);
    plan->operation = std::visit(PlanMaker{binder, *plan}, command);
    plan->params = binder.params();
    for (std::size_t i = 0; i < plan->params.size(); ++i)
      if (plan->params[i] == Type::unknown)
        fail_at(sqlstate::indeterminate_datatype,
                "could not determine data type of parameter $" + std::to_string(i + 1), -1);
    plan->tables = binder.tables();
    std::sort(plan->tables.begin(), plan->tables.end());
    plan->tables.erase(std::unique(plan->tables.begin(), plan->tables.end()), plan->tables.end());
  } catch (SqlError& error) {
    error.locate(text);
    throw;
  }
  return plan;
}

void define(Schema& schema, const ast::Command& command, std::deque<std::string>& texts) {
  if (const auto* table = std::get_if<ast::CreateTable>(&command)) create_table(schema, *table, texts);
  if (const auto* index = std::get_if<ast::CreateIndex>(&command)) create_index(schema, *index);
}

}  // namespace heddle::pg

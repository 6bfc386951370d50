// CREATE and DROP: changes of the schema while a blueprint is made.
#include <algorithm>
#include <utility>

#include "models/postgres/plan/binder.hpp"
#include "models/postgres/plan/plan.hpp"

namespace heddle::pg {
namespace {

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

void add_columns(Schema& schema, TableSchema& table, const ast::CreateTable& syntax, Binder& binder) {
  for (const ast::ColumnDef& definition : syntax.columns) {
    if (table.find_column(definition.name))
      fail_at(sqlstate::duplicate_column, "column \"" + definition.name + "\" specified more than once",
              definition.location);
    Column& column = table.columns.emplace_back();
    column.name = definition.name;
    column.type = find_type(definition.type);
    column.modifier = find_modifier(definition.type, column.type);
    column.not_null = definition.not_null;
    if (definition.is_serial) {
      column.default_value = make_expr(ExprOp::next_value, column.type, definition.location);
      column.default_value->index = static_cast<std::uint16_t>(schema.sequences.size());
      schema.sequences.push_back({table.name + "_" + definition.name + "_seq", 1, 1});
    }
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
                      constraint.primary, true};
    if (constraint.primary)
      for (const std::uint16_t column : index.columns) table.columns[column].not_null = true;
    table.indexes.insert(constraint.primary ? table.indexes.begin() : table.indexes.end(), std::move(index));
  }
  for (const ast::CheckConstraint& check : syntax.checks) {
    Binder::Scope scope;
    scope.clause = "check constraints";
    scope.tables.push_back({table.name, ordinal, 0, {}, nullptr});
    Expr condition = binder.condition(check.condition, scope, "CHECK");
    std::string name = check.name.empty() ? check_name(table, condition) : check.name;
    table.checks.push_back({std::move(name), std::move(condition)});
  }
}

/// The parent's unique index with exactly these columns.
std::uint16_t find_parent_index(const TableSchema& parent, const std::vector<std::uint16_t>& columns,
                                const ast::ForeignKey& syntax) {
  for (std::size_t i = 0; i < parent.indexes.size(); ++i) {
    const UniqueIndex& index = parent.indexes[i];
    if (!index.is_plain) continue;
    if (columns.empty()
            ? index.primary
            : std::is_permutation(columns.begin(), columns.end(), index.columns.begin(), index.columns.end()))
      return static_cast<std::uint16_t>(i);
  }
  if (columns.empty())
    fail_at(sqlstate::undefined_object, "there is no primary key for referenced table \"" + parent.name + "\"",
            syntax.location);
  fail_at(sqlstate::invalid_foreign_key,
          "there is no unique constraint matching given keys for referenced table \"" + parent.name + "\"",
          syntax.location);
}

std::vector<std::uint16_t> find_key_columns(const TableSchema& table, const std::vector<std::string>& names,
                                            int location) {
  std::vector<std::uint16_t> columns;
  for (const std::string& name : names) {
    const auto column = table.find_column(name);
    if (!column)
      fail_at(sqlstate::undefined_column, "column \"" + name + "\" referenced in foreign key constraint does not exist",
              location);
    columns.push_back(*column);
  }
  return columns;
}

bool is_comparable(Type a, Type b) {
  return a == b || (is_integer(a) && is_integer(b)) || (is_text(a) && is_text(b));
}

void add_foreign_key(Schema& schema, std::uint16_t ordinal, const ast::ForeignKey& syntax) {
  TableSchema& table = schema.tables[ordinal];
  const auto parent = schema.find_table(syntax.parent);
  if (!parent) fail_at(sqlstate::undefined_table, "relation \"" + syntax.parent + "\" does not exist", syntax.location);
  ForeignKey key;
  key.parent = *parent;
  const auto wanted = find_key_columns(schema.tables[*parent], syntax.parent_columns, syntax.location);
  key.parent_index = find_parent_index(schema.tables[*parent], wanted, syntax);
  key.parent_columns = schema.tables[*parent].indexes[key.parent_index].columns;
  const auto own = find_key_columns(table, syntax.columns, syntax.location);
  if (own.size() != key.parent_columns.size())
    fail_at(sqlstate::invalid_foreign_key, "number of referencing and referenced columns for foreign key disagree",
            syntax.location);
  for (std::size_t i = 0; i < key.parent_columns.size(); ++i) {
    const auto place = wanted.empty() ? static_cast<std::ptrdiff_t>(i)
                                      : std::find(wanted.begin(), wanted.end(), key.parent_columns[i]) - wanted.begin();
    key.columns.push_back(own[static_cast<std::size_t>(place)]);
    if (!is_comparable(table.columns[key.columns[i]].type, schema.tables[*parent].columns[key.parent_columns[i]].type))
      not_supported_at("a foreign key between columns of different types", syntax.location);
  }
  key.name = syntax.name;
  if (key.name.empty()) {
    key.name = table.name;
    for (const std::string& column : syntax.columns) key.name += "_" + column;
    key.name += "_fkey";
  }
  key.on_delete = static_cast<ForeignKeyAction>(syntax.on_delete);
  key.on_update = static_cast<ForeignKeyAction>(syntax.on_update);
  key.deferrable = syntax.deferrable || syntax.deferred;
  key.deferred = syntax.deferred;
  key.parent_tables = {*parent};
  key.child_tables = {ordinal};
  schema.tables[*parent].referenced_by.push_back({ordinal, static_cast<std::uint16_t>(table.foreign_keys.size())});
  schema.tables[ordinal].foreign_keys.push_back(std::move(key));
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
    add_columns(schema, table, syntax, binder);
  }
  schema.tables.push_back(std::move(table));
  try {
    Binder binder(schema, texts);
    const auto ordinal = static_cast<std::uint16_t>(schema.tables.size() - 1);
    add_constraints(schema.tables.back(), syntax, ordinal, binder);
    for (const ast::ForeignKey& key : syntax.foreign_keys) add_foreign_key(schema, ordinal, key);
  } catch (...) {
    schema.tables.pop_back();
    throw;
  }
}

/// A hidden column for a part of an index's key.
std::uint16_t add_hidden_column(TableSchema& table, Expr computed, bool is_condition) {
  Column& column = table.columns.emplace_back();
  column.type = computed.type;
  column.computed = std::move(computed);
  column.is_condition = is_condition;
  ++table.hidden;
  return static_cast<std::uint16_t>(table.columns.size() - 1);
}

void add_unique_index(Schema& schema, std::uint16_t ordinal, const ast::CreateIndex& syntax, const std::string& name,
                      std::vector<std::uint16_t> columns, std::deque<std::string>& texts) {
  TableSchema& table = schema.tables[ordinal];
  Binder::Scope scope;
  scope.clause = "index expressions";
  scope.tables.push_back({table.name, ordinal, 0, {}, nullptr});
  std::vector<Expr> parts;
  std::optional<Expr> where;
  {
    Binder binder(schema, texts);
    for (const ast::Expr& expression : syntax.expressions) parts.push_back(binder.bind(expression, scope));
    if (syntax.where) where = binder.condition(*syntax.where, scope, "WHERE");
  }
  for (Expr& part : parts) columns.push_back(add_hidden_column(table, std::move(part), false));
  if (where) columns.push_back(add_hidden_column(table, std::move(*where), true));
  table.indexes.push_back({name, std::move(columns), false, syntax.expressions.empty() && !syntax.where});
}

void create_index(Schema& schema, const ast::CreateIndex& syntax, std::deque<std::string>& texts) {
  const auto ordinal = schema.find_table(syntax.table);
  if (!ordinal) fail_at(sqlstate::undefined_table, "relation \"" + syntax.table + "\" does not exist", syntax.location);
  TableSchema& table = schema.tables[*ordinal];
  std::string name = syntax.name;
  if (name.empty()) {
    name = table.name;
    for (const std::string& column : syntax.columns) name += "_" + column;
    for (const ast::Expr& expression : syntax.expressions)
      name += "_" + (expression.text.empty() ? std::string("expr") : expression.text);
    name += "_idx";
  }
  if (schema.has_relation(name)) fail_at(sqlstate::duplicate_table, "relation \"" + name + "\" already exists", -1);
  const auto columns = find_columns(table, syntax.columns, syntax.location);
  if (syntax.unique) {
    add_unique_index(schema, *ordinal, syntax, name, columns, texts);
  } else {
    table.plain_indexes.push_back(name);
  }
}

void drop_table(Schema& schema, const ast::DropTable& syntax) {
  for (const std::string& name : syntax.names) {
    const auto ordinal = schema.find_table(name);
    if (!ordinal) {
      if (syntax.if_exists) continue;
      fail_at(sqlstate::undefined_table, "table \"" + name + "\" does not exist", syntax.location);
    }
    for (TableSchema& table : schema.tables)
      std::erase_if(table.referenced_by, [&](const Reference& reference) { return reference.table == *ordinal; });
    if (!schema.tables[*ordinal].referenced_by.empty())
      not_supported_at("DROP TABLE of a table that others refer to", syntax.location);
    // Its place is kept, so that the others keep theirs.
    schema.tables[*ordinal] = TableSchema{};
  }
}

}  // namespace

void define(Schema& schema, const ast::Command& command, std::deque<std::string>& texts) {
  if (const auto* table = std::get_if<ast::CreateTable>(&command)) create_table(schema, *table, texts);
  if (const auto* index = std::get_if<ast::CreateIndex>(&command)) create_index(schema, *index, texts);
  if (const auto* dropped = std::get_if<ast::DropTable>(&command)) drop_table(schema, *dropped);
  if (const auto* sequence = std::get_if<ast::CreateSequence>(&command))
    schema.sequences.push_back({sequence->name, sequence->start, sequence->increment});
}

}  // namespace heddle::pg

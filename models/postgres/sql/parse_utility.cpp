// CREATE, SET, SHOW and transaction control of the parse tree.
#include <algorithm>

#include "models/postgres/sql/json_tree.hpp"

namespace heddle::pg::tree {
namespace {

Isolation isolation_level(const std::string& name, int where) {
  if (name == "serializable") return Isolation::serializable;
  if (name == "repeatable read") return Isolation::repeatable_read;
  if (name == "read committed" || name == "read uncommitted") return Isolation::read_committed;
  throw SqlError(sqlstate::invalid_parameter_value,
                 "invalid value for parameter \"transaction_isolation\": \"" + name + "\"",
                 static_cast<std::size_t>(where) + 1);
}

/// Reads the modes of BEGIN and SET TRANSACTION into any command that has `isolation` and `read_only`.
template <class Command>
void transaction_modes(Command& result, const Json& options) {
  for (const auto& item : options) {
    const Node node = open(item);
    const std::string name = text(node.fields, "defname");
    const ast::Expr value = expression(node.fields.at("arg"));
    if (name == "transaction_isolation") {
      result.isolation = isolation_level(value.text, value.location);
    } else if (name == "transaction_read_only") {
      result.read_only = value.number != 0;
    } else {
      unsupported(name, location(node.fields));
    }
  }
}

ast::TransactionCommand transaction(const Node& node) {
  only(node, {"kind", "options", "savepoint_name", "chain"});
  using ast::TransactionVerb;
  const std::string kind = text(node.fields, "kind");
  ast::TransactionCommand result;
  if (kind == "TRANS_STMT_BEGIN" || kind == "TRANS_STMT_START") {
    result.verb = TransactionVerb::begin;
  } else if (kind == "TRANS_STMT_COMMIT") {
    result.verb = TransactionVerb::commit;
  } else if (kind == "TRANS_STMT_ROLLBACK") {
    result.verb = TransactionVerb::rollback;
  } else if (kind == "TRANS_STMT_SAVEPOINT") {
    result.verb = TransactionVerb::savepoint;
  } else if (kind == "TRANS_STMT_ROLLBACK_TO") {
    result.verb = TransactionVerb::rollback_to;
  } else if (kind == "TRANS_STMT_RELEASE") {
    result.verb = TransactionVerb::release;
  } else {
    unsupported("two-phase commit", location(node.fields));
  }
  result.savepoint = text(node.fields, "savepoint_name");
  result.chain = flag(node.fields, "chain");
  if (const Json* options = find(node.fields, "options")) transaction_modes(result, *options);
  return result;
}

std::string plain_value(const ast::Expr& value) {
  switch (value.kind) {
    case ast::ExprKind::integer_constant:
      return std::to_string(value.number);
    case ast::ExprKind::string_constant:
    case ast::ExprKind::decimal_constant:
      return value.text;
    case ast::ExprKind::bool_constant:
      return value.flag ? "on" : "off";
    default:
      unsupported("SET to an expression", value.location);
  }
}

ast::SetCommand set_command(const Node& node) {
  only(node, {"kind", "name", "args", "is_local"});
  const std::string kind = text(node.fields, "kind");
  ast::SetCommand result;
  result.name = text(node.fields, "name");
  result.local = flag(node.fields, "is_local");
  if (kind == "VAR_SET_MULTI") {
    result.transaction = result.name == "TRANSACTION";
    result.session_default = result.name == "SESSION CHARACTERISTICS";
    if (!result.transaction && !result.session_default) unsupported("SET " + result.name, location(node.fields));
    transaction_modes(result, node.fields.at("args"));
    return result;
  }
  if (kind != "VAR_SET_VALUE") unsupported("SET ... TO DEFAULT and RESET", location(node.fields));
  const Json& args = node.fields.at("args");
  if (args.size() != 1) unsupported("SET to a list", location(node.fields));
  result.value = plain_value(expression(args.at(0)));
  return result;
}

void column_constraint(ast::CreateTable& table, ast::ColumnDef& column, const Node& node) {
  const std::string type = text(node.fields, "contype");
  const int where = location(node.fields);
  if (type == "CONSTR_PRIMARY" || type == "CONSTR_UNIQUE") {
    table.unique.push_back({text(node.fields, "conname"), {column.name}, type == "CONSTR_PRIMARY", where});
  } else if (type == "CONSTR_NOTNULL") {
    column.not_null = true;
  } else if (type == "CONSTR_DEFAULT") {
    column.default_value = expression(node.fields.at("raw_expr"));
  } else if (type == "CONSTR_CHECK") {
    table.checks.push_back({text(node.fields, "conname"), expression(node.fields.at("raw_expr"))});
  } else if (type == "CONSTR_FOREIGN") {
    unsupported("a foreign key", where);
  } else if (type != "CONSTR_NULL") {
    unsupported("this column constraint", where);
  }
}

ast::ColumnDef column_def(ast::CreateTable& table, const Node& node) {
  only(node, {"colname", "typeName", "is_local", "constraints"});
  ast::ColumnDef column;
  column.name = text(node.fields, "colname");
  column.type = type_name(node.fields.at("typeName"));
  column.location = location(node.fields);
  if (const Json* constraints = find(node.fields, "constraints"))
    for (const auto& item : *constraints) column_constraint(table, column, open(item));
  return column;
}

ast::CreateTable create_table(const Node& node) {
  only(node, {"relation", "tableElts", "oncommit", "if_not_exists"});
  const ast::TableRef relation = table_ref(node.fields.at("relation"));
  ast::CreateTable table;
  table.name = relation.name;
  table.location = relation.location;
  table.if_not_exists = flag(node.fields, "if_not_exists");
  const Json* elements = find(node.fields, "tableElts");
  if (elements == nullptr) return table;
  for (const auto& item : *elements) {
    const Node element = open(item);
    if (element.type == "ColumnDef") {
      ast::ColumnDef column = column_def(table, element);
      table.columns.push_back(std::move(column));
      continue;
    }
    const std::string type = text(element.fields, "contype");
    if (type == "CONSTR_PRIMARY" || type == "CONSTR_UNIQUE") {
      table.unique.push_back({text(element.fields, "conname"), strings(element.fields.at("keys")),
                              type == "CONSTR_PRIMARY", location(element.fields)});
    } else if (type == "CONSTR_CHECK") {
      table.checks.push_back({text(element.fields, "conname"), expression(element.fields.at("raw_expr"))});
    } else if (type == "CONSTR_FOREIGN") {
      unsupported("a foreign key", location(element.fields));
    } else {
      unsupported("this table element", location(element.fields));
    }
  }
  return table;
}

ast::CreateIndex create_index(const Node& node) {
  only(node, {"idxname", "relation", "accessMethod", "indexParams", "unique"});
  ast::CreateIndex index;
  const ast::TableRef relation = table_ref(node.fields.at("relation"));
  index.table = relation.name;
  index.location = relation.location;
  index.name = text(node.fields, "idxname");
  index.unique = flag(node.fields, "unique");
  for (const auto& item : node.fields.at("indexParams")) {
    const Node element = open(item);
    if (find(element.fields, "expr") != nullptr) unsupported("an expression index", location(element.fields));
    only(element, {"name", "ordering", "nulls_ordering"});
    index.columns.push_back(text(element.fields, "name"));
  }
  return index;
}

}  // namespace

ast::Command utility(const Node& node) {
  if (node.type == "TransactionStmt") return transaction(node);
  if (node.type == "VariableSetStmt") return set_command(node);
  if (node.type == "VariableShowStmt") return ast::ShowCommand{text(node.fields, "name")};
  if (node.type == "CreateStmt") return create_table(node);
  if (node.type == "IndexStmt") return create_index(node);
  std::string name(node.type);
  if (name.ends_with("Stmt")) name.resize(name.size() - 4);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  unsupported(name, location(node.fields));
}

}  // namespace heddle::pg::tree

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
  if (kind == "VAR_RESET" || kind == "VAR_SET_DEFAULT") {
    result.to_default = true;
    return result;
  }
  if (kind != "VAR_SET_VALUE") unsupported("this form of SET", location(node.fields));
  const Json& args = node.fields.at("args");
  if (args.size() != 1) unsupported("SET to a list", location(node.fields));
  result.value = plain_value(expression(args.at(0)));
  return result;
}

ast::ReferentialAction action(const std::string& code) {
  using ast::ReferentialAction;
  return code == "r"   ? ReferentialAction::restricted
         : code == "c" ? ReferentialAction::cascade
         : code == "n" ? ReferentialAction::set_null
         : code == "d" ? ReferentialAction::set_default
                       : ReferentialAction::no_action;
}

ast::ForeignKey foreign_key(const Node& node, std::vector<std::string> columns) {
  only(node, {"contype", "conname", "pktable", "pk_attrs", "fk_attrs", "fk_matchtype", "fk_upd_action", "fk_del_action",
              "deferrable", "initdeferred", "initially_valid", "skip_validation"});
  ast::ForeignKey key;
  key.name = text(node.fields, "conname");
  key.location = location(node.fields);
  key.columns = std::move(columns);
  if (const Json* own = find(node.fields, "fk_attrs")) key.columns = strings(*own);
  key.parent = table_ref(node.fields.at("pktable")).name;
  if (const Json* parents = find(node.fields, "pk_attrs")) key.parent_columns = strings(*parents);
  if (text(node.fields, "fk_matchtype") != "s") unsupported("MATCH FULL or PARTIAL", key.location);
  key.on_delete = action(text(node.fields, "fk_del_action"));
  key.on_update = action(text(node.fields, "fk_upd_action"));
  key.deferrable = flag(node.fields, "deferrable");
  key.deferred = flag(node.fields, "initdeferred");
  return key;
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
    table.foreign_keys.push_back(foreign_key(node, {column.name}));
  } else if (type == "CONSTR_ATTR_DEFERRABLE" && !table.foreign_keys.empty()) {
    table.foreign_keys.back().deferrable = true;
  } else if (type == "CONSTR_ATTR_DEFERRED" && !table.foreign_keys.empty()) {
    table.foreign_keys.back().deferrable = table.foreign_keys.back().deferred = true;
  } else if (type == "CONSTR_IDENTITY") {
    only(node, {"contype", "generated_when"});
    column.is_serial = column.not_null = true;
  } else if (type != "CONSTR_NULL" && type != "CONSTR_ATTR_NOT_DEFERRABLE" && type != "CONSTR_ATTR_IMMEDIATE") {
    unsupported("this column constraint", where);
  }
}

ast::ColumnDef column_def(ast::CreateTable& table, const Node& node) {
  only(node, {"colname", "typeName", "is_local", "constraints"});
  ast::ColumnDef column;
  column.name = text(node.fields, "colname");
  column.type = type_name(node.fields.at("typeName"));
  column.location = location(node.fields);
  if (column.type.name.find("serial") != std::string::npos) column.is_serial = column.not_null = true;
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
      table.foreign_keys.push_back(foreign_key(element, {}));
    } else {
      unsupported("this table element", location(element.fields));
    }
  }
  return table;
}

ast::CreateIndex create_index(const Node& node) {
  only(node, {"idxname", "relation", "accessMethod", "indexParams", "unique", "whereClause"});
  ast::CreateIndex index;
  const ast::TableRef relation = table_ref(node.fields.at("relation"));
  index.table = relation.name;
  index.location = relation.location;
  index.name = text(node.fields, "idxname");
  index.unique = flag(node.fields, "unique");
  for (const auto& item : node.fields.at("indexParams")) {
    const Node element = open(item);
    only(element, {"name", "expr", "ordering", "nulls_ordering"});
    if (const Json* key = find(element.fields, "expr")) {
      index.expressions.push_back(expression(*key));
    } else {
      index.columns.push_back(text(element.fields, "name"));
    }
  }
  if (const Json* where = find(node.fields, "whereClause")) index.where = expression(*where);
  return index;
}

ast::DropTable drop_table(const Node& node) {
  only(node, {"objects", "removeType", "behavior", "missing_ok"});
  if (!equals(node.fields, "removeType", "OBJECT_TABLE"))
    unsupported("DROP of anything but tables", location(node.fields));
  ast::DropTable result;
  result.if_exists = flag(node.fields, "missing_ok");
  for (const auto& object : node.fields.at("objects"))
    result.names.push_back(strings(open(object).fields.at("items")).back());
  return result;
}

ast::LockTable lock_table(const Node& node) {
  only(node, {"relations", "mode", "nowait"});
  ast::LockTable result;
  for (const auto& relation : node.fields.at("relations")) result.tables.push_back(table_ref(open(relation).fields));
  result.mode = static_cast<ast::TableLockMode>(number(node.fields, "mode") - 1);
  result.nowait = flag(node.fields, "nowait");
  return result;
}

ast::SetConstraints set_constraints(const Node& node) {
  only(node, {"constraints", "deferred"});
  ast::SetConstraints result;
  result.deferred = flag(node.fields, "deferred");
  if (const Json* names = find(node.fields, "constraints"))
    for (const auto& name : *names) result.names.push_back(table_ref(open(name).fields).name);
  return result;
}

ast::CreateSequence create_sequence(const Node& node) {
  only(node, {"sequence", "options", "if_not_exists"});
  ast::CreateSequence result;
  result.name = table_ref(node.fields.at("sequence")).name;
  const Json* options = find(node.fields, "options");
  if (options == nullptr) return result;
  for (const auto& item : *options) {
    const Node option = open(item);
    const std::string name = text(option.fields, "defname");
    if (name != "start" && name != "increment") unsupported("sequence option " + name, location(option.fields));
    (name == "start" ? result.start : result.increment) = number(option.fields.at("arg").at("Integer"), "ival");
  }
  return result;
}

}  // namespace

ast::Command utility(const Node& node) {
  if (node.type == "TransactionStmt") return transaction(node);
  if (node.type == "VariableSetStmt") return set_command(node);
  if (node.type == "VariableShowStmt") return ast::ShowCommand{text(node.fields, "name")};
  if (node.type == "CreateStmt") return create_table(node);
  if (node.type == "IndexStmt") return create_index(node);
  if (node.type == "DropStmt") return drop_table(node);
  if (node.type == "LockStmt") return lock_table(node);
  if (node.type == "ConstraintsSetStmt") return set_constraints(node);
  if (node.type == "CreateSeqStmt") return create_sequence(node);
  std::string name(node.type);
  if (name.ends_with("Stmt")) name.resize(name.size() - 4);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  unsupported(name, location(node.fields));
}

}  // namespace heddle::pg::tree

// Queries and data changes of the parse tree, and the entry to the grammar.
#include "models/postgres/sql/parser.hpp"

extern "C" {
#include <pg_query.h>
}

#include <algorithm>
#include <charconv>
#include <memory>

#include "models/postgres/sql/json_tree.hpp"

namespace heddle::pg {
namespace tree {
namespace {

using ast::FromItem;
using ast::JoinKind;

/// Appends the tables of one FROM operand; a join's left side may be a join, its right side may not (see FromItem).
void add_from(std::vector<FromItem>& items, const Json& wrapped, bool starts_operand) {
  const Node node = open(wrapped);
  if (node.type == "RangeVar") {
    FromItem& item = items.emplace_back();
    item.table = table_ref(node.fields);
    item.starts_operand = starts_operand;
    return;
  }
  if (node.type == "RangeSubselect") {
    only(node, {"subquery", "alias"});
    const Json* alias = find(node.fields, "alias");
    if (alias == nullptr)
      throw SqlError(sqlstate::syntax_error, "subquery in FROM must have an alias",
                     static_cast<std::size_t>(std::max(location(node.fields), 0)) + 1);
    FromItem& item = items.emplace_back();
    item.starts_operand = starts_operand;
    item.table.alias = text(*alias, "aliasname");
    item.table.location = location(node.fields);
    if (const Json* columns = find(*alias, "colnames")) item.table.columns = strings(*columns);
    item.table.subselect = std::make_shared<ast::Select>(select(open(node.fields.at("subquery")).fields));
    return;
  }
  if (node.type == "RangeFunction") unsupported("a function in FROM", location(node.fields));
  if (node.type != "JoinExpr") unsupported(std::string(node.type), location(node.fields));
  only(node, {"jointype", "larg", "rarg", "quals", "usingClause"});
  const Node right = open(node.fields.at("rarg"));
  if (right.type == "JoinExpr") unsupported("a parenthesised join on the right of a join", location(right.fields));
  add_from(items, node.fields.at("larg"), starts_operand);
  add_from(items, node.fields.at("rarg"), false);
  FromItem& item = items.back();
  const std::string kind = text(node.fields, "jointype");
  if (kind != "JOIN_INNER" && kind != "JOIN_LEFT")
    unsupported(kind == "JOIN_RIGHT" ? "RIGHT JOIN" : "FULL JOIN", item.table.location);
  if (const Json* condition = find(node.fields, "quals")) item.condition = expression(*condition);
  if (const Json* columns = find(node.fields, "usingClause")) item.using_columns = strings(*columns);
  const bool plain = !item.condition && item.using_columns.empty();
  item.join = kind == "JOIN_LEFT" ? JoinKind::left : plain ? JoinKind::cross : JoinKind::inner;
}

ast::LockingClause locking_clause(const Node& node) {
  ast::LockingClause clause;
  const std::string strength = text(node.fields, "strength");
  const std::string policy = text(node.fields, "waitPolicy");
  using ast::LockStrength;
  clause.strength = strength == "LCS_FORKEYSHARE"      ? LockStrength::key_share
                    : strength == "LCS_FORSHARE"       ? LockStrength::share
                    : strength == "LCS_FORNOKEYUPDATE" ? LockStrength::no_key_update
                                                       : LockStrength::update;
  clause.policy = policy == "LockWaitSkip"    ? ast::WaitPolicy::skip_locked
                  : policy == "LockWaitError" ? ast::WaitPolicy::nowait
                                              : ast::WaitPolicy::block;
  if (const Json* tables = find(node.fields, "lockedRels"))
    for (const auto& table : *tables) clause.tables.push_back(table_ref(open(table).fields));
  return clause;
}

void add_order_and_limit(ast::Select& result, const Json& fields) {
  if (const Json* order = find(fields, "sortClause")) {
    for (const auto& item : *order) {
      const Node node = open(item);
      only(node, {"node", "sortby_dir", "sortby_nulls"});
      if (equals(node.fields, "sortby_dir", "SORTBY_USING")) unsupported("ORDER BY ... USING", location(node.fields));
      ast::OrderBy& key = result.order_by.emplace_back();
      key.value = expression(node.fields.at("node"));
      key.descending = equals(node.fields, "sortby_dir", "SORTBY_DESC");
      key.nulls_first = equals(node.fields, "sortby_nulls", "SORTBY_NULLS_FIRST") ||
                        (key.descending && !equals(node.fields, "sortby_nulls", "SORTBY_NULLS_LAST"));
    }
  }
  if (equals(fields, "limitOption", "LIMIT_OPTION_WITH_TIES")) unsupported("WITH TIES", location(fields));
  if (const Json* limit = find(fields, "limitCount")) result.limit = expression(*limit);
  if (const Json* offset = find(fields, "limitOffset")) result.offset = expression(*offset);
}

ast::OnConflict on_conflict(const Json& fields) {
  ast::OnConflict result;
  result.location = location(fields);
  result.do_update = equals(fields, "action", "ONCONFLICT_UPDATE");
  if (const Json* arbiter = find(fields, "infer")) {
    const Node node{"InferClause", *arbiter};
    only(node, {"indexElems", "conname", "whereClause"});
    if (const Json* where = find(*arbiter, "whereClause")) result.index_where = expression(*where);
    result.constraint = text(*arbiter, "conname");
    if (const Json* elements = find(*arbiter, "indexElems")) {
      for (const auto& item : *elements) {
        const Node element = open(item);
        only(element, {"name", "expr", "ordering", "nulls_ordering"});
        if (const Json* key = find(element.fields, "expr")) {
          result.expressions.push_back(expression(*key));
        } else {
          result.columns.push_back(text(element.fields, "name"));
        }
      }
    }
  }
  if (const Json* list = find(fields, "targetList")) result.assignments = targets(*list);
  if (const Json* where = find(fields, "whereClause")) result.where = expression(*where);
  return result;
}

ast::Insert insert(const Node& node) {
  only(node, {"relation", "cols", "selectStmt", "onConflictClause", "returningList", "override"});
  if (!equals(node.fields, "override", "OVERRIDING_NOT_SET")) unsupported("OVERRIDING", location(node.fields));
  ast::Insert result;
  result.table = table_ref(node.fields.at("relation"));
  if (const Json* columns = find(node.fields, "cols")) result.columns = targets(*columns);
  if (const Json* source = find(node.fields, "selectStmt")) {
    result.source = select(open(*source).fields);
  } else {
    result.default_values = true;
  }
  if (const Json* clause = find(node.fields, "onConflictClause")) result.on_conflict = on_conflict(*clause);
  if (const Json* list = find(node.fields, "returningList")) result.returning = targets(*list);
  return result;
}

ast::Update update(const Node& node) {
  only(node, {"relation", "targetList", "fromClause", "whereClause", "returningList"});
  ast::Update result;
  result.table = table_ref(node.fields.at("relation"));
  result.assignments = targets(node.fields.at("targetList"));
  if (const Json* from = find(node.fields, "fromClause")) result.from = from_clause(*from);
  if (const Json* where = find(node.fields, "whereClause")) result.where = expression(*where);
  if (const Json* list = find(node.fields, "returningList")) result.returning = targets(*list);
  return result;
}

ast::Delete delete_from(const Node& node) {
  only(node, {"relation", "usingClause", "whereClause", "returningList"});
  ast::Delete result;
  result.table = table_ref(node.fields.at("relation"));
  if (const Json* from = find(node.fields, "usingClause")) result.from = from_clause(*from);
  if (const Json* where = find(node.fields, "whereClause")) result.where = expression(*where);
  if (const Json* list = find(node.fields, "returningList")) result.returning = targets(*list);
  return result;
}

}  // namespace

ast::TableRef table_ref(const Json& fields) {
  only({"RangeVar", fields}, {"relname", "inh", "relpersistence", "alias"});
  if (!equals(fields, "relpersistence", "p")) unsupported("a temporary or unlogged table", location(fields));
  ast::TableRef table;
  table.name = text(fields, "relname");
  table.alias = table.name;
  table.location = static_cast<int>(number(fields, "location", -1));
  if (const Json* alias = find(fields, "alias")) {
    only({"Alias", *alias}, {"aliasname"});
    table.alias = text(*alias, "aliasname");
  }
  return table;
}

std::vector<ast::FromItem> from_clause(const Json& list) {
  std::vector<FromItem> items;
  for (const auto& operand : list) add_from(items, operand, true);
  return items;
}

ast::Select select(const Json& fields) {
  if (!equals(fields, "op", "SETOP_NONE")) unsupported("UNION, INTERSECT or EXCEPT", location(fields));
  only({"SelectStmt", fields},
       {"distinctClause", "targetList", "fromClause", "whereClause", "groupClause", "havingClause", "sortClause",
        "limitOffset", "limitCount", "limitOption", "lockingClause", "valuesLists", "op"});
  ast::Select result;
  result.location = location(fields);
  if (const Json* distinct = find(fields, "distinctClause")) {
    if (!distinct->empty() && !distinct->front().empty()) unsupported("DISTINCT ON", location(*distinct));
    result.distinct = true;
  }
  if (const Json* list = find(fields, "targetList")) result.targets = targets(*list);
  if (const Json* from = find(fields, "fromClause")) result.from = from_clause(*from);
  if (const Json* where = find(fields, "whereClause")) result.where = expression(*where);
  if (const Json* group = find(fields, "groupClause"))
    for (const auto& item : *group) result.group_by.push_back(expression(item));
  if (const Json* having = find(fields, "havingClause")) result.having = expression(*having);
  if (const Json* lists = find(fields, "valuesLists")) {
    for (const auto& list : *lists) {
      auto& row = result.values.emplace_back();
      for (const auto& item : open(list).fields.at("items")) row.push_back(expression(item));
    }
  }
  add_order_and_limit(result, fields);
  if (const Json* locking = find(fields, "lockingClause"))
    for (const auto& item : *locking) result.locking.push_back(locking_clause(open(item)));
  return result;
}

ast::Command command(const Json& wrapped) {
  const Node node = open(wrapped);
  if (node.type == "SelectStmt") return select(node.fields);
  if (node.type == "InsertStmt") return insert(node);
  if (node.type == "UpdateStmt") return update(node);
  if (node.type == "DeleteStmt") return delete_from(node);
  return utility(node);
}

namespace {

/// What comes after minus signs, parentheses, blanks and comments.
std::size_t skip_signs(std::string_view sql, std::size_t at) {
  while (at < sql.size()) {
    const std::string_view rest = sql.substr(at);
    if (rest.starts_with("--")) {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (rest.starts_with("/*")) {
      at = std::min(sql.find("*/", at + 2), sql.size() - 2) + 2;
    } else if (rest.find_first_of(" \t\r\n-(") == 0) {
      ++at;
    } else {
      return at;
    }
  }
  return std::string_view::npos;
}

/// libpg_query's JSON leaves out integers that are not positive: a negative one looks like 0. Its digits are still in
/// the text.
void restore_negative_integers(Json& node, std::string_view sql) {
  if (node.is_object()) {
    const auto constant = node.find("A_Const");
    if (constant != node.end() && constant->contains("ival") && constant->at("ival").empty()) {
      auto at = static_cast<std::size_t>(number(*constant, "location"));
      if (at < sql.size() && sql[at] == '-') {
        at = skip_signs(sql, at);
        std::int64_t value = 0;
        if (at == std::string_view::npos ||
            std::from_chars(sql.data() + at, sql.data() + sql.size(), value).ec != std::errc())
          unsupported("this way to write a negative number", location(*constant));
        constant->at("ival")["ival"] = -value;
      }
      return;
    }
  }
  if (node.is_structured())
    for (auto& child : node) restore_negative_integers(child, sql);
}

}  // namespace
}  // namespace tree

std::vector<ParsedCommand> parse(std::string_view sql) {
  const std::string text(sql);
  const std::unique_ptr<PgQueryParseResult, void (*)(PgQueryParseResult*)> result(
      new PgQueryParseResult(pg_query_parse(text.c_str())), [](PgQueryParseResult* raw) {
        pg_query_free_parse_result(*raw);
        delete raw;
      });
  try {
    if (result->error != nullptr)
      throw SqlError(sqlstate::syntax_error, result->error->message,
                     result->error->cursorpos > 0 ? static_cast<std::size_t>(result->error->cursorpos) : 0);
    tree::Json root = tree::Json::parse(result->parse_tree);
    tree::restore_negative_integers(root, text);
    std::vector<ParsedCommand> commands;
    const tree::Json* statements = tree::find(root, "stmts");
    if (statements == nullptr) return commands;
    for (const auto& statement : *statements) {
      const auto start = static_cast<std::size_t>(tree::number(statement, "stmt_location"));
      const auto length = static_cast<std::size_t>(tree::number(statement, "stmt_len"));
      commands.push_back(
          {tree::command(statement.at("stmt")), text.substr(start, length == 0 ? std::string::npos : length)});
    }
    return commands;
  } catch (SqlError& error) {
    error.locate(sql);
    throw;
  }
}

}  // namespace heddle::pg

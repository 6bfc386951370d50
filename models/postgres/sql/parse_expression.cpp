// Expressions of the parse tree.
#include <array>

#include "models/postgres/sql/json_tree.hpp"

namespace heddle::pg::tree {
namespace {

using ast::Expr;
using ast::ExprKind;

Expr make(ExprKind kind, const Json& fields) {
  Expr expr;
  expr.kind = kind;
  expr.location = static_cast<int>(number(fields, "location", -1));
  if (expr.location < 0) expr.location = location(fields);
  return expr;
}

void add_args(Expr& expr, const Json& list) {
  for (const auto& item : list) expr.args.push_back(expression(item));
}

Expr column_ref(const Node& node) {
  only(node, {"fields"});
  const Json& parts = node.fields.at("fields");
  Expr expr = make(ExprKind::column, node.fields);
  for (const auto& part : parts) {
    if (open(part).type == "A_Star") {
      expr.kind = ExprKind::star;
    } else {
      expr.names.push_back(string_of(part));
    }
  }
  if (expr.names.size() > 2) unsupported("a schema-qualified column", expr.location);
  return expr;
}

Expr constant(const Node& node) {
  only(node, {"isnull", "ival", "fval", "sval", "boolval"});
  Expr expr = make(ExprKind::null_constant, node.fields);
  if (flag(node.fields, "isnull")) return expr;
  if (const Json* value = find(node.fields, "ival")) {
    expr.kind = ExprKind::integer_constant;
    expr.number = number(*value, "ival");
  } else if (const Json* decimal = find(node.fields, "fval")) {
    expr.kind = ExprKind::decimal_constant;
    expr.text = text(*decimal, "fval");
  } else if (const Json* string = find(node.fields, "sval")) {
    expr.kind = ExprKind::string_constant;
    expr.text = text(*string, "sval");
  } else if (const Json* boolean = find(node.fields, "boolval")) {
    expr.kind = ExprKind::bool_constant;
    expr.flag = flag(*boolean, "boolval");
  } else {
    unsupported("a bit-string constant", expr.location);
  }
  return expr;
}

Expr operator_expr(const Node& node, ExprKind kind) {
  Expr expr = make(kind, node.fields);
  const auto names = strings(node.fields.at("name"));
  if (names.size() != 1) unsupported("a schema-qualified operator", expr.location);
  expr.text = names.front();
  if (const Json* left = find(node.fields, "lexpr")) expr.args.push_back(expression(*left));
  if (const Json* right = find(node.fields, "rexpr")) {
    if (open(*right).type == "List") {
      add_args(expr, open(*right).fields.at("items"));
    } else {
      expr.args.push_back(expression(*right));
    }
  }
  return expr;
}

Expr combined(ExprKind kind, std::vector<Expr> args, int location) {
  Expr expr;
  expr.kind = kind;
  expr.location = location;
  expr.args = std::move(args);
  return expr;
}

Expr compared(const std::string& op, Expr left, Expr right, int location) {
  Expr expr = combined(ExprKind::op, {std::move(left), std::move(right)}, location);
  expr.text = op;
  return expr;
}

/// A comparison of rows, column by column: the first pair that differs decides.
Expr row_comparison(const std::string& op, const Expr& left, const Expr& right, int location) {
  if (left.args.size() != right.args.size() || right.kind != ExprKind::row)
    throw SqlError(sqlstate::syntax_error, "unequal number of entries in row expressions",
                   static_cast<std::size_t>(location) + 1);
  std::vector<Expr> pairs;
  if (op == "=" || op == "<>") {
    for (std::size_t i = 0; i < left.args.size(); ++i)
      pairs.push_back(compared(op, left.args[i], right.args[i], location));
    if (pairs.size() == 1) return pairs[0];
    return combined(op == "=" ? ExprKind::logic_and : ExprKind::logic_or, std::move(pairs), location);
  }
  const std::string strict = op.substr(0, 1);
  for (std::size_t i = 0; i < left.args.size(); ++i) {
    std::vector<Expr> all;
    for (std::size_t k = 0; k < i; ++k) all.push_back(compared("=", left.args[k], right.args[k], location));
    all.push_back(compared(i + 1 == left.args.size() ? op : strict, left.args[i], right.args[i], location));
    pairs.push_back(all.size() == 1 ? all[0] : combined(ExprKind::logic_and, std::move(all), location));
  }
  return pairs.size() == 1 ? pairs[0] : combined(ExprKind::logic_or, std::move(pairs), location);
}

bool is_comparison(const std::string& op) {
  return op == "=" || op == "<>" || op == "<" || op == "<=" || op == ">" || op == ">=";
}

/// The same for (a, b) IN ((1, 2), ...).
Expr row_in_list(const Expr& list) {
  std::vector<Expr> rows;
  for (std::size_t i = 1; i < list.args.size(); ++i)
    rows.push_back(row_comparison("=", list.args[0], list.args[i], list.location));
  Expr any = rows.size() == 1 ? rows[0] : combined(ExprKind::logic_or, std::move(rows), list.location);
  return list.flag ? combined(ExprKind::logic_not, {std::move(any)}, list.location) : any;
}

/// x op ANY (array) and x op ALL (array). The array is a constructor, or, for = ANY and <> ALL, a text or parameter
/// that lists its elements.
Expr array_comparison(const Node& node, bool all) {
  const auto names = strings(node.fields.at("name"));
  const bool is_plain = names.size() == 1 && names.front() == (all ? "<>" : "=");
  if (names.size() != 1 || !is_comparison(names.front()))
    unsupported("ANY/ALL with this operator", location(node.fields));
  const Json* array = &node.fields.at("rexpr");
  if (open(*array).type == "TypeCast" && find(open(*array).fields.at("typeName"), "arrayBounds") != nullptr)
    array = &open(*array).fields.at("arg");
  const Node right = open(*array);
  if (!is_plain && right.type != "A_ArrayExpr")
    unsupported(all ? "ALL with another operator than <>" : "ANY with another operator than =", location(node.fields));
  if (!is_plain) {
    const Expr probe = expression(node.fields.at("lexpr"));
    Expr each = make(all ? ExprKind::logic_and : ExprKind::logic_or, node.fields);
    const Json* elements = find(right.fields, "elements");
    if (elements == nullptr) unsupported("an empty array", location(node.fields));
    for (const auto& element : *elements)
      each.args.push_back(compared(names.front(), probe, expression(element), each.location));
    return each;
  }
  Expr expr = make(right.type == "A_ArrayExpr" ? ExprKind::in_list : ExprKind::in_array, node.fields);
  expr.flag = all;
  expr.text = "=";
  expr.args.push_back(expression(node.fields.at("lexpr")));
  if (right.type == "A_ArrayExpr") {
    if (const Json* elements = find(right.fields, "elements")) add_args(expr, *elements);
  } else if (right.type == "A_Const" || right.type == "ParamRef") {
    expr.args.push_back(expression(*array));
  } else {
    unsupported("ANY/ALL over this expression", location(right.fields));
  }
  return expr;
}

Expr a_expr(const Node& node) {
  only(node, {"kind", "name", "lexpr", "rexpr"});
  const std::string kind = text(node.fields, "kind");
  if (kind == "AEXPR_OP") {
    Expr expr = operator_expr(node, ExprKind::op);
    const bool compares_rows = expr.args[0].kind == ExprKind::row && expr.args.size() == 2 &&
                               is_comparison(expr.text) && expr.args[1].kind == ExprKind::row;
    return compares_rows ? row_comparison(expr.text, expr.args[0], expr.args[1], expr.location) : expr;
  }
  if (kind == "AEXPR_IN") {
    Expr expr = operator_expr(node, ExprKind::in_list);
    expr.flag = expr.text == "<>";
    return expr.args[0].kind == ExprKind::row ? row_in_list(expr) : expr;
  }
  if (kind == "AEXPR_BETWEEN" || kind == "AEXPR_NOT_BETWEEN") {
    Expr expr = operator_expr(node, ExprKind::between);
    expr.flag = kind == "AEXPR_NOT_BETWEEN";
    return expr;
  }
  if (kind == "AEXPR_BETWEEN_SYM" || kind == "AEXPR_NOT_BETWEEN_SYM") {
    const Expr given = operator_expr(node, ExprKind::between);
    Expr swapped = given;
    std::swap(swapped.args[1], swapped.args[2]);
    Expr either = combined(ExprKind::logic_or, {given, std::move(swapped)}, given.location);
    return kind == "AEXPR_BETWEEN_SYM" ? either : combined(ExprKind::logic_not, {std::move(either)}, given.location);
  }
  if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT") {
    Expr expr = operator_expr(node, ExprKind::is_distinct);
    expr.flag = kind == "AEXPR_NOT_DISTINCT";
    return expr;
  }
  if (kind == "AEXPR_NULLIF") return operator_expr(node, ExprKind::nullif);
  if (kind == "AEXPR_LIKE") {
    Expr expr = operator_expr(node, ExprKind::like);
    expr.flag = expr.text == "!~~";
    return expr;
  }
  if (kind == "AEXPR_ILIKE") {
    Expr expr = operator_expr(node, ExprKind::like);
    expr.flag = expr.text == "!~~*";
    for (Expr& arg : expr.args) {
      arg = combined(ExprKind::function, {std::move(arg)}, arg.location);
      arg.text = "lower";
    }
    return expr;
  }
  if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") return array_comparison(node, kind == "AEXPR_OP_ALL");
  unsupported(kind, location(node.fields));
}

Expr bool_expr(const Node& node) {
  only(node, {"boolop", "args"});
  const std::string op = text(node.fields, "boolop");
  Expr expr = make(op == "AND_EXPR"  ? ExprKind::logic_and
                   : op == "OR_EXPR" ? ExprKind::logic_or
                                     : ExprKind::logic_not,
                   node.fields);
  add_args(expr, node.fields.at("args"));
  return expr;
}

Expr boolean_test(const Node& node) {
  only(node, {"arg", "booltesttype"});
  struct Test {
    std::string_view name;
    ExprKind kind;
    bool negated;
  };
  static constexpr std::array<Test, 6> tests = {{{"IS_TRUE", ExprKind::is_true, false},
                                                 {"IS_NOT_TRUE", ExprKind::is_true, true},
                                                 {"IS_FALSE", ExprKind::is_false, false},
                                                 {"IS_NOT_FALSE", ExprKind::is_false, true},
                                                 {"IS_UNKNOWN", ExprKind::is_unknown, false},
                                                 {"IS_NOT_UNKNOWN", ExprKind::is_unknown, true}}};
  for (const Test& test : tests) {
    if (!equals(node.fields, "booltesttype", test.name)) continue;
    Expr expr = make(test.kind, node.fields);
    expr.flag = test.negated;
    expr.args.push_back(expression(node.fields.at("arg")));
    return expr;
  }
  unsupported(text(node.fields, "booltesttype"), location(node.fields));
}

Expr case_expr(const Node& node) {
  only(node, {"arg", "args", "defresult"});
  Expr expr = make(ExprKind::case_when, node.fields);
  if (const Json* operand = find(node.fields, "arg")) {
    expr.flag = true;
    expr.args.push_back(expression(*operand));
  }
  for (const auto& item : node.fields.at("args")) {
    const Node branch = open(item);
    expr.args.push_back(expression(branch.fields.at("expr")));
    expr.args.push_back(expression(branch.fields.at("result")));
  }
  if (const Json* otherwise = find(node.fields, "defresult")) {
    expr.args.push_back(expression(*otherwise));
  } else {
    expr.args.push_back(make(ExprKind::null_constant, node.fields));
  }
  return expr;
}

Expr function_call(const Node& node) {
  only(node, {"funcname", "args", "agg_star", "agg_distinct", "funcformat"});
  Expr expr = make(ExprKind::function, node.fields);
  auto names = strings(node.fields.at("funcname"));
  if (names.size() == 2 && names.front() == "pg_catalog") names.erase(names.begin());
  if (names.size() != 1) unsupported("a schema-qualified function", expr.location);
  expr.text = names.front();
  expr.flag = flag(node.fields, "agg_star");
  expr.distinct = flag(node.fields, "agg_distinct");
  if (const Json* args = find(node.fields, "args")) add_args(expr, *args);
  return expr;
}

Expr sub_link(const Node& node) {
  only(node, {"subLinkType", "subselect", "testexpr", "operName"});
  const std::string type = text(node.fields, "subLinkType");
  Expr expr = make(ExprKind::scalar_subselect, node.fields);
  if (type == "EXISTS_SUBLINK") {
    expr.kind = ExprKind::exists;
  } else if (type == "ANY_SUBLINK" || type == "ALL_SUBLINK") {
    const bool all = type == "ALL_SUBLINK";
    const Json* name = find(node.fields, "operName");
    expr.text = name == nullptr ? "=" : strings(*name).back();
    if (!is_comparison(expr.text)) unsupported("ANY/ALL (sub-select) with this operator", expr.location);
    expr.kind = ExprKind::in_subselect;
    expr.flag = all;
    expr.args.push_back(expression(node.fields.at("testexpr")));
  } else if (type != "EXPR_SUBLINK") {
    unsupported("this form of sub-select", expr.location);
  }
  const Node query = open(node.fields.at("subselect"));
  expr.subselect = std::make_shared<ast::Select>(select(query.fields));
  return expr;
}

Expr with_args(const Node& node, ExprKind kind) {
  Expr expr = make(kind, node.fields);
  add_args(expr, node.fields.at("args"));
  return expr;
}

}  // namespace

ast::TypeName type_name(const Json& fields) {
  only({"TypeName", fields}, {"names", "typemod", "typmods"});
  ast::TypeName type;
  type.location = static_cast<int>(number(fields, "location", -1));
  auto names = strings(fields.at("names"));
  if (names.size() == 2 && names.front() == "pg_catalog") names.erase(names.begin());
  if (names.size() != 1) unsupported("a schema-qualified type", type.location);
  type.name = names.front();
  if (const Json* modifiers = find(fields, "typmods")) {
    for (const auto& item : *modifiers) {
      const Expr modifier = expression(item);
      if (modifier.kind != ExprKind::integer_constant)
        unsupported("a type modifier that is not an integer", type.location);
      type.modifiers.push_back(static_cast<std::int32_t>(modifier.number));
    }
  }
  return type;
}

ast::Expr expression(const Json& wrapped) {
  const Node node = open(wrapped);
  if (node.type == "ColumnRef") return column_ref(node);
  if (node.type == "A_Const") return constant(node);
  if (node.type == "A_Expr") return a_expr(node);
  if (node.type == "BoolExpr") return bool_expr(node);
  if (node.type == "BooleanTest") return boolean_test(node);
  if (node.type == "CaseExpr") return case_expr(node);
  if (node.type == "FuncCall") return function_call(node);
  if (node.type == "SubLink") return sub_link(node);
  if (node.type == "CoalesceExpr") return with_args(node, ExprKind::coalesce);
  if (node.type == "RowExpr") return with_args(node, ExprKind::row);
  if (node.type == "MinMaxExpr")
    return with_args(node, equals(node.fields, "op", "IS_LEAST") ? ExprKind::least : ExprKind::greatest);
  if (node.type == "SQLValueFunction" && text(node.fields, "op").starts_with("SVFOP_CURRENT_TIMESTAMP")) {
    Expr now = make(ExprKind::function, node.fields);
    now.text = "current_timestamp";
    return now;
  }
  if (node.type == "SetToDefault") return make(ExprKind::default_value, node.fields);
  Expr expr = make(ExprKind::param, node.fields);
  if (node.type == "ParamRef") {
    expr.number = number(node.fields, "number");
    return expr;
  }
  if (node.type == "NullTest") {
    expr.kind = ExprKind::is_null;
    expr.flag = equals(node.fields, "nulltesttype", "IS_NOT_NULL");
    expr.args.push_back(expression(node.fields.at("arg")));
    return expr;
  }
  if (node.type == "TypeCast") {
    expr.kind = ExprKind::cast;
    expr.type = type_name(node.fields.at("typeName"));
    expr.args.push_back(expression(node.fields.at("arg")));
    return expr;
  }
  unsupported(std::string(node.type), location(node.fields));
}

std::vector<ast::Target> targets(const Json& list) {
  std::vector<ast::Target> result;
  for (const auto& item : list) {
    const Node node = open(item);
    only(node, {"name", "val"});
    ast::Target& target = result.emplace_back();
    target.name = text(node.fields, "name");
    target.location = static_cast<int>(number(node.fields, "location", -1));
    const Json* value = find(node.fields, "val");
    if (value == nullptr) continue;
    const Node inner = open(*value);
    if (inner.type == "MultiAssignRef") {  // SET (a, b) = (1, 2)
      const Node source = open(inner.fields.at("source"));
      if (source.type != "RowExpr") unsupported("SET (...) = (SELECT ...)", target.location);
      const auto& args = source.fields.at("args");
      const auto column = static_cast<std::size_t>(number(inner.fields, "colno"));
      if (args.size() != static_cast<std::size_t>(number(inner.fields, "ncolumns")))
        throw SqlError(sqlstate::syntax_error, "number of columns does not match number of values",
                       static_cast<std::size_t>(location(source.fields)) + 1);
      target.value = expression(args.at(column - 1));
    } else {
      target.value = expression(*value);
    }
  }
  return result;
}

}  // namespace heddle::pg::tree

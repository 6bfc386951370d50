// Names and operators.
#include <algorithm>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {

using ast::ExprKind;

namespace {

constexpr std::string_view ambiguous_function = "42725";

}  // namespace

Expr Binder::bind(const ast::Expr& syntax, Scope& scope) {
  switch (syntax.kind) {
    case ExprKind::column:
      return column(syntax, scope);
    case ExprKind::star:
      fail_at(sqlstate::syntax_error, "row expansion via \"*\" is not supported here", syntax.location);
    case ExprKind::null_constant:
    case ExprKind::bool_constant:
    case ExprKind::integer_constant:
    case ExprKind::decimal_constant:
    case ExprKind::string_constant:
      return constant(syntax);
    case ExprKind::param:
      return param(syntax);
    case ExprKind::op:
      return operator_call(syntax, scope);
    case ExprKind::logic_and:
    case ExprKind::logic_or:
    case ExprKind::logic_not:
      return logic(syntax, scope);
    case ExprKind::is_null:
    case ExprKind::is_true:
    case ExprKind::is_false:
    case ExprKind::is_unknown:
    case ExprKind::is_distinct:
    case ExprKind::like:
      return test(syntax, scope);
    case ExprKind::in_list:
      return in_list(syntax, scope);
    case ExprKind::in_array:
      return in_array(syntax, scope);
    case ExprKind::between:
      return between(syntax, scope);
    case ExprKind::case_when:
      return case_when(syntax, scope);
    case ExprKind::coalesce:
    case ExprKind::greatest:
    case ExprKind::least:
    case ExprKind::nullif:
      return variadic(syntax, scope);
    case ExprKind::cast: {
      const Type type = find_type(syntax.type);
      const std::int32_t modifier = find_modifier(syntax.type, type);
      return cast(bind(syntax.args[0], scope), type, modifier, syntax.location);
    }
    case ExprKind::function:
      return function(syntax, scope);
    case ExprKind::row:
      not_supported_at("a row constructor", syntax.location);
    case ExprKind::default_value:
      fail_at(sqlstate::syntax_error, "DEFAULT is not allowed in this context", syntax.location);
    case ExprKind::scalar_subselect:
    case ExprKind::exists:
    case ExprKind::in_subselect:
      return sub_select(syntax, scope);
  }
  not_supported_at("this expression", syntax.location);
}

Expr Binder::condition(const ast::Expr& syntax, Scope& scope, const char* clause) {
  Expr expr = bind(syntax, scope);
  if (expr.type == Type::unknown) expr = coerce(std::move(expr), Type::boolean);
  if (expr.type != Type::boolean)
    fail_at(
        sqlstate::datatype_mismatch,
        "argument of " + std::string(clause) + " must be type boolean, not type " + std::string(type_name(expr.type)),
        expr.location);
  return expr;
}

Expr Binder::column(const ast::Expr& syntax, const Scope& scope) {
  const std::string& name = syntax.names.back();
  const std::string* qualifier = syntax.names.size() == 2 ? &syntax.names.front() : nullptr;
  bool qualifier_known = false;
  std::uint16_t level = 0;
  for (const Scope* s = &scope; s != nullptr; s = s->outer, ++level) {
    const ScopeTable* found = nullptr;
    for (const ScopeTable& table : s->tables) {
      if (qualifier != nullptr && table.alias != *qualifier) continue;
      qualifier_known = true;
      if (!find_column(table, name)) continue;
      const auto& merged = table.merged_columns;
      if (qualifier == nullptr && std::find(merged.begin(), merged.end(), name) != merged.end()) continue;
      if (found != nullptr)
        fail_at(sqlstate::ambiguous_column, "column reference \"" + name + "\" is ambiguous", syntax.location);
      found = &table;
    }
    if (found != nullptr) {
      for (const Scope* inner = &scope; inner != s; inner = inner->outer) inner->reads_outer = true;
      const std::uint16_t index = *find_column(*found, name);
      Expr expr = make_expr(ExprOp::column, column_type(*found, index), syntax.location);
      expr.level = level;
      expr.relation = found->relation;
      expr.index = index;
      return expr;
    }
    if (qualifier != nullptr && qualifier_known) break;
  }
  if (qualifier == nullptr)
    fail_at(sqlstate::undefined_column, "column \"" + name + "\" does not exist", syntax.location);
  if (qualifier_known)
    fail_at(sqlstate::undefined_column, "column " + *qualifier + "." + name + " does not exist", syntax.location);
  for (const Scope* s = &scope; s != nullptr; s = s->outer)
    for (const ScopeTable& table : s->tables)
      if (table.subselect == nullptr && schema_.tables[table.table].name == *qualifier)
        fail_at(sqlstate::undefined_table, "invalid reference to FROM-clause entry for table \"" + *qualifier + "\"",
                syntax.location);
  fail_at(sqlstate::undefined_table, "missing FROM-clause entry for table \"" + *qualifier + "\"", syntax.location);
}

Expr Binder::constant(const ast::Expr& syntax) {
  Expr expr = make_expr(ExprOp::constant, Type::unknown, syntax.location);
  switch (syntax.kind) {
    case ExprKind::bool_constant:
      expr.type = Type::boolean;
      expr.constant = Value::of(syntax.flag);
      break;
    case ExprKind::integer_constant:
      expr.type = Type::int4;
      expr.constant = Value::of(syntax.number);
      break;
    case ExprKind::decimal_constant: {
      const auto number = Numeric::parse(syntax.text);
      if (!number) not_supported_at("the number " + syntax.text, syntax.location);
      const bool is_integer = syntax.text.find_first_of(".eE") == std::string::npos;
      const auto integer = is_integer ? number->to_integer() : std::nullopt;
      expr.type = integer ? Type::int8 : Type::numeric;
      expr.constant = integer ? Value::of(*integer) : Value::of(*number);
      break;
    }
    case ExprKind::string_constant:
      expr.constant = Value::of(std::string_view(texts_.emplace_back(syntax.text)));
      break;
    default:
      break;
  }
  return expr;
}

Expr Binder::param(const ast::Expr& syntax) {
  constexpr std::int64_t most = 1000;
  if (syntax.number < 1 || syntax.number > most)
    fail_at(sqlstate::undefined_parameter, "there is no parameter $" + std::to_string(syntax.number), syntax.location);
  const auto index = static_cast<std::uint16_t>(syntax.number - 1);
  if (params_.size() <= index) params_.resize(index + std::size_t{1}, Type::unknown);
  Expr expr = make_expr(ExprOp::param, params_[index], syntax.location);
  expr.index = index;
  return expr;
}

std::optional<ExprOp> find_comparison(std::string_view name) {
  static constexpr std::pair<std::string_view, ExprOp> comparisons[] = {
      {"=", ExprOp::equal},       {"<>", ExprOp::not_equal}, {"<", ExprOp::less},
      {"<=", ExprOp::less_equal}, {">", ExprOp::greater},    {">=", ExprOp::greater_equal}};
  for (const auto& [text, op] : comparisons)
    if (text == name) return op;
  return std::nullopt;
}

Expr Binder::operator_call(const ast::Expr& syntax, Scope& scope) {
  Expr left = bind(syntax.args[0], scope);
  if (syntax.args.size() == 1) {
    if (syntax.text == "+" && is_number(left.type)) return left;
    if (syntax.text != "-") not_supported_at("operator " + syntax.text, syntax.location);
    if (left.type == Type::unknown) fail_at(ambiguous_function, "operator is not unique: - unknown", syntax.location);
    if (!is_number(left.type))
      fail_at(sqlstate::undefined_function, "operator does not exist: - " + std::string(type_name(left.type)),
              syntax.location);
    const Type type = left.type;
    return make_expr(ExprOp::negate, type, syntax.location, {std::move(left)});
  }
  Expr right = bind(syntax.args[1], scope);
  if (const std::optional<ExprOp> op = find_comparison(syntax.text))
    return comparison(*op, std::move(left), std::move(right), syntax.text, syntax.location);
  return arithmetic(syntax.text, std::move(left), std::move(right), syntax.location);
}

Expr Binder::comparison(ExprOp op, Expr left, Expr right, const std::string& name, int location) {
  if (left.type == Type::unknown && right.type == Type::unknown) left = coerce(std::move(left), Type::text);
  if (left.type == Type::unknown) left = coerce(std::move(left), right.type);
  if (right.type == Type::unknown) right = coerce(std::move(right), left.type);
  const bool comparable = left.type == right.type || (is_number(left.type) && is_number(right.type)) ||
                          (is_text(left.type) && is_text(right.type)) ||
                          (is_timestamp(left.type) && is_timestamp(right.type));
  if (!comparable)
    fail_at(sqlstate::undefined_function,
            "operator does not exist: " + std::string(type_name(left.type)) + " " + name + " " +
                std::string(type_name(right.type)),
            location);
  return make_expr(op, Type::boolean, location, {std::move(left), std::move(right)});
}

Expr Binder::arithmetic(const std::string& op, Expr left, Expr right, int location) {
  if (op == "||") {
    const bool concatenates =
        is_text(left.type) || is_text(right.type) || left.type == Type::unknown || right.type == Type::unknown;
    if (concatenates) {
      left = cast(std::move(left), Type::text, -1, location);
      right = cast(std::move(right), Type::text, -1, location);
      return make_expr(ExprOp::concatenate, Type::text, location, {std::move(left), std::move(right)});
    }
  }
  static constexpr std::pair<std::string_view, ExprOp> operators[] = {{"+", ExprOp::add},
                                                                      {"-", ExprOp::subtract},
                                                                      {"*", ExprOp::multiply},
                                                                      {"/", ExprOp::divide},
                                                                      {"%", ExprOp::modulo}};
  const auto found =
      std::find_if(std::begin(operators), std::end(operators), [&](const auto& entry) { return entry.first == op; });
  if (found == std::end(operators)) not_supported_at("operator " + op, location);
  if (left.type == Type::unknown && right.type == Type::unknown)
    fail_at(ambiguous_function, "operator is not unique: unknown " + op + " unknown", location);
  if (left.type == Type::unknown) left = coerce(std::move(left), right.type);
  if (right.type == Type::unknown) right = coerce(std::move(right), left.type);
  if (op == "-" && is_timestamp(left.type) && is_timestamp(right.type))
    not_supported_at("the difference of timestamps", location);
  if (!is_number(left.type) || !is_number(right.type))
    fail_at(sqlstate::undefined_function,
            "operator does not exist: " + std::string(type_name(left.type)) + " " + op + " " +
                std::string(type_name(right.type)),
            location);
  const Type type = std::max(left.type, right.type);
  left = coerce(std::move(left), type);
  right = coerce(std::move(right), type);
  return make_expr(found->second, type, location, {std::move(left), std::move(right)});
}

Expr Binder::logic(const ast::Expr& syntax, Scope& scope) {
  const bool conjunction = syntax.kind == ExprKind::logic_and;
  const char* name = conjunction ? "AND" : syntax.kind == ExprKind::logic_or ? "OR" : "NOT";
  const ExprOp op = conjunction                         ? ExprOp::logic_and
                    : syntax.kind == ExprKind::logic_or ? ExprOp::logic_or
                                                        : ExprOp::logic_not;
  std::vector<Expr> args;
  for (const ast::Expr& arg : syntax.args) args.push_back(condition(arg, scope, name));
  return make_expr(op, Type::boolean, syntax.location, std::move(args));
}

Expr Binder::test(const ast::Expr& syntax, Scope& scope) {
  if (syntax.kind == ExprKind::is_distinct || syntax.kind == ExprKind::like) {
    Expr both = comparison(ExprOp::is_distinct, bind(syntax.args[0], scope), bind(syntax.args[1], scope), syntax.text,
                           syntax.location);
    if (syntax.kind == ExprKind::like) {
      both.op = ExprOp::like;
      if (!is_text(both.args[0].type))
        fail_at(sqlstate::undefined_function,
                "operator does not exist: " + std::string(type_name(both.args[0].type)) + " " + syntax.text + " " +
                    std::string(type_name(both.args[1].type)),
                syntax.location);
    }
    both.negated = syntax.flag;
    return both;
  }
  Expr expr;
  if (syntax.kind == ExprKind::is_null) {
    Expr arg = bind(syntax.args[0], scope);
    if (arg.type == Type::unknown) arg = coerce(std::move(arg), Type::text);
    expr = make_expr(ExprOp::is_null, Type::boolean, syntax.location, {std::move(arg)});
  } else {
    const ExprOp op = syntax.kind == ExprKind::is_true    ? ExprOp::is_true
                      : syntax.kind == ExprKind::is_false ? ExprOp::is_false
                                                          : ExprOp::is_null;
    const char* name = syntax.kind == ExprKind::is_true    ? "IS TRUE"
                       : syntax.kind == ExprKind::is_false ? "IS FALSE"
                                                           : "IS UNKNOWN";
    expr = make_expr(op, Type::boolean, syntax.location, {condition(syntax.args[0], scope, name)});
  }
  expr.negated = syntax.flag;
  return expr;
}

Expr Binder::in_list(const ast::Expr& syntax, Scope& scope) {
  std::vector<Expr> args;
  for (const ast::Expr& arg : syntax.args) args.push_back(bind(arg, scope));
  std::vector<Expr*> all;
  for (Expr& arg : args) all.push_back(&arg);
  const bool mixed_numbers =
      std::all_of(args.begin(), args.end(), [](const Expr& e) { return is_number(e.type) || e.type == Type::unknown; });
  if (mixed_numbers) {
    unify(all, "IN");
  } else {  // the message must name the operator, as the server's does
    for (std::size_t i = 1; i < args.size(); ++i) {
      Expr both = comparison(ExprOp::equal, args[0], args[i], "=", syntax.location);
      args[0] = std::move(both.args[0]);
      args[i] = std::move(both.args[1]);
    }
  }
  Expr expr = make_expr(ExprOp::in_list, Type::boolean, syntax.location, std::move(args));
  expr.negated = syntax.flag;
  return expr;
}

Expr Binder::in_array(const ast::Expr& syntax, Scope& scope) {
  Expr probe = bind(syntax.args[0], scope);
  if (probe.type == Type::unknown) probe = coerce(std::move(probe), Type::text);
  Expr list = coerce(bind(syntax.args[1], scope), Type::text);
  Expr expr = make_expr(ExprOp::in_array, Type::boolean, syntax.location, {std::move(probe), std::move(list)});
  expr.negated = syntax.flag;
  return expr;
}

Expr Binder::between(const ast::Expr& syntax, Scope& scope) {
  Expr low = comparison(ExprOp::greater_equal, bind(syntax.args[0], scope), bind(syntax.args[1], scope),
                        ">=", syntax.location);
  Expr high =
      comparison(ExprOp::less_equal, bind(syntax.args[0], scope), bind(syntax.args[2], scope), "<=", syntax.location);
  Expr both = make_expr(ExprOp::logic_and, Type::boolean, syntax.location, {std::move(low), std::move(high)});
  if (!syntax.flag) return both;
  return make_expr(ExprOp::logic_not, Type::boolean, syntax.location, {std::move(both)});
}

}  // namespace heddle::pg

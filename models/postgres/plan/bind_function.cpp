// CASE, functions, aggregates and sub-selects.
#include <algorithm>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {

using ast::ExprKind;

Expr Binder::case_when(const ast::Expr& syntax, Scope& scope) {
  std::size_t next = 0;
  const ast::Expr* operand = syntax.flag ? &syntax.args[next++] : nullptr;
  std::vector<Expr> args;
  for (; next + 1 < syntax.args.size(); next += 2) {
    if (operand != nullptr) {
      args.push_back(comparison(ExprOp::equal, bind(*operand, scope), bind(syntax.args[next], scope), "=",
                                syntax.args[next].location));
    } else {
      args.push_back(condition(syntax.args[next], scope, "CASE/WHEN"));
    }
    args.push_back(bind(syntax.args[next + 1], scope));
  }
  args.push_back(bind(syntax.args[next], scope));
  std::vector<Expr*> results{&args.back()};
  for (std::size_t i = 1; i < args.size(); i += 2) results.push_back(&args[i]);
  unify(results, "CASE");
  const Type type = args.back().type;
  return make_expr(ExprOp::case_when, type, syntax.location, std::move(args));
}

Expr Binder::variadic(const ast::Expr& syntax, Scope& scope) {
  std::vector<Expr> args;
  for (const ast::Expr& arg : syntax.args) args.push_back(bind(arg, scope));
  if (syntax.kind == ExprKind::nullif) {
    Expr both = comparison(ExprOp::nullif, std::move(args[0]), std::move(args[1]), "=", syntax.location);
    both.type = both.args[0].type;
    return both;
  }
  std::vector<Expr*> all;
  for (Expr& arg : args) all.push_back(&arg);
  const bool coalesce = syntax.kind == ExprKind::coalesce;
  const bool greatest = syntax.kind == ExprKind::greatest;
  unify(all, coalesce ? "COALESCE" : greatest ? "GREATEST" : "LEAST");
  const Type type = args[0].type;
  return make_expr(coalesce   ? ExprOp::coalesce
                   : greatest ? ExprOp::greatest
                              : ExprOp::least,
                   type, syntax.location, std::move(args));
}

/// pg_[try_]advisory_[xact_]{lock,unlock}[_shared|_all]
Expr Binder::advisory_function(const ast::Expr& syntax, Scope& scope) {
  using Kind = AdvisoryCall::Kind;
  const std::string& name = syntax.text;
  AdvisoryCall call;
  call.kind = name.starts_with("pg_try_")                ? Kind::try_lock
              : name == "pg_advisory_unlock_all"         ? Kind::unlock_all
              : name.find("unlock") != std::string::npos ? Kind::unlock
                                                         : Kind::lock;
  call.shared = name.ends_with("_shared");
  call.for_transaction = name.find("_xact_") != std::string::npos;
  const bool has_result = call.kind == Kind::try_lock || call.kind == Kind::unlock;
  const std::size_t most = call.kind == Kind::unlock_all ? 0 : 2;
  std::vector<Expr> args;
  for (const ast::Expr& arg : syntax.args)
    args.push_back(coerce(bind(arg, scope), syntax.args.size() == 1 ? Type::int8 : Type::int4));
  if (args.size() > most || (args.empty() && most > 0))
    fail_at(sqlstate::undefined_function, "function " + name + "() does not exist", syntax.location);
  Expr expr = make_expr(ExprOp::advisory, has_result ? Type::boolean : Type::text, syntax.location, std::move(args));
  expr.advisory = call;
  return expr;
}

std::optional<Expr> Binder::sequence_function(const ast::Expr& syntax, Scope& scope) {
  struct Entry {
    std::string_view name;
    ExprOp op;
  };
  static constexpr Entry functions[] = {
      {"nextval", ExprOp::next_value}, {"currval", ExprOp::current_value}, {"setval", ExprOp::set_value}};
  for (const Entry& entry : functions) {
    if (entry.name != syntax.text || syntax.args.empty()) continue;
    const ast::Expr* name = &syntax.args.front();
    if (name->kind == ExprKind::cast) name = &name->args.front();
    if (name->kind != ExprKind::string_constant) not_supported_at(syntax.text + " of an expression", syntax.location);
    const auto sequence = schema_.find_sequence(name->text);
    if (!sequence) fail_at(sqlstate::undefined_table, "relation \"" + name->text + "\" does not exist", -1);
    std::vector<Expr> args;
    if (syntax.args.size() > 1) args.push_back(coerce(bind(syntax.args[1], scope), Type::int8));
    if (syntax.args.size() > 2) args.push_back(condition(syntax.args[2], scope, "setval"));
    if (args.empty() == (entry.op == ExprOp::set_value))
      fail_at(sqlstate::undefined_function, "function " + syntax.text + "() with these arguments does not exist",
              syntax.location);
    Expr expr = make_expr(entry.op, Type::int8, syntax.location, std::move(args));
    expr.index = *sequence;
    return expr;
  }
  return std::nullopt;
}

std::optional<Expr> Binder::stateful_function(const ast::Expr& syntax, Scope& scope) {
  const std::string& name = syntax.text;
  if (name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_")) return advisory_function(syntax, scope);
  if ((name == "now" || name == "current_timestamp" || name == "transaction_timestamp") && syntax.args.empty())
    return make_expr(ExprOp::now, Type::timestamptz, syntax.location);
  if (name == "lastval" && syntax.args.empty()) return make_expr(ExprOp::last_value, Type::int8, syntax.location);
  if (name == "pg_sleep" && syntax.args.size() == 1) {
    Expr seconds = bind(syntax.args[0], scope);
    if (seconds.type != Type::numeric) seconds = cast(std::move(seconds), Type::numeric, -1, syntax.location);
    return make_expr(ExprOp::sleep, Type::text, syntax.location, {std::move(seconds)});
  }
  return sequence_function(syntax, scope);
}

Expr Binder::function(const ast::Expr& syntax, Scope& scope) {
  static constexpr std::string_view aggregates[] = {"count", "sum",      "min",     "max",
                                                    "avg",   "bool_and", "bool_or", "every"};
  if (std::find(std::begin(aggregates), std::end(aggregates), syntax.text) != std::end(aggregates))
    return aggregate(syntax, scope);
  struct Entry {
    std::string_view name;
    ExprOp op;
  };
  static constexpr Entry functions[] = {{"lower", ExprOp::lower},
                                        {"upper", ExprOp::upper},
                                        {"length", ExprOp::length},
                                        {"char_length", ExprOp::length},
                                        {"abs", ExprOp::absolute}};
  if (std::optional<Expr> expr = stateful_function(syntax, scope)) return std::move(*expr);
  for (const Entry& entry : functions) {
    if (entry.name != syntax.text || syntax.args.size() != 1) continue;
    Expr arg = bind(syntax.args[0], scope);
    if (entry.op == ExprOp::absolute) {
      if (arg.type == Type::unknown) arg = coerce(std::move(arg), Type::numeric);
    } else if (arg.type == Type::unknown) {
      arg = coerce(std::move(arg), Type::text);
    }
    if (entry.op == ExprOp::absolute ? !is_number(arg.type) : !is_text(arg.type))
      fail_at(sqlstate::undefined_function,
              "function " + syntax.text + "(" + std::string(type_name(arg.type)) + ") does not exist", syntax.location);
    const Type type = entry.op == ExprOp::absolute ? arg.type : entry.op == ExprOp::length ? Type::int4 : Type::text;
    return make_expr(entry.op, type, syntax.location, {std::move(arg)});
  }
  not_supported_at("function " + syntax.text + "()", syntax.location);
}

namespace {

struct AggregateType {
  AggregateKind kind;
  Type type;
};

/// Result types as in pg_aggregate; nothing if the argument's type does not fit.
std::optional<AggregateType> aggregate_type(const std::string& name, Type argument) {
  if (name == "count") return AggregateType{AggregateKind::count, Type::int8};
  if (name == "min" && argument != Type::boolean) return AggregateType{AggregateKind::min, argument};
  if (name == "max" && argument != Type::boolean) return AggregateType{AggregateKind::max, argument};
  if (name == "sum" && is_number(argument))
    return AggregateType{AggregateKind::sum,
                         argument == Type::int2 || argument == Type::int4 ? Type::int8 : Type::numeric};
  if (name == "avg" && is_number(argument)) return AggregateType{AggregateKind::average, Type::numeric};
  if (argument == Type::boolean && (name == "bool_and" || name == "every"))
    return AggregateType{AggregateKind::every, Type::boolean};
  if (argument == Type::boolean && name == "bool_or") return AggregateType{AggregateKind::any, Type::boolean};
  return std::nullopt;
}

}  // namespace

Expr Binder::aggregate(const ast::Expr& syntax, Scope& scope) {
  if (scope.in_aggregate)
    fail_at(sqlstate::grouping_error, "aggregate function calls cannot be nested", syntax.location);
  if (scope.aggregates == nullptr)
    fail_at(sqlstate::grouping_error, "aggregate functions are not allowed in " + std::string(scope.clause),
            syntax.location);
  Aggregate result;
  result.distinct = syntax.distinct;
  if (!syntax.flag) {
    if (syntax.args.size() != 1)
      not_supported_at("function " + syntax.text + "() with these arguments", syntax.location);
    scope.in_aggregate = true;
    result.argument = bind(syntax.args[0], scope);
    scope.in_aggregate = false;
    if (result.argument.type == Type::unknown) result.argument = coerce(std::move(result.argument), Type::text);
    const auto type = aggregate_type(syntax.text, result.argument.type);
    if (!type)
      fail_at(sqlstate::undefined_function,
              "function " + syntax.text + "(" + std::string(type_name(result.argument.type)) + ") does not exist",
              syntax.location);
    result.kind = type->kind;
    result.type = type->type;
  }
  Expr expr = make_expr(ExprOp::aggregate, result.type, syntax.location);
  expr.index = static_cast<std::uint16_t>(scope.aggregates->size());
  scope.aggregates->push_back(std::move(result));
  return expr;
}

namespace {

/// What holds for exactly those values that `op` does not hold for.
ExprOp opposite(ExprOp op) {
  switch (op) {
    case ExprOp::equal:
      return ExprOp::not_equal;
    case ExprOp::not_equal:
      return ExprOp::equal;
    case ExprOp::less:
      return ExprOp::greater_equal;
    case ExprOp::less_equal:
      return ExprOp::greater;
    case ExprOp::greater:
      return ExprOp::less_equal;
    default:
      return ExprOp::less;
  }
}

}  // namespace

Expr Binder::sub_select(const ast::Expr& syntax, Scope& scope) {
  auto plan = std::make_shared<SelectPlan>(select(*syntax.subselect, &scope));
  const bool exists = syntax.kind == ExprKind::exists;
  if (!exists && plan->outputs.size() != 1)
    fail_at(sqlstate::syntax_error,
            plan->outputs.size() > 1 && syntax.kind == ExprKind::in_subselect ? "subquery has too many columns"
                                                                              : "subquery must return only one column",
            syntax.location);
  if (exists) {
    Expr expr = make_expr(ExprOp::exists, Type::boolean, syntax.location);
    expr.subselect = std::move(plan);
    return expr;
  }
  Expr& output = plan->outputs[0].value;
  if (output.type == Type::unknown) output = coerce(std::move(output), Type::text);
  if (syntax.kind == ExprKind::scalar_subselect) {
    Expr expr = make_expr(ExprOp::scalar_subselect, output.type, syntax.location);
    expr.subselect = std::move(plan);
    return expr;
  }
  Expr probe = make_expr(ExprOp::constant, output.type, syntax.location);
  Expr both =
      comparison(ExprOp::in_subselect, bind(syntax.args[0], scope), std::move(probe), syntax.text, syntax.location);
  both.args.pop_back();
  // What holds for ALL is what does not fail for any.
  const ExprOp op = *find_comparison(syntax.text);
  both.compared = syntax.flag ? opposite(op) : op;
  both.subselect = std::move(plan);
  both.negated = syntax.flag;
  return both;
}

}  // namespace heddle::pg

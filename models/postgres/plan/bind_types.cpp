// Types and casts, by the rules of the server's parse_coerce.c for the types that the model has.
#include <algorithm>
#include <charconv>

#include "models/postgres/plan/binder.hpp"

namespace heddle::pg {

void fail_at(std::string_view sqlstate, const std::string& message, int location) {
  throw SqlError(sqlstate, message, location < 0 ? 0 : static_cast<std::size_t>(location) + 1);
}

void not_supported_at(const std::string& construct, int location) {
  fail_at(sqlstate::feature_not_supported, construct + " is not supported by the model", location);
}

Expr make_expr(ExprOp op, Type type, int location, std::vector<Expr> args) {
  Expr expr;
  expr.op = op;
  expr.type = type;
  expr.location = location;
  expr.args = std::move(args);
  return expr;
}

Type find_type(const ast::TypeName& name) {
  struct Entry {
    std::string_view name;
    Type type;
  };
  static constexpr Entry types[] = {
      {"bool", Type::boolean},    {"int2", Type::int2},           {"int4", Type::int4},
      {"int8", Type::int8},       {"numeric", Type::numeric},     {"text", Type::text},
      {"varchar", Type::varchar}, {"timestamp", Type::timestamp}, {"timestamptz", Type::timestamptz},
      {"serial", Type::int4},     {"serial4", Type::int4},        {"bigserial", Type::int8},
      {"serial8", Type::int8},    {"smallserial", Type::int2},    {"serial2", Type::int2}};
  for (const Entry& entry : types)
    if (entry.name == name.name) return entry.type;
  static constexpr std::string_view known[] = {"float4", "float8", "date",  "time",   "timetz", "interval", "uuid",
                                               "json",   "jsonb",  "bytea", "bpchar", "char",   "bit",      "varbit",
                                               "inet",   "money",  "xml",   "name",   "oid"};
  if (std::find(std::begin(known), std::end(known), name.name) != std::end(known))
    not_supported_at("type " + name.name, name.location);
  fail_at(sqlstate::undefined_object, "type \"" + name.name + "\" does not exist", name.location);
}

std::int32_t find_modifier(const ast::TypeName& name, Type type) {
  if (name.modifiers.empty()) return -1;
  if (type == Type::varchar && name.modifiers.size() == 1) {
    if (name.modifiers[0] < 1)
      fail_at(sqlstate::invalid_parameter_value, "length for type varchar must be at least 1", name.location);
    return name.modifiers[0];
  }
  if (type == Type::numeric && name.modifiers.size() <= 2) {
    const std::int32_t precision = name.modifiers[0];
    const std::int32_t scale = name.modifiers.size() == 2 ? name.modifiers[1] : 0;
    if (precision < 1 || precision > 1000)
      fail_at(sqlstate::invalid_parameter_value,
              "NUMERIC precision " + std::to_string(precision) + " must be between 1 and 1000", name.location);
    if (scale < 0 || scale > Numeric::max_scale)
      not_supported_at("numeric scale " + std::to_string(scale), name.location);
    return precision * 1024 + scale;
  }
  fail_at(sqlstate::syntax_error, "type modifier is not allowed for type \"" + name.name + "\"", name.location);
}

namespace {

[[noreturn]] void invalid_syntax(Type type, std::string_view text, int location) {
  fail_at(sqlstate::invalid_text_representation,
          "invalid input syntax for type " + std::string(type_name(type)) + ": \"" + std::string(text) + "\"",
          location);
}

}  // namespace

Expr Binder::parse_literal(const Expr& literal, Type type) {
  Expr result = literal;
  result.type = type;
  if (literal.constant.is_null() || is_text(type)) return result;
  const std::string_view text = literal.constant.text();
  if (is_timestamp(type)) {
    bool is_out_of_range = false;
    const std::optional<std::int64_t> time = parse_timestamp(text, is_out_of_range);
    if (is_out_of_range)
      fail_at(sqlstate::datetime_field_overflow, "date/time field value out of range: \"" + std::string(text) + "\"",
              literal.location);
    if (!time)
      fail_at(sqlstate::invalid_datetime_format,
              "invalid input syntax for type " + std::string(type == Type::timestamp ? "timestamp" : type_name(type)) +
                  ": \"" + std::string(text) + "\"",
              literal.location);
    result.constant = Value::of_timestamp(*time, type == Type::timestamptz);
    return result;
  }
  if (type == Type::boolean) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto one_of = [&](std::initializer_list<std::string_view> words) {
      return std::find(words.begin(), words.end(), lower) != words.end();
    };
    if (one_of({"t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"})) {
      result.constant = Value::of(true);
    } else if (one_of({"f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"})) {
      result.constant = Value::of(false);
    } else {
      invalid_syntax(type, text, literal.location);
    }
    return result;
  }
  const std::optional<Numeric> number = Numeric::parse(text);
  if (!number || (is_integer(type) && text.find_first_of(".eE") != std::string_view::npos))
    invalid_syntax(type, text, literal.location);
  if (type == Type::numeric) {
    result.constant = Value::of(*number);
    return result;
  }
  const std::optional<std::int64_t> integer = number->to_integer();
  const std::int64_t limit = type == Type::int2 ? INT16_MAX : type == Type::int4 ? INT32_MAX : INT64_MAX;
  if (!integer || *integer > limit || *integer < -limit - 1)
    fail_at(sqlstate::numeric_value_out_of_range,
            "value \"" + std::string(text) + "\" is out of range for type " + std::string(type_name(type)),
            literal.location);
  result.constant = Value::of(*integer);
  return result;
}

void Binder::set_param_type(Expr& expr, Type type) {
  Type& known = params_[expr.index];
  if (known != Type::unknown && known != type)
    fail_at("42P08", "inconsistent types deduced for parameter $" + std::to_string(expr.index + 1), expr.location);
  known = type;
  expr.type = type;
}

Expr Binder::coerce(Expr expr, Type type) {
  if (expr.type == type || type == Type::unknown) return expr;
  if (expr.type == Type::unknown) {
    if (expr.op == ExprOp::constant) return parse_literal(expr, type);
    if (expr.op == ExprOp::param) {
      set_param_type(expr, type);
      return expr;
    }
    expr.type = type;
    return expr;
  }
  if (is_text(expr.type) && is_text(type)) {
    expr.type = type;
    return expr;
  }
  if (is_integer(expr.type) && is_integer(type) && type > expr.type) {
    expr.type = type;  // integers of all widths are represented alike
    return expr;
  }
  if (is_integer(expr.type) && type == Type::numeric) {
    const int location = expr.location;
    return make_expr(ExprOp::to_numeric, type, location, {std::move(expr)});
  }
  fail_at(sqlstate::datatype_mismatch,
          "cannot convert type " + std::string(type_name(expr.type)) + " to " + std::string(type_name(type)),
          expr.location);
}

Expr Binder::cast(Expr expr, Type type, std::int32_t modifier, int location) {
  if (expr.type == Type::unknown) expr = coerce(std::move(expr), type);
  const Type from = expr.type;
  Expr result;
  if (from == type || (is_text(from) && is_text(type))) {
    result = std::move(expr);
    result.type = type;
  } else if (is_text(type)) {
    result = make_expr(ExprOp::to_text, type, location, {std::move(expr)});
  } else if (is_integer(type) && (is_number(from) || is_text(from) || from == Type::boolean)) {
    result = make_expr(ExprOp::to_integer, type, location, {std::move(expr)});
  } else if (type == Type::numeric && (is_number(from) || is_text(from))) {
    result = make_expr(ExprOp::to_numeric, type, location, {std::move(expr)});
  } else if (is_timestamp(type) && (is_timestamp(from) || is_text(from))) {
    result = make_expr(ExprOp::to_timestamp, type, location, {std::move(expr)});
  } else if (type == Type::boolean && (from == Type::int4 || is_text(from))) {
    result = make_expr(ExprOp::to_boolean, type, location, {std::move(expr)});
  } else {
    fail_at("42846", "cannot cast type " + std::string(type_name(from)) + " to " + std::string(type_name(type)),
            location);
  }
  if (modifier >= 0) {
    result = make_expr(type == Type::numeric ? ExprOp::to_numeric : ExprOp::limit_length, type, location,
                       {std::move(result)});
    result.modifier = modifier;
    result.flag_explicit = true;
  }
  return result;
}

Expr Binder::assign(Expr expr, const Column& column) {
  const int location = expr.location;
  if (expr.type == Type::unknown) expr = coerce(std::move(expr), column.type);
  const bool allowed = expr.type == column.type || is_text(column.type) ||
                       (is_number(expr.type) && is_number(column.type)) ||
                       (is_timestamp(expr.type) && is_timestamp(column.type));
  if (!allowed)
    fail_at(sqlstate::datatype_mismatch,
            "column \"" + column.name + "\" is of type " + std::string(type_name(column.type)) +
                " but expression is of type " + std::string(type_name(expr.type)),
            location);
  const bool widening = is_integer(expr.type) && is_integer(column.type) && expr.type < column.type;
  Expr result = widening ? coerce(std::move(expr), column.type) : cast(std::move(expr), column.type, -1, location);
  if (column.modifier < 0) return result;
  result = make_expr(column.type == Type::numeric ? ExprOp::to_numeric : ExprOp::limit_length, column.type, location,
                     {std::move(result)});
  result.modifier = column.modifier;
  return result;
}

void Binder::unify(const std::vector<Expr*>& exprs, const char* construct) {
  Type common = Type::unknown;
  for (const Expr* expr : exprs) {
    if (expr->type == Type::unknown) continue;
    if (common == Type::unknown) {
      common = expr->type;
    } else if (is_number(common) && is_number(expr->type)) {
      common = std::max(common, expr->type);
    } else if (common != expr->type && !(is_text(common) && is_text(expr->type))) {
      fail_at(sqlstate::datatype_mismatch,
              std::string(construct) + " types " + std::string(type_name(common)) + " and " +
                  std::string(type_name(expr->type)) + " cannot be matched",
              expr->location);
    }
  }
  if (common == Type::unknown) common = Type::text;
  for (Expr* expr : exprs) *expr = coerce(std::move(*expr), common);
}

}  // namespace heddle::pg

// Expressions, with SQL's three-valued logic.
#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
bool comparison_holds(ExprOp op, std::strong_ordering order) {
  switch (op) {
    case ExprOp::equal:
      return order == 0;
    case ExprOp::not_equal:
      return order != 0;
    case ExprOp::less:
      return order < 0;
    case ExprOp::less_equal:
      return order <= 0;
    case ExprOp::greater:
      return order > 0;
    default:
      return order >= 0;
  }
}

namespace {

[[noreturn]] void out_of_range(Type type) {
  throw SqlError(sqlstate::numeric_value_out_of_range, type == Type::int2   ? "smallint out of range"
                                                       : type == Type::int4 ? "integer out of range"
                                                                            : "bigint out of range");
}

Value checked(std::int64_t integer, Type type) {
  if (type == Type::int4 && (integer > INT32_MAX || integer < INT32_MIN)) out_of_range(type);
  if (type == Type::int2 && (integer > INT16_MAX || integer < INT16_MIN)) out_of_range(type);
  return Value::of(integer);
}

Value integer_arithmetic(ExprOp op, std::int64_t a, std::int64_t b, Type type) {
  std::int64_t result = 0;
  bool overflow = false;
  if ((op == ExprOp::divide || op == ExprOp::modulo) && b == 0)
    throw SqlError(sqlstate::division_by_zero, "division by zero");
  switch (op) {
    case ExprOp::add:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case ExprOp::subtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case ExprOp::multiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case ExprOp::divide:
      overflow = a == INT64_MIN && b == -1;
      if (!overflow) result = a / b;
      break;
    default:
      result = b == -1 ? 0 : a % b;
      break;
  }
  if (overflow) out_of_range(type);
  return checked(result, type);
}

Value numeric_arithmetic(ExprOp op, const Numeric& a, const Numeric& b) {
  switch (op) {
    case ExprOp::add:
      return Value::of(a + b);
    case ExprOp::subtract:
      return Value::of(a - b);
    case ExprOp::multiply:
      return Value::of(a * b);
    case ExprOp::divide:
      return Value::of(a / b);
    default:
      return Value::of(a % b);
  }
}

Value absolute(const Value& value, Type type) {
  if (value.kind() == Value::Kind::numeric) {
    const Numeric number = value.numeric();
    return number.digits() < 0 ? Value::of(Numeric(-number.digits(), number.scale())) : value;
  }
  return value.integer() < 0 ? integer_arithmetic(ExprOp::subtract, 0, value.integer(), type) : value;
}

Value change_case(std::string_view text, sim::Arena& arena, bool upper) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c))
                                : std::tolower(static_cast<unsigned char>(c)));
  return Value::of(arena.copy(result));
}

std::int64_t count_characters(std::string_view text) {
  std::int64_t count = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  return count;
}

/// The operators whose result is null when an operand is.
Value apply_strict(const Expr& expr, const Value& a, const Value& b, sim::Arena& arena) {
  switch (expr.op) {
    case ExprOp::equal:
    case ExprOp::not_equal:
    case ExprOp::less:
    case ExprOp::less_equal:
    case ExprOp::greater:
    case ExprOp::greater_equal:
      return Value::of(comparison_holds(expr.op, compare(a, b)));
    case ExprOp::add:
    case ExprOp::subtract:
    case ExprOp::multiply:
    case ExprOp::divide:
    case ExprOp::modulo:
      if (is_integer(expr.type)) return integer_arithmetic(expr.op, a.integer(), b.integer(), expr.type);
      return numeric_arithmetic(expr.op, a.numeric(), b.numeric());
    case ExprOp::negate:
      if (is_integer(expr.type)) return integer_arithmetic(ExprOp::subtract, 0, a.integer(), expr.type);
      return Value::of(Numeric(-a.numeric().digits(), a.numeric().scale()));
    case ExprOp::concatenate:
      return Value::of(arena.copy(std::string(a.text()) + std::string(b.text())));
    case ExprOp::like:
      return Value::of(is_like(a.text(), b.text()) != expr.negated);
    case ExprOp::to_integer:
      return cast_to_integer(a, expr.type);
    case ExprOp::to_numeric:
      return cast_to_numeric(a, expr.modifier);
    case ExprOp::to_text:
      return cast_to_text(a, arena);
    case ExprOp::to_boolean:
      return cast_to_boolean(a);
    case ExprOp::to_timestamp:
      return cast_to_timestamp(a, expr.type);
    case ExprOp::limit_length:
      return limit_length(a, expr.modifier, expr.flag_explicit, expr.type);
    case ExprOp::lower:
      return change_case(a.text(), arena, false);
    case ExprOp::upper:
      return change_case(a.text(), arena, true);
    case ExprOp::length:
      return Value::of(count_characters(a.text()));
    case ExprOp::absolute:
      return absolute(a, expr.type);
    default:
      break;
  }
  throw SqlError(sqlstate::feature_not_supported, "this expression is not supported by the model");
}

Value evaluate_logic(Executor& executor, const Expr& expr, const Frame& frame) {
  if (expr.op == ExprOp::logic_not) {
    const Value value = executor.evaluate(expr.args[0], frame);
    return value.is_null() ? value : Value::of(!value.boolean());
  }
  const bool decisive = expr.op == ExprOp::logic_or;  // one such operand decides
  bool any_null = false;
  for (const Expr& arg : expr.args) {
    const Value value = executor.evaluate(arg, frame);
    if (value.is_null()) {
      any_null = true;
    } else if (value.boolean() == decisive) {
      return Value::of(decisive);
    }
  }
  return any_null ? Value() : Value::of(!decisive);
}

Value evaluate_in_list(Executor& executor, const Expr& expr, const Frame& frame) {
  const Value probe = executor.evaluate(expr.args[0], frame);
  if (probe.is_null()) return probe;
  bool any_null = false;
  for (std::size_t i = 1; i < expr.args.size(); ++i) {
    const Value value = executor.evaluate(expr.args[i], frame);
    if (value.is_null()) {
      any_null = true;
    } else if (compare(probe, value) == 0) {
      return Value::of(!expr.negated);
    }
  }
  return any_null ? Value() : Value::of(expr.negated);
}

Value evaluate_in_array(Executor& executor, const Expr& expr, const Frame& frame, sim::Arena& arena) {
  const Value probe = executor.evaluate(expr.args[0], frame);
  const Value list = executor.evaluate(expr.args[1], frame);
  if (probe.is_null() || list.is_null()) return {};
  bool any_null = false;
  bool found = false;
  auto visit = [&](std::string_view element, bool is_null) {
    if (is_null) {
      any_null = true;
    } else {
      found = compare(probe, cast_param(Value::of(element), expr.args[0].type, arena)) == 0;
    }
    return !found;
  };
  if (!each_array_element(list.text(), visit))
    throw SqlError(sqlstate::invalid_text_representation,
                   "malformed array literal: \"" + std::string(list.text()) + "\"");
  if (found) return Value::of(!expr.negated);
  return any_null ? Value() : Value::of(expr.negated);
}

Value evaluate_extreme(Executor& executor, const Expr& expr, const Frame& frame) {
  Value best;
  for (const Expr& arg : expr.args) {
    const Value value = executor.evaluate(arg, frame);
    if (value.is_null()) continue;
    if (best.is_null() || (expr.op == ExprOp::greatest ? compare(value, best) > 0 : compare(value, best) < 0))
      best = value;
  }
  return best;
}

Value evaluate_conditional(Executor& executor, const Expr& expr, const Frame& frame) {
  switch (expr.op) {
    case ExprOp::case_when: {
      std::size_t i = 0;
      for (; i + 1 < expr.args.size(); i += 2)
        if (executor.holds(expr.args[i], frame)) return executor.evaluate(expr.args[i + 1], frame);
      return executor.evaluate(expr.args[i], frame);
    }
    case ExprOp::coalesce: {
      Value value;
      for (std::size_t i = 0; i < expr.args.size() && value.is_null(); ++i)
        value = executor.evaluate(expr.args[i], frame);
      return value;
    }
    case ExprOp::nullif: {
      const Value first = executor.evaluate(expr.args[0], frame);
      const Value second = executor.evaluate(expr.args[1], frame);
      return !first.is_null() && !second.is_null() && compare(first, second) == 0 ? Value() : first;
    }
    default:
      return evaluate_extreme(executor, expr, frame);
  }
}

}  // namespace

Value Executor::evaluate(const Expr& expr, const Frame& frame) {
  switch (expr.op) {
    case ExprOp::constant:
      return expr.constant;
    case ExprOp::param:
      return params_[expr.index];
    case ExprOp::column: {
      const Frame* at = &frame;
      for (std::uint16_t level = expr.level; level > 0; --level) at = at->outer;
      return at->rows[expr.relation][expr.index];
    }
    case ExprOp::aggregate:
      return frame.aggregates[expr.index];
    case ExprOp::logic_and:
    case ExprOp::logic_or:
    case ExprOp::logic_not:
      return evaluate_logic(*this, expr, frame);
    case ExprOp::is_null:
      return Value::of(evaluate(expr.args[0], frame).is_null() != expr.negated);
    case ExprOp::is_true:
      return Value::of(holds(expr.args[0], frame) != expr.negated);
    case ExprOp::is_false: {
      const Value value = evaluate(expr.args[0], frame);
      return Value::of((!value.is_null() && !value.boolean()) != expr.negated);
    }
    case ExprOp::is_distinct:
      return Value::of(same(evaluate(expr.args[0], frame), evaluate(expr.args[1], frame)) == expr.negated);
    case ExprOp::in_list:
      return evaluate_in_list(*this, expr, frame);
    case ExprOp::case_when:
    case ExprOp::coalesce:
    case ExprOp::nullif:
    case ExprOp::greatest:
    case ExprOp::least:
      return evaluate_conditional(*this, expr, frame);
    case ExprOp::scalar_subselect:
    case ExprOp::exists:
    case ExprOp::in_subselect:
      return evaluate_subselect(expr, frame);
    case ExprOp::in_array:
      return evaluate_in_array(*this, expr, frame, engine_.arena());
    case ExprOp::advisory:
    case ExprOp::next_value:
    case ExprOp::current_value:
    case ExprOp::set_value:
    case ExprOp::last_value:
    case ExprOp::now:
    case ExprOp::sleep:
      return evaluate_function(expr, frame);
    default:
      break;
  }
  const Value a = evaluate(expr.args[0], frame);
  if (a.is_null()) return a;
  if (expr.args.size() == 1) return apply_strict(expr, a, a, engine_.arena());
  const Value b = evaluate(expr.args[1], frame);
  if (b.is_null()) return b;
  return apply_strict(expr, a, b, engine_.arena());
}

}  // namespace heddle::pg

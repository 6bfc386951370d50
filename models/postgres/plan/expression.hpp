// Expressions after binding: names are resolved to positions, types are known, and what the server would coerce is
// coerced. Evaluated by engine/evaluate.hpp against a frame of row values.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/postgres/value.hpp"

namespace heddle::pg {

struct SelectPlan;

enum class ExprOp : std::uint8_t {
  constant,
  column,
  param,
  aggregate,  ///< result number `index` of the query's aggregates
  logic_and,
  logic_or,
  logic_not,
  is_null,  ///< `negated`; also the next three
  is_true,
  is_false,
  is_distinct,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,  ///< integers when `type` is an integer type, numeric otherwise; also the next five
  subtract,
  multiply,
  divide,
  modulo,
  negate,
  concatenate,
  like,       ///< `negated`
  in_list,    ///< `negated`
  case_when,  ///< (condition, result)* else
  coalesce,
  nullif,  ///< null if the first two args are equal, else the first
  greatest,
  least,
  to_integer,  ///< casts; to_integer checks the range of `type`
  to_numeric,  ///< with the modifiers, if any
  to_text,
  to_boolean,
  to_timestamp,
  limit_length,  ///< `modifier`; `flag_explicit`: an explicit cast truncates, an assignment fails
  lower,
  upper,
  length,
  absolute,
  scalar_subselect,
  exists,
  in_subselect,  ///< args[0] `compared` ANY (sub-select); `negated`
  in_array,      ///< args[0] = ANY (args[1]), a text that lists an array's elements; `negated`: <> ALL
  advisory,      ///< `advisory`; also the rest: functions with an effect or a memory
  next_value,    ///< of sequence `index`; also the next two
  current_value,
  set_value,
  last_value,
  now,
  sleep,
};

/// pg_advisory_lock and its family.
struct AdvisoryCall {
  enum class Kind : std::uint8_t { lock, try_lock, unlock, unlock_all };
  Kind kind = Kind::lock;
  bool shared = false;
  bool for_transaction = false;
  friend bool operator==(const AdvisoryCall&, const AdvisoryCall&) = default;
};

struct Expr {
  ExprOp op = ExprOp::constant;
  Type type = Type::unknown;
  bool negated = false;
  bool flag_explicit = false;
  std::uint16_t level = 0;     ///< of a column: how many queries outwards
  std::uint16_t relation = 0;  ///< of a column: position in that query's range table
  std::uint16_t index = 0;     ///< of a column, parameter or aggregate
  std::int32_t modifier = -1;  ///< a length, or precision * 1024 + scale
  int location = -1;
  ExprOp compared = ExprOp::equal;  ///< of in_subselect
  AdvisoryCall advisory;
  Value constant;
  std::vector<Expr> args;
  std::shared_ptr<const SelectPlan> subselect;
};

[[nodiscard]] bool equal_expressions(const Expr& a, const Expr& b);
/// A bit for each relation of a query.
using RelationSet = std::uint64_t;
/// The relations of the query `level` queries outwards that `expr` reads.
[[nodiscard]] RelationSet relations_of(const Expr& expr, unsigned level = 0);
/// Whether `expr` reads nothing but rows of that relation, constants and parameters, and has no effect.
[[nodiscard]] bool is_local_to(const Expr& expr, std::size_t relation);

}  // namespace heddle::pg

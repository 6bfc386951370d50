// The statements that the model understands, as syntax: what the grammar said, before names are resolved. Made once per
// SQL text by the parser, read by the binder. Locations are byte offsets into the text, -1 where the grammar gives
// none. Not here: any construct outside the supported subset (docs/postgres.md); the parser refuses it by name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/postgres/isolation.hpp"

namespace heddle::pg::ast {

struct Select;

struct TypeName {
  std::string name;  ///< as in pg_type: int4, int8, text, varchar, ...
  std::vector<std::int32_t> modifiers;
  int location = -1;
};

enum class ExprKind : std::uint8_t {
  column,  ///< names: [table,] column
  star,    ///< names: [table]
  null_constant,
  bool_constant,     ///< flag
  integer_constant,  ///< number
  decimal_constant,  ///< text
  string_constant,   ///< text
  param,             ///< number: n of $n
  op,                ///< text: the operator; one or two args
  logic_and,
  logic_or,
  logic_not,
  is_null,  ///< flag: negated; also the next five
  is_true,
  is_false,
  is_unknown,
  in_list,  ///< args[0] IN (args[1..])
  between,  ///< args[0] BETWEEN args[1] AND args[2]
  is_distinct,
  like,
  nullif,
  case_when,  ///< [operand if flag] (when, then)* else
  coalesce,
  greatest,
  least,
  cast,      ///< type
  function,  ///< text: the name; flag: count(*)
  row,
  default_value,
  scalar_subselect,
  exists,
  in_subselect,  ///< args[0] `text` ANY (subselect); flag: ALL
  in_array,      ///< args[0] = ANY (args[1]); flag: <> ALL
};

struct Expr {
  ExprKind kind = ExprKind::null_constant;
  int location = -1;
  bool flag = false;
  bool distinct = false;  ///< of an aggregate
  std::int64_t number = 0;
  std::string text;
  std::vector<std::string> names;
  std::vector<Expr> args;
  TypeName type;
  std::shared_ptr<Select> subselect;
};

/// An output column, or an assignment in SET.
struct Target {
  std::string name;
  Expr value;
  int location = -1;
};

enum class JoinKind : std::uint8_t { cross, inner, left };

struct TableRef {
  std::string name;
  std::string alias;  ///< the table's name if none was given
  int location = -1;
  std::shared_ptr<Select> subselect;  ///< a sub-select in FROM; then `name` is empty
  std::vector<std::string> columns;   ///< of a sub-select: new names for its first columns
};

/// FROM, flattened: each item is joined to all before it. Joins to the right of a join are refused by the parser.
struct FromItem {
  TableRef table;
  JoinKind join = JoinKind::cross;
  std::optional<Expr> condition;
  std::vector<std::string> using_columns;
  /// A comma starts a new operand: an ON clause sees only the tables since then.
  bool starts_operand = false;
};

struct OrderBy {
  Expr value;
  bool descending = false;
  bool nulls_first = false;
};

enum class LockStrength : std::uint8_t { key_share, share, no_key_update, update };
/// LOCK TABLE's modes, from the weakest; every statement takes one of the first three on each of its tables.
enum class TableLockMode : std::uint8_t {
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive,
};
enum class WaitPolicy : std::uint8_t { block, skip_locked, nowait };

struct LockingClause {
  LockStrength strength = LockStrength::update;
  WaitPolicy policy = WaitPolicy::block;
  std::vector<TableRef> tables;  ///< of OF; empty: all
};

struct Select {
  bool distinct = false;
  std::vector<Target> targets;
  std::vector<FromItem> from;
  std::optional<Expr> where;
  std::vector<Expr> group_by;
  std::optional<Expr> having;
  std::vector<OrderBy> order_by;
  std::optional<Expr> limit;
  std::optional<Expr> offset;
  std::vector<LockingClause> locking;
  std::vector<std::vector<Expr>> values;  ///< VALUES lists; then nothing else but order and limit
  int location = -1;
};

struct OnConflict {
  bool do_update = false;
  std::vector<std::string> columns;  ///< the arbiter index's columns
  std::vector<Expr> expressions;     ///< and its expressions
  std::optional<Expr> index_where;   ///< and what implies its condition
  std::string constraint;
  std::vector<Target> assignments;
  std::optional<Expr> where;
  int location = -1;
};

struct Insert {
  TableRef table;
  std::vector<Target> columns;
  bool default_values = false;
  Select source;
  std::optional<OnConflict> on_conflict;
  std::vector<Target> returning;
};

struct Update {
  TableRef table;
  std::vector<Target> assignments;
  std::vector<FromItem> from;
  std::optional<Expr> where;
  std::vector<Target> returning;
};

struct Delete {
  TableRef table;
  std::vector<FromItem> from;
  std::optional<Expr> where;
  std::vector<Target> returning;
};

struct ColumnDef {
  std::string name;
  TypeName type;
  bool not_null = false;
  bool is_serial = false;  ///< its default is the next value of a sequence of its own
  std::optional<Expr> default_value;
  int location = -1;
};

struct UniqueConstraint {
  std::string name;
  std::vector<std::string> columns;
  bool primary = false;
  int location = -1;
};

enum class ReferentialAction : std::uint8_t { no_action, restricted, cascade, set_null, set_default };

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string parent;
  std::vector<std::string> parent_columns;  ///< empty: the primary key
  ReferentialAction on_delete = ReferentialAction::no_action;
  ReferentialAction on_update = ReferentialAction::no_action;
  bool deferrable = false;
  bool deferred = false;
  int location = -1;
};

struct CheckConstraint {
  std::string name;
  Expr condition;
};

struct CreateTable {
  std::string name;
  bool if_not_exists = false;
  std::vector<ColumnDef> columns;
  std::vector<UniqueConstraint> unique;
  std::vector<CheckConstraint> checks;
  std::vector<ForeignKey> foreign_keys;
  int location = -1;
};

struct CreateIndex {
  std::string table;
  std::string name;
  bool unique = false;
  std::vector<std::string> columns;
  std::vector<Expr> expressions;
  std::optional<Expr> where;  ///< of a partial index
  int location = -1;
};

struct DropTable {
  std::vector<std::string> names;
  bool if_exists = false;
  int location = -1;
};

struct CreateSequence {
  std::string name;
  std::int64_t start = 1;
  std::int64_t increment = 1;
};

struct LockTable {
  std::vector<TableRef> tables;
  TableLockMode mode = TableLockMode::access_exclusive;
  bool nowait = false;
};

/// SET CONSTRAINTS
struct SetConstraints {
  bool deferred = false;
  std::vector<std::string> names;  ///< empty: ALL
};

enum class TransactionVerb : std::uint8_t { begin, commit, rollback, savepoint, rollback_to, release };

struct TransactionCommand {
  TransactionVerb verb = TransactionVerb::begin;
  std::string savepoint;
  bool chain = false;
  std::optional<Isolation> isolation;
  std::optional<bool> read_only;
};

/// SET name = value, or SET TRANSACTION.
struct SetCommand {
  bool transaction = false;  ///< SET TRANSACTION
  bool session_default = false;
  bool local = false;
  bool to_default = false;  ///< SET ... TO DEFAULT, RESET
  std::optional<Isolation> isolation;
  std::optional<bool> read_only;
  std::string name;
  std::string value;
};

struct ShowCommand {
  std::string name;
};

using Command = std::variant<Select, Insert, Update, Delete, CreateTable, CreateIndex, DropTable, CreateSequence,
                             LockTable, SetConstraints, TransactionCommand, SetCommand, ShowCommand>;

}  // namespace heddle::pg::ast

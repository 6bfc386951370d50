// A statement bound to a schema: everything that can be decided before it runs. Made once per (text, schema), shared by
// all executions.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/postgres/plan/expression.hpp"
#include "models/postgres/plan/schema.hpp"
#include "models/postgres/sql/ast.hpp"

namespace heddle::pg {

/// A conjunct of WHERE or ON.
struct Conjunct {
  Expr condition;
  bool implied_by_key = false;  ///< the key lookup ensures it; evaluated only in rechecks
  bool is_local = false;        ///< reads nothing but this relation's row and parameters
};

/// How a relation's rows are found: by one unique key, or, without, by a scan of the whole table.
struct KeyLookup {
  std::uint16_t index = 0;  ///< of the table's unique indexes
  std::vector<Expr> key;
};

struct SelectPlan;

struct Relation {
  std::uint16_t table = 0;
  std::string alias;
  std::shared_ptr<const SelectPlan> subselect;  ///< a sub-select in FROM; then there is no table
  bool left_join = false;
  std::vector<Conjunct> join_conditions;  ///< of a left join: they decide whether a row matches
  std::vector<Conjunct> filters;          ///< applied once this relation's row is known
  std::optional<KeyLookup> lookup;
};

/// FROM and WHERE: a nested loop over the relations.
struct Source {
  std::vector<Relation> relations;         ///< in the order of FROM
  std::vector<std::uint16_t> order;        ///< in which the loops are nested, the outermost first
  std::vector<Conjunct> constant_filters;  ///< read no relation of this query
};

struct OutputColumn {
  std::string name;
  Expr value;
};

enum class AggregateKind : std::uint8_t { count_rows, count, sum, min, max, average, every, any };

struct Aggregate {
  AggregateKind kind = AggregateKind::count_rows;
  bool distinct = false;
  Type type = Type::int8;
  Expr argument;
};

struct SortKey {
  Expr value;
  std::optional<std::uint16_t> output;  ///< sort by this output column instead
  bool descending = false;
  bool nulls_first = false;
};

struct RowMark {
  std::uint16_t relation = 0;
  ast::LockStrength strength = ast::LockStrength::update;
  ast::WaitPolicy policy = ast::WaitPolicy::block;
};

struct SelectPlan {
  Source source;
  std::vector<OutputColumn> outputs;
  bool grouped = false;  ///< has aggregates or GROUP BY
  bool distinct = false;
  bool correlated = false;  ///< a sub-select that reads the query around it
  std::vector<Expr> group_by;
  std::vector<Aggregate> aggregates;
  std::optional<Expr> having;
  std::vector<SortKey> order_by;
  std::optional<Expr> limit;
  std::optional<Expr> offset;
  std::vector<RowMark> row_marks;         ///< in range-table order
  std::vector<std::vector<Expr>> values;  ///< of a VALUES list; then the rest but order and limit is empty
};

struct Assignment {
  std::uint16_t column = 0;
  Expr value;
};

struct ConflictPlan {
  bool do_update = false;
  std::optional<std::uint16_t> arbiter;  ///< none: any unique index (DO NOTHING only)
  bool lacks_arbiter = false;  ///< columns are named, and no unique index has them: an error, once the table is locked
  std::vector<Assignment> assignments;  ///< relation 0 is the existing row, relation 1 is EXCLUDED
  std::optional<Expr> where;
  bool names_key = false;  ///< SET names a column of a unique index
};

struct InsertPlan {
  std::uint16_t table = 0;
  std::vector<std::vector<Expr>> rows;  ///< one expression per table column; relation 0 is the row of `source`
  std::optional<SelectPlan> source;
  std::optional<ConflictPlan> on_conflict;
  std::vector<OutputColumn> returning;
};

struct UpdatePlan {
  Source source;  ///< relation 0 is the target
  std::vector<Assignment> assignments;
  std::vector<OutputColumn> returning;
};

struct DeletePlan {
  Source source;  ///< relation 0 is the target
  std::vector<OutputColumn> returning;
};

struct LockPlan {
  std::vector<std::uint16_t> tables;
  ast::TableLockMode mode = ast::TableLockMode::access_exclusive;
  bool nowait = false;
};

/// CREATE, executed only while a blueprint is made.
struct DefinitionPlan {
  ast::Command command;
};

using Operation = std::variant<SelectPlan, InsertPlan, UpdatePlan, DeletePlan, DefinitionPlan, LockPlan,
                               ast::SetConstraints, ast::TransactionCommand, ast::SetCommand, ast::ShowCommand>;

/// The table lock that a statement takes before it runs.
struct TableLock {
  std::uint16_t table = 0;
  ast::TableLockMode mode = ast::TableLockMode::access_share;
};

struct Plan {
  std::string text;
  Operation operation;
  std::vector<Type> params;
  std::vector<std::string> column_names;  ///< of the result; empty if it has no rows
  std::vector<Type> column_types;
  std::vector<std::uint16_t> tables;  ///< all tables read or written, ascending
  std::vector<TableLock> locks;       ///< in the order in which they are taken
  bool writes = false;                ///< changes or locks rows: not allowed in a READ ONLY transaction
  std::string command;                ///< for error texts: "SELECT", "SELECT FOR UPDATE", ...
  std::deque<std::string> texts;      ///< what the text constants point to
};

/// Throws `SqlError`, located in `text`.
[[nodiscard]] std::unique_ptr<const Plan> make_plan(const ast::Command& command, std::string_view text,
                                                    const Schema& schema);
/// Executes CREATE or DROP on `schema`.
void define(Schema& schema, const ast::Command& command, std::deque<std::string>& texts);

}  // namespace heddle::pg

// Turns syntax into plans: resolves names, infers types as the server does, chooses key lookups. Private to plan/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/plan/plan.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {

/// "an error at byte offset `location`".
[[noreturn]] void fail_at(std::string_view sqlstate, const std::string& message, int location);
[[noreturn]] void not_supported_at(const std::string& construct, int location);

class Binder {
 public:
  Binder(const Schema& schema, std::deque<std::string>& texts) : schema_(schema), texts_(texts) {}

  /// A name that columns can be qualified with.
  struct ScopeTable {
    std::string alias;
    std::uint16_t table = 0;
    std::uint16_t relation = 0;
    std::vector<std::string> merged_columns;  ///< by USING: a bare name means the left side's column
    const SelectPlan* subselect = nullptr;    ///< a sub-select in FROM, whose columns these are
  };
  struct Scope {
    const Scope* outer = nullptr;
    std::vector<ScopeTable> tables;
    std::vector<Aggregate>* aggregates = nullptr;  ///< null where aggregates are not allowed
    const char* clause = "WHERE";                  ///< for the message then
    bool in_aggregate = false;
    mutable bool reads_outer = false;
  };

  [[nodiscard]] SelectPlan select(const ast::Select& syntax, const Scope* outer);
  [[nodiscard]] InsertPlan insert(const ast::Insert& syntax);
  [[nodiscard]] UpdatePlan update(const ast::Update& syntax);
  [[nodiscard]] DeletePlan delete_from(const ast::Delete& syntax);

  [[nodiscard]] Expr bind(const ast::Expr& syntax, Scope& scope);
  /// Binds and requires a boolean: `clause` is for the message.
  [[nodiscard]] Expr condition(const ast::Expr& syntax, Scope& scope, const char* clause);
  /// As the server's implicit casts; fails if there is none.
  [[nodiscard]] Expr coerce(Expr expr, Type type);
  /// As the server's assignment casts, with the column's modifiers.
  [[nodiscard]] Expr assign(Expr expr, const Column& column);
  [[nodiscard]] Expr cast(Expr expr, Type type, std::int32_t modifier, int location);

  [[nodiscard]] const std::vector<Type>& params() const noexcept { return params_; }
  [[nodiscard]] const std::vector<std::uint16_t>& tables() const noexcept { return tables_; }
  [[nodiscard]] const std::vector<TableLock>& locks() const noexcept { return locks_; }
  /// Finds the table that a statement is about, and notes the lock that it takes, if any.
  [[nodiscard]] std::uint16_t target_table(const ast::TableRef& table, std::optional<ast::TableLockMode> mode);
  [[nodiscard]] bool locks_rows() const noexcept { return locks_rows_; }

 private:
  // bind_query.cpp
  void add_from(Source& source, Scope& scope, const std::vector<ast::FromItem>& items);
  void add_table(Source& source, Scope& scope, const ast::TableRef& table,
                 ast::TableLockMode mode = ast::TableLockMode::access_share);
  void add_subselect(Source& source, Scope& scope, const ast::TableRef& table);
  void note_lock(std::uint16_t table, ast::TableLockMode mode);
  // The columns of a table or of a sub-select in FROM.
  [[nodiscard]] std::optional<std::uint16_t> find_column(const ScopeTable& table, const std::string& name) const;
  [[nodiscard]] std::size_t column_count(const ScopeTable& table) const;
  [[nodiscard]] const std::string& column_name(const ScopeTable& table, std::size_t index) const;
  [[nodiscard]] Type column_type(const ScopeTable& table, std::size_t index) const;
  void add_conditions(Source& source, Scope& scope, const std::vector<ast::FromItem>& items,
                      const std::optional<ast::Expr>& where, std::size_t first_relation);
  [[nodiscard]] std::vector<Expr> join_conditions(Scope& scope, const ast::FromItem& item, std::size_t relation,
                                                  std::size_t operand_start);
  /// Relations that can be looked up come after those that their keys are from; where there is a choice, as in FROM.
  void choose_order(Source& source, const std::vector<Expr>& conjuncts);
  void choose_lookups(Source& source);
  void mark_subselect(Relation& relation, const ast::LockingClause& clause);
  void add_row_marks(SelectPlan& plan, const Scope& scope, const ast::Select& syntax);
  void values_list(SelectPlan& plan, const ast::Select& syntax, Scope& scope);
  void check_grouping(const SelectPlan& plan, const Scope& scope, const Expr& expr);
  void order_by(SelectPlan& plan, const ast::Select& syntax, Scope& scope);
  [[nodiscard]] Expr group_key(const SelectPlan& plan, const ast::Select& syntax, const ast::Expr& key, Scope& scope);
  [[nodiscard]] std::vector<OutputColumn> outputs(const std::vector<ast::Target>& targets, Scope& scope);
  void expand_star(std::vector<OutputColumn>& result, const ast::Expr& star, const Scope& scope);

  // bind_write.cpp
  [[nodiscard]] std::vector<Assignment> assignments(const std::vector<ast::Target>& targets, std::uint16_t table,
                                                    Scope& scope);
  [[nodiscard]] bool names_key(const std::vector<Assignment>& assignments, std::uint16_t table) const;
  [[nodiscard]] Expr default_of(const Column& column) const;
  [[nodiscard]] ConflictPlan on_conflict(const ast::OnConflict& syntax, const ast::TableRef& table,
                                         std::uint16_t ordinal);
  [[nodiscard]] std::vector<Expr> insert_row(const TableSchema& table, const std::vector<std::uint16_t>& columns,
                                             std::vector<Expr> values);

  // bind_expression.cpp
  [[nodiscard]] Expr column(const ast::Expr& syntax, const Scope& scope);
  [[nodiscard]] Expr constant(const ast::Expr& syntax);
  [[nodiscard]] Expr param(const ast::Expr& syntax);
  [[nodiscard]] Expr operator_call(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr arithmetic(const std::string& op, Expr left, Expr right, int location);
  [[nodiscard]] Expr comparison(ExprOp op, Expr left, Expr right, const std::string& name, int location);
  [[nodiscard]] Expr logic(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr test(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr in_list(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr in_array(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] std::optional<Expr> stateful_function(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] std::optional<Expr> sequence_function(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr advisory_function(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr between(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr case_when(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr variadic(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr function(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr aggregate(const ast::Expr& syntax, Scope& scope);
  [[nodiscard]] Expr sub_select(const ast::Expr& syntax, Scope& scope);

  // bind_types.cpp
  void unify(const std::vector<Expr*>& exprs, const char* construct);
  [[nodiscard]] Expr parse_literal(const Expr& literal, Type type);
  void set_param_type(Expr& expr, Type type);

  const Schema& schema_;
  std::deque<std::string>& texts_;
  std::vector<Type> params_;
  std::vector<std::uint16_t> tables_;
  std::vector<TableLock> locks_;
  bool locks_rows_ = false;
};

[[nodiscard]] Expr make_expr(ExprOp op, Type type, int location, std::vector<Expr> args = {});
[[nodiscard]] Type find_type(const ast::TypeName& name);
[[nodiscard]] std::int32_t find_modifier(const ast::TypeName& name, Type type);
/// Whether `expr` is a column of that relation.
[[nodiscard]] bool is_ours(const Expr& expr, std::size_t relation);
/// The name that the server gives to an output column without AS.
[[nodiscard]] std::string output_name(const ast::Expr& syntax);
[[nodiscard]] std::optional<ExprOp> find_comparison(std::string_view name);

}  // namespace heddle::pg

// Executes one planned statement: nested loops over the rows that its snapshot sees, row locks in plan order, and
// PostgreSQL's EvalPlanQual: after a wait on a row that was changed meanwhile, the conditions are judged again with
// that row's newest version and everything else as the snapshot has it (F6). One statement runs without interruption
// between its waits. Not modelled: the server's choice among plans; here relations are joined in the order of FROM, by
// unique key where one is given.
#pragma once

#include <span>

#include "models/postgres/engine/arena_vector.hpp"
#include "models/postgres/engine/engine.hpp"
#include "models/postgres/plan/plan.hpp"
#include "models/postgres/result.hpp"

namespace heddle::pg {

/// The rows that an expression is evaluated against; `outer` is the enclosing query's.
struct Frame {
  const Value* const* rows = nullptr;
  const Value* aggregates = nullptr;
  const Frame* outer = nullptr;
};

class Executor {
 public:
  Executor(Engine& engine, StatementContext& statement, const Plan& plan, std::span<const Value> params,
           ResultData& result)
      : engine_(engine),
        statement_(statement),
        plan_(plan),
        params_(params),
        result_(result),
        checks_(engine.arena()),
        cached_(engine.arena()) {}

  /// Throws `SqlError`; what was done before the error remains to be undone by the caller.
  void run();
  /// The checks of foreign keys that were put off until COMMIT.
  void fire_deferred();

  /// Throws `SqlError` for overflow, division by zero and the like.
  [[nodiscard]] Value evaluate(const Expr& expr, const Frame& frame);
  /// SERIALIZABLE: whether a row is one that `read` looked for.
  [[nodiscard]] static bool satisfies(Engine& engine, const PredicateRead& read, const Value* values);
  /// The values of a row's hidden columns. `values` may be a row of a blueprint in the making.
  static void compute_keys(Engine& engine, const TableSchema& table, Value* values);
  [[nodiscard]] bool holds(const Expr& condition, const Frame& frame) { return evaluate(condition, frame).is_true(); }

 private:
  struct Group {
    Value* keys = nullptr;
    const Value** rows = nullptr;  ///< of its first combination
    Value* results = nullptr;
    std::int64_t* counts = nullptr;
    ArenaVector<Value>* seen = nullptr;  ///< per aggregate: values, for DISTINCT
  };
  /// One combination of rows of a query's relations, or a group of them.
  struct Combination {
    const Value** rows = nullptr;
    Version** versions = nullptr;
    Value* sort_keys = nullptr;
    const Group* group = nullptr;
    std::size_t ordinal = 0;
  };
  struct CachedSubselect {
    const SelectPlan* plan = nullptr;
    const Value* values = nullptr;
    std::size_t count = 0;
  };
  using Emit = FunctionRef<bool(const Value* outputs)>;  ///< false: no more rows are wanted
  using Visit = FunctionRef<bool()>;

  // scan.cpp
  [[nodiscard]] Combination new_combination(const Source& source);
  /// Calls `visit` for each combination that passes; false if it was stopped.
  bool scan(const Source& source, Combination& current, const Frame& frame, Visit visit);
  bool scan_relation(const Source& source, std::size_t depth, Combination& current, const Frame& frame, Visit visit);
  bool try_version(const Source& source, std::size_t depth, Combination& current, const Frame& frame, Visit visit,
                   Version& version, bool& matched);
  bool try_row(const Source& source, std::size_t depth, Combination& current, const Frame& frame, Visit visit,
               const Value* row, Version* version, bool& matched);
  bool scan_subselect(const Source& source, std::size_t depth, Combination& current, const Frame& frame, Visit visit,
                      bool& matched);
  [[nodiscard]] Engine::Matches look_up(const Source& source, std::size_t depth, const Frame& frame);
  void note_read(const Source& source, std::size_t place, std::span<const Value> key);
  void note_row(const Source& source, std::size_t place, const Version* version);
  [[nodiscard]] static bool has_other_conditions(const Relation& relation);
  /// SERIALIZABLE: whether one side of an inner join has no row, so that the server need not look at the other.
  [[nodiscard]] bool has_empty_relation(const Source& source, const Frame& frame);
  void note_rows(const Source& source, const Combination& current);
  [[nodiscard]] bool recheck(const Source& source, Combination& current, const Frame& frame);
  [[nodiscard]] bool all_hold(const std::vector<Conjunct>& conjuncts, const Frame& frame, bool recheck);

  // select.cpp
  void select(const SelectPlan& plan);
  void run_select(const SelectPlan& plan, const Frame* outer, Emit emit);
  void select_plain(const SelectPlan& plan, const Frame* outer, Emit emit);
  void select_sorted(const SelectPlan& plan, const Frame* outer, Emit emit);
  void select_grouped(const SelectPlan& plan, const Frame* outer, Emit emit);
  void select_distinct(const SelectPlan& plan, const Frame* outer, Emit emit);
  void select_values(const SelectPlan& plan, const Frame* outer, Emit emit);
  bool lock_and_emit(const SelectPlan& plan, Combination& current, const Frame& frame, Emit emit);
  [[nodiscard]] bool lock_rows(const SelectPlan& plan, Combination& current, const Frame& frame);
  bool project(const SelectPlan& plan, const Frame& frame, Emit emit);
  void add_sort_keys(const SelectPlan& plan, Combination& combination, const Frame& frame);
  [[nodiscard]] bool sorts_before(const SelectPlan& plan, const Value* a, const Value* b) const;
  void sort(const SelectPlan& plan, ArenaVector<Combination>& found) const;
  [[nodiscard]] Group& find_group(const SelectPlan& plan, ArenaVector<Group>& groups, const Combination& current,
                                  const Frame& frame);
  void accumulate(const SelectPlan& plan, Group& group, const Frame& frame);
  void accumulate(const Aggregate& aggregate, Value& result, std::int64_t& count, const Value& value);
  void finish(const SelectPlan& plan, Group& group);
  [[nodiscard]] std::int64_t row_count(const std::optional<Expr>& expr, const Frame& frame, bool is_limit);
  [[nodiscard]] CachedSubselect subselect(const SelectPlan& plan, const Frame& frame, std::size_t most);
  [[nodiscard]] Value evaluate_subselect(const Expr& expr, const Frame& frame);

  // write.cpp
  void insert(const InsertPlan& plan);
  void insert_row(const InsertPlan& plan, Value* values);
  [[nodiscard]] bool handle_conflict(const InsertPlan& plan, Value* values);
  [[nodiscard]] bool update_conflicting(const InsertPlan& plan, Version& existing, const Value* values, bool& retry);
  void require_visible(const Version& existing) const;
  void update(const UpdatePlan& plan);
  void update_row(const UpdatePlan& plan, Combination& current, const Frame& frame);
  void remove(const DeletePlan& plan);
  void remove_row(const DeletePlan& plan, Combination& current, const Frame& frame);
  [[nodiscard]] Value* assigned(const std::vector<Assignment>& assignments, const Table& table, const Value* old,
                                const Frame& frame);
  /// Checks a row that is to be written, and computes its hidden columns.
  void check_row(const Table& table, Value* values);
  void compute_keys(const TableSchema& table, Value* values);
  void returning(const std::vector<OutputColumn>& outputs, const Frame& frame);

  // foreign_keys.cpp
  /// What a change of a row (null: it was not, or is no longer, there) asks to be checked after the statement.
  void queue_checks(std::uint16_t table, Version* old, Version* now);
  void add_check(const DeferredCheck& check);
  void fire_checks();
  void fire(const DeferredCheck& check);
  [[nodiscard]] const ForeignKey& foreign_key_of(const DeferredCheck& check) const;
  /// A query of the server's own within this statement; `latest`: it sees what is committed now at every level.
  [[nodiscard]] StatementContext inner_statement(const std::vector<std::uint16_t>& tables, bool latest, bool is_select);
  void check_child(const DeferredCheck& check, const ForeignKey& foreign_key);
  void check_parent(const DeferredCheck& check, const ForeignKey& foreign_key, ForeignKeyAction action);
  [[nodiscard]] bool is_there(StatementContext& inner, const ForeignKey& foreign_key, std::span<const Value> key);
  [[nodiscard]] const Value* parent_key(const ForeignKey& foreign_key, const Value* values);
  void each_child(StatementContext& inner, std::uint16_t table, const ForeignKey& foreign_key,
                  std::span<const Value> key, FunctionRef<bool(Version&)> visit);
  void cascade(const DeferredCheck& check, const ForeignKey& foreign_key, ForeignKeyAction action);
  void cascade_row(StatementContext& inner, const DeferredCheck& check, const ForeignKey& foreign_key,
                   ForeignKeyAction action, Version& seen, std::span<const Value> key);

  // functions.cpp
  [[nodiscard]] Value evaluate_function(const Expr& expr, const Frame& frame);
  [[nodiscard]] Value evaluate_advisory(const Expr& expr, const Frame& frame);

  Engine& engine_;
  StatementContext& statement_;
  const Plan& plan_;
  std::span<const Value> params_;
  ResultData& result_;
  const Source* limited_ = nullptr;  ///< of a query that a LIMIT may stop early
  const Source* unread_ = nullptr;   ///< SERIALIZABLE: a join that the server may find to be empty before it reads all
  ArenaVector<DeferredCheck> checks_;    ///< of foreign keys, to be made after the statement
  ArenaVector<CachedSubselect> cached_;  ///< uncorrelated sub-selects run once, as the server's InitPlans do
};

// cast.cpp: conversions at run time; `arena` keeps new texts.
[[nodiscard]] Value cast_to_integer(const Value& value, Type type);
[[nodiscard]] Value cast_to_numeric(const Value& value, std::int32_t modifier);
[[nodiscard]] Value cast_to_text(const Value& value, sim::Arena& arena);
[[nodiscard]] Value cast_to_boolean(const Value& value);
[[nodiscard]] Value cast_to_timestamp(const Value& value, Type type);
[[nodiscard]] Value limit_length(const Value& value, std::int32_t length, bool truncate, Type type);
/// Visits the elements of an array in its text form, {1,2,NULL,"a b"}, until `visit` returns false. False if it is
/// malformed.
[[nodiscard]] bool each_array_element(std::string_view text, FunctionRef<bool(std::string_view, bool is_null)> visit);
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern);
/// A parameter as the server would read it from its text form.
[[nodiscard]] Value cast_param(const Value& value, Type type, sim::Arena& arena);

/// Whether `a op b`, of values that compare as `order`.
[[nodiscard]] bool comparison_holds(ExprOp op, std::strong_ordering order);

}  // namespace heddle::pg

// The catalogue: tables, columns, unique indexes. Immutable while executions run.
// Not modelled: schemas (namespaces), views, triggers.
// Non-unique indexes are accepted and change nothing but the server's plans.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/plan/expression.hpp"

namespace heddle::pg {

struct Column {
  std::string name;
  Type type = Type::unknown;
  std::int32_t modifier = -1;  ///< as in Expr
  bool not_null = false;
  std::optional<Expr> default_value;
  /// Of a hidden column: what an index has in its key instead of a column's value. Its name is empty.
  std::optional<Expr> computed;
  bool is_condition =
      false;  ///< `computed` is a partial index's: NULL unless it is true, so that the row is not indexed
};

/// A PRIMARY KEY, UNIQUE constraint or unique index.
struct UniqueIndex {
  std::string name;
  std::vector<std::uint16_t> columns;
  bool primary = false;
  /// Of columns, and of all rows: it can be the target of a foreign key, so a change of its key takes the strongest row
  /// lock (F2).
  bool is_plain = true;
};

enum class ForeignKeyAction : std::uint8_t { no_action, restricted, cascade, set_null, set_default };

struct ForeignKey {
  std::string name;
  std::vector<std::uint16_t> columns;  ///< in the order of the parent's index
  std::uint16_t parent = 0;
  std::uint16_t parent_index = 0;
  std::vector<std::uint16_t> parent_columns;
  ForeignKeyAction on_delete = ForeignKeyAction::no_action;
  ForeignKeyAction on_update = ForeignKeyAction::no_action;
  bool deferrable = false;
  bool deferred = false;
  std::vector<std::uint16_t> parent_tables;  ///< just the parent: what its checks read
  std::vector<std::uint16_t> child_tables;
};

/// Who refers to a table.
struct Reference {
  std::uint16_t table = 0;
  std::uint16_t foreign_key = 0;
};

struct Sequence {
  std::string name;
  std::int64_t value = 1;
  std::int64_t increment = 1;
  bool is_called = false;  ///< `value` has been given out
};

struct Check {
  std::string name;
  Expr condition;
};

struct TableSchema {
  std::string name;
  std::vector<Column> columns;  ///< the hidden ones come last
  std::size_t hidden = 0;       ///< how many are
  std::vector<UniqueIndex> indexes;
  std::vector<Check> checks;
  std::vector<std::string> plain_indexes;
  std::vector<ForeignKey> foreign_keys;
  std::vector<Reference> referenced_by;

  [[nodiscard]] std::optional<std::uint16_t> find_column(std::string_view column) const;
};

struct Schema {
  std::vector<TableSchema> tables;
  std::vector<Sequence> sequences;

  [[nodiscard]] std::optional<std::uint16_t> find_table(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint16_t> find_sequence(std::string_view name) const;
  [[nodiscard]] bool has_relation(std::string_view name) const;
};

}  // namespace heddle::pg

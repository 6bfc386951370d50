// The catalogue: tables, columns, unique indexes. Immutable while executions run.
// Not modelled: schemas (namespaces), views, triggers, foreign keys, sequences, partial and expression indexes.
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
};

/// A PRIMARY KEY, UNIQUE constraint or plain unique index: its columns can be the target of a foreign key, so a change
/// of their values takes the strongest row lock.
struct UniqueIndex {
  std::string name;
  std::vector<std::uint16_t> columns;
  bool primary = false;
};

struct Check {
  std::string name;
  Expr condition;
};

struct TableSchema {
  std::string name;
  std::vector<Column> columns;
  std::vector<UniqueIndex> indexes;
  std::vector<Check> checks;
  std::vector<std::string> plain_indexes;

  [[nodiscard]] std::optional<std::uint16_t> find_column(std::string_view column) const;
};

struct Schema {
  std::vector<TableSchema> tables;

  [[nodiscard]] std::optional<std::uint16_t> find_table(std::string_view name) const;
  [[nodiscard]] bool has_relation(std::string_view name) const;
};

}  // namespace heddle::pg

// SQL text to syntax trees, by the server's own grammar (libpg_query, PostgreSQL 15).
// A statement that the grammar rejects gives 42601 with the server's message and cursor position; one that the grammar
// accepts but the model does not cover gives 0A000 naming the construct and its place. Nothing is ignored silently.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/sql/ast.hpp"

namespace heddle::pg {

struct ParsedCommand {
  ast::Command command;
  std::string text;  ///< the part of the input that is this command
};

/// All commands of `sql`, which may be separated by semicolons. Throws `SqlError`.
[[nodiscard]] std::vector<ParsedCommand> parse(std::string_view sql);

}  // namespace heddle::pg

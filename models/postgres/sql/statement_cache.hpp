// Parsed statements by their text, for the whole process: a text goes through the grammar once, whichever database
// executes it. Thread-safe; a hit allocates nothing.
#pragma once

#include <string_view>

#include "models/postgres/sql/parser.hpp"

namespace heddle::pg {

/// The one command in `sql`; lives as long as the process. Throws `SqlError`: 42601 also if there is more than one
/// command.
[[nodiscard]] const ParsedCommand& parsed_statement(std::string_view sql);

}  // namespace heddle::pg

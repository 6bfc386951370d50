// The run-time parameters that SET, SHOW and transactions know.
#pragma once

#include <string>

#include "models/postgres/engine/session.hpp"
#include "models/postgres/sql/ast.hpp"

namespace heddle::pg {

/// SET name = value. Throws `SqlError` 22023 for a bad value, 0A000 for a parameter that the model does not know.
void change_setting(Session& session, const ast::SetCommand& command);
[[nodiscard]] std::string show_setting(const Session& session, const std::string& name);
/// What SET (without LOCAL) changed in a transaction lasts beyond its commit.
void keep_settings(Session& session);

}  // namespace heddle::pg

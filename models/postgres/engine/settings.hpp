// The run-time parameters that SET, SHOW and transactions know.
#pragma once

#include <optional>
#include <string>

#include "models/postgres/engine/session.hpp"
#include "models/postgres/sql/ast.hpp"

namespace heddle::pg {

/// Throws `SqlError` 22023 for a bad value, 0A000 for a parameter that the model does not know.
void check_setting(const ast::SetCommand& command);
/// SET name = value, of this session or, if LOCAL, of its transaction. Precondition: not `transaction_modes`. Throws as
/// `check_setting`.
void change_setting(Session& session, const ast::SetCommand& command);
/// SET SESSION CHARACTERISTICS.
void set_defaults(Session& session, std::optional<Isolation> isolation, std::optional<bool> read_only);
struct TransactionModes {
  std::optional<Isolation> isolation;
  std::optional<bool> read_only;
};
/// What SET transaction_isolation and transaction_read_only ask for, as SET TRANSACTION does; nothing for other names.
[[nodiscard]] std::optional<TransactionModes> transaction_modes(const ast::SetCommand& command);
[[nodiscard]] std::string show_setting(const Session& session, const std::string& name);

}  // namespace heddle::pg

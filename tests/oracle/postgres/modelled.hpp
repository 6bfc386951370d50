// The model's side of a comparison. Where the server leaves open what happens (who wins a row, who dies in a deadlock),
// the model decides; all its decisions are searched for those that lead to what the server did.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/postgres/database.hpp"
#include "tests/oracle/postgres/script.hpp"

namespace heddle::pg::oracle {

struct Agreement {
  bool found = false;
  bool complete = false;  ///< all the model's outcomes were looked at
  /// SERIALIZABLE only: where the server refused a transaction that the model's exact rules let pass, or 0. The server
  /// may do so at any time; what follows cannot be compared.
  std::size_t stricter_at = 0;
  std::vector<Observed> closest;  ///< the model's outcome that agrees for longest
  std::size_t executions = 0;
};

/// Looks for an execution of the model in which every step does what `server` says.
[[nodiscard]] Agreement find_agreement(const Blueprint& blueprint, const Script& script, Isolation level,
                                       const std::vector<Observed>& server, std::size_t most_executions = 3000);

}  // namespace heddle::pg::oracle

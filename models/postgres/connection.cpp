#include "models/postgres/connection.hpp"

#include "sim/core/error.hpp"

namespace heddle::pg {

Transaction Connection::begin(Isolation isolation, const std::source_location& where) {
  begin_transaction(isolation, where);
  return {*this, where};
}

void Transaction::require_open() const {
  if (connection_ == nullptr)
    throw sim::Error(sim::ErrorCode::usage, "a transaction was used after its end; begin another one");
}

}  // namespace heddle::pg

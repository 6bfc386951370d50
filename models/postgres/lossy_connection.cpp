#include "models/postgres/lossy_connection.hpp"

#include "sim/core/world.hpp"

namespace heddle::pg {
namespace {

constexpr std::string_view what = "does the connection survive?";

}  // namespace

void LossyConnection::lose() {
  is_lost_ = true;
  inner_.close();
  throw SqlError(sqlstate::connection_failure, "server closed the connection unexpectedly");
}

Rows LossyConnection::execute(std::string_view sql, std::span<const Value> params, const std::source_location& where) {
  if (is_lost_ || sim::choose(2, what, where) == 1) lose();
  return inner_.execute(sql, params, where);
}

void LossyConnection::begin_transaction(Isolation isolation, const std::source_location& where) {
  if (is_lost_) lose();
  inner_.begin_transaction(isolation, where);
}

bool LossyConnection::commit_transaction(const std::source_location& where) {
  const std::uint32_t outcome = is_lost_ ? 1 : sim::choose(3, what, where);
  if (outcome == 1) lose();
  const bool committed = inner_.commit_transaction(where);
  if (outcome == 2) lose();
  return committed;
}

void LossyConnection::roll_back_transaction(const std::source_location& where) noexcept {
  if (!is_lost_) inner_.roll_back_transaction(where);
}

}  // namespace heddle::pg

// What the home_channel scenarios share: the tables of a payment node, and the pieces of its handlers. Handlers are SQL
// against `pg::Connection`, so that the same code runs on the model and on a real server.
//
// Statuses move Void -> Open -> (Challenged -> Open)* -> Closing -> Closed. A checkpoint may move Challenged to Open;
// nothing may move Closing or Closed back.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "models/postgres/database.hpp"
#include "scenarios/scenario.hpp"

namespace heddle::scenarios::home_channel {

inline constexpr std::string_view channel_id = "c1";
inline constexpr std::string_view wallet = "alice";
inline constexpr std::string_view usdc = "usdc";

/// The node's tables, empty.
[[nodiscard]] std::string tables();
/// The node with channel c1, Open at version 7, and alice's balance of 100 usdc.
[[nodiscard]] const pg::Blueprint& node_with_open_channel();

/// What the node's code calls LockUserState: it locks the user's balance, not the channel.
void lock_user_state(pg::Transaction& tx, std::string_view asset = usdc);

/// A channel as a handler reads it.
struct Channel {
  std::string status;
  std::int64_t version = 0;

  /// Precondition: one row.
  [[nodiscard]] static Channel from(const pg::Rows& rows);
};

/// `db`: a connection or a transaction.
template <class Database>
[[nodiscard]] Channel read_channel(Database& db) {
  return Channel::from(db.exec("SELECT * FROM channels WHERE channel_id = $1", channel_id));
}

/// Persists a channel as it is in the handler's hands.
void write_back(pg::Transaction& tx, const Channel& channel);

/// How a handler comes to its snapshot of the channel: what most of the scenarios vary.
using ReadChannel = Channel (*)(pg::Transaction&);
[[nodiscard]] Channel read_before_lock(pg::Transaction& tx);
[[nodiscard]] Channel lock_then_read(pg::Transaction& tx);

/// The statements of submit_state(Finalize), under the lock of the balance: the user ends the channel.
void finalize(pg::Transaction& tx);
/// The RPC.
void submit_state_finalize(pg::Connection& db, pg::Isolation isolation = pg::read_committed);

/// Runs a handler as the node does, without a retry: an error of the database is its end. Says which, if any.
template <class Handler>
[[nodiscard]] std::optional<pg::SqlError> failure_of(Handler&& handler) {
  try {
    handler();
    return std::nullopt;
  } catch (const pg::SqlError& error) {
    return error;
  }
}

[[nodiscard]] Scenario make_scenario(std::string name, std::string summary, std::vector<std::string> properties,
                                     std::vector<Variant> variants);
[[nodiscard]] Variant make_variant(std::string name, std::string summary, Expectation expected, sim::Program program);

}  // namespace heddle::scenarios::home_channel

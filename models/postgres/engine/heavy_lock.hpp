// Locks that wait in one queue per object, as PostgreSQL's lock manager keeps them: table locks, advisory locks, and
// the queue before a version's mark (locktype tuple), which is held only while its holder waits for the mark. A request
// waits while it conflicts with a holder or with anybody ahead of it in the queue (strictly first come, first served,
// unlike row locks); who holds a lock on the object already is put before the first waiter that it blocks (ProcSleep in
// proc.c). Not modelled: locks on other objects and the fast path.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/postgres/sql/ast.hpp"
#include "sim/core/op.hpp"

namespace heddle::pg {

using ast::TableLockMode;

struct Waiter;
struct Version;

/// Whether two sessions may not hold these at once (table 13.2 of the documentation).
[[nodiscard]] constexpr bool conflict(TableLockMode a, TableLockMode b) noexcept {
  // A bit per mode that conflicts, from ACCESS SHARE (bit 0) to ACCESS EXCLUSIVE (bit 7).
  constexpr std::array<unsigned, 8> table = {0b10000000, 0b11000000, 0b11110000, 0b11111000,
                                             0b11101100, 0b11111100, 0b11111110, 0b11111111};
  return ((table[static_cast<std::size_t>(a)] >> static_cast<unsigned>(b)) & 1U) != 0;
}

/// The mode in which the queue of a version is held (tupleLockExtraInfo).
[[nodiscard]] constexpr TableLockMode queue_mode(ast::LockStrength strength) noexcept {
  constexpr std::array<TableLockMode, 4> modes = {TableLockMode::access_share, TableLockMode::row_share,
                                                  TableLockMode::exclusive, TableLockMode::access_exclusive};
  return modes[static_cast<std::size_t>(strength)];
}

struct HeavyLock {
  enum class Kind : std::uint8_t { table, advisory, tuple };
  /// One session's hold, in one mode. Advisory locks count, separately for the session and for its transaction.
  struct Holding {
    std::uint32_t session = 0;
    TableLockMode mode = TableLockMode::access_share;
    std::uint32_t for_session = 0;
    std::uint32_t for_transaction = 0;
  };

  Kind kind = Kind::table;
  std::uint64_t key = 0;       ///< advisory: the key; table: its ordinal
  std::uint8_t space = 0;      ///< advisory: 1 for bigint keys, 2 for pairs of int
  Version* version = nullptr;  ///< tuple
  bool has_object = false;
  sim::ObjectId object;           ///< footprint; a tuple's is its row's
  std::vector<Holding> holdings;  ///< by session and mode, whoever came first
  std::vector<Waiter*> waiters;   ///< in the order in which they will be served

  [[nodiscard]] Holding* find(std::uint32_t session, TableLockMode mode) {
    for (Holding& holding : holdings)
      if (holding.session == session && holding.mode == mode) return &holding;
    return nullptr;
  }
  Holding& add(std::uint32_t session, TableLockMode mode) {
    const auto place = std::find_if(holdings.begin(), holdings.end(), [&](const Holding& other) {
      return std::pair(other.session, other.mode) > std::pair(session, mode);
    });
    return *holdings.insert(place, {session, mode, 0, 0});
  }
};

/// A hold that ends with the transaction (or with the savepoint after which it was taken).
struct HeldLock {
  HeavyLock* lock = nullptr;
  TableLockMode mode = TableLockMode::access_share;
};

}  // namespace heddle::pg

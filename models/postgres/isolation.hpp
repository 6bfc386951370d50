// Transaction isolation levels, by the names that SQL gives them.
// Not modelled yet: SERIALIZABLE's read/write dependency checks; a transaction that asks for it is refused (0A000).
#pragma once

#include <cstdint>

namespace heddle::pg {

/// READ UNCOMMITTED is read_committed, as in the server.
enum class Isolation : std::uint8_t { read_committed, repeatable_read, serializable };

inline constexpr Isolation read_committed = Isolation::read_committed;
inline constexpr Isolation repeatable_read = Isolation::repeatable_read;
inline constexpr Isolation serializable = Isolation::serializable;

/// The statement that begins a transaction at this level.
[[nodiscard]] constexpr const char* begin_text(Isolation isolation) noexcept {
  switch (isolation) {
    case Isolation::read_committed:
      return "BEGIN ISOLATION LEVEL READ COMMITTED";
    case Isolation::repeatable_read:
      return "BEGIN ISOLATION LEVEL REPEATABLE READ";
    case Isolation::serializable:
      break;
  }
  return "BEGIN ISOLATION LEVEL SERIALIZABLE";
}

}  // namespace heddle::pg

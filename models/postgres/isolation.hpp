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

}  // namespace heddle::pg

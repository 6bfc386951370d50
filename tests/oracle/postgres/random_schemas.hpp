// What random programs are made of: tables, and statements that collide on them.
#pragma once

#include <span>

namespace heddle::pg::oracle {

/// In the statements, "$a" and "$b" are small numbers. The first ones are the simplest: shrinking prefers them.
struct RandomSchema {
  const char* definition;
  std::span<const char* const> statements;
  const char* contents;  ///< what is compared at the end
};

[[nodiscard]] std::span<const RandomSchema> random_schemas();
[[nodiscard]] std::span<const char* const> random_transaction_statements();

}  // namespace heddle::pg::oracle

// Test specifications of PostgreSQL's isolationtester (src/test/isolation/README in its sources): set-up and teardown
// SQL, sessions with named steps, and the permutations of steps to run.
//
//     setup { CREATE TABLE t (x int); INSERT INTO t VALUES (1); }
//     teardown { DROP TABLE t; }
//     session s1
//     setup { BEGIN; }
//     step s1u { UPDATE t SET x = x + 1; }
//     step s1c { COMMIT; }
//     session s2
//     step s2r { SELECT x FROM t; }
//     permutation s1u s2r s1c
//     permutation s1u s2r(*) s1c
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/error.hpp"

namespace heddle::isolation {

struct Step {
  std::string name;
  std::string sql;  ///< as written, without spaces at its ends; line breaks are kept
  std::size_t session = 0;
};

struct Session {
  std::string name;
  std::optional<std::string> setup;
  std::vector<std::size_t> steps;  ///< indexes into `Spec::steps`
  std::optional<std::string> teardown;
};

/// A marker of a step in a permutation: when it may be reported as completed.
struct Blocker {
  enum class Kind {
    once,     ///< (*): is always reported as waiting first
    step,     ///< (other): not before that step has completed
    notices,  ///< (other notices N): not before that step's session has sent so many messages since
  };
  Kind kind = Kind::once;
  std::size_t step = 0;
  int notices = 0;
};

struct PermutationStep {
  std::size_t step = 0;
  std::vector<Blocker> blockers;
};
using Permutation = std::vector<PermutationStep>;

struct Spec {
  std::vector<std::string> setups;
  std::optional<std::string> teardown;
  std::vector<Session> sessions;
  std::vector<Step> steps;
  std::vector<Permutation> permutations;  ///< as listed; empty: all are meant
  std::vector<std::string> unused_steps;  ///< names of those that no listed permutation mentions

  /// The listed permutations, or all interleavings of the sessions' steps if none is listed.
  [[nodiscard]] std::vector<Permutation> all_permutations() const;
};

/// Throws `sim::Error` with one sentence that starts with "FILE:LINE:COLUMN: " if `text` is no specification. `file` is
/// only a name.
[[nodiscard]] Spec parse_spec(std::string_view text, const std::string& file);

}  // namespace heddle::isolation

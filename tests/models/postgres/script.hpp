// Interleavings as data: each step is a command of one session, what it answers ("waits" if it blocks), and which
// blocked commands it lets go on. The same scripts can be run on the model and on a real server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/database.hpp"

namespace heddle::pg::test {

struct Step {
  std::string command;                ///< "1: UPDATE t SET ..."
  std::string outcome;                ///< "UPDATE 1", "(1, a) (2, b)", "no rows", "ERROR 40001", "waits"
  std::vector<std::string> released;  ///< "2: UPDATE 1", in the order of sessions
};

/// Runs the commands of `steps` on the model and returns them with what happened. `victim` answers decisions (which
/// member of a deadlock dies) as an index, counted from the session that closed the cycle.
[[nodiscard]] std::vector<Step> run_on_model(const Blueprint& blueprint, const std::vector<Step>& steps,
                                             std::uint32_t victim = 0);

/// One line per command and release, for comparison.
[[nodiscard]] std::string transcript(const std::vector<Step>& steps);

/// Executes `steps` on a fresh database made by `schema` and expects what they say.
void expect_script(std::string_view schema, const std::vector<Step>& steps, std::uint32_t victim = 0);

/// "(1, a) (2, b)", "UPDATE 1", "INSERT 0 1: (7)", ...
[[nodiscard]] std::string describe(const Rows& rows);

}  // namespace heddle::pg::test

// Interleavings as text, to be run step by step on the model and on a live server, and what was seen of them.
//
//     fact F13 the second of two updates waits, and overwrites the first
//     1: BEGIN
//     2: UPDATE t SET x = 12 WHERE id = 1 -> waits
//
// `N: SQL` is a command of session N. `N: \close` cuts its connection, `N: \open` makes a new one, `N: \cancel` and
// `N: \terminate` are pg_cancel_backend and pg_terminate_backend; `await N` lets time pass until N's command has ended.
// After ` -> ` stands what must come of it on both; `RC .. | RR .. | SER ..` where levels differ (RR alone stands for
// SERIALIZABLE, too).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/postgres/isolation.hpp"

namespace heddle::pg::oracle {

inline constexpr std::size_t most_sessions = 6;

struct Step {
  std::size_t session = 0;
  std::string command;
  std::string expected;  ///< empty: whatever the server says
};

/// The outcome of a command for a session that is blocked.
inline constexpr const char* skipped = "skipped, because the session is blocked";

/// What one step did, once every session was idle or blocked again.
struct Observed {
  std::string outcome;                                      ///< of the step's own command; "waits" if it blocks
  std::map<std::size_t, std::string> released;              ///< commands of other sessions that ended
  std::map<std::size_t, std::set<std::size_t>> blocked_by;  ///< who is blocked now, and by whom

  /// Whether a user could tell the two apart.
  [[nodiscard]] bool looks_like(const Observed& other) const {
    return outcome == other.outcome && released == other.released;
  }
};

struct Script {
  std::string name;
  std::string schema;               ///< statements, separated by semicolons
  std::vector<std::string> tables;  ///< what to drop afterwards
  std::vector<Step> steps;
};

/// A step's line: "2: UPDATE ... -> waits". Throws `std::runtime_error` with a sentence.
[[nodiscard]] Step parse_step(std::string_view line);
/// What `step.expected` asks for at this level; empty if anything is allowed.
[[nodiscard]] std::string expected_at(const Step& step, Isolation level);
/// All facts of a file.
[[nodiscard]] std::vector<Script> read_facts(const std::string& path);

/// The table names of CREATE TABLE statements, last first.
[[nodiscard]] std::vector<std::string> created_tables(std::string_view schema);

/// The steps with what was seen, one line each.
[[nodiscard]] std::string transcript(const Script& script, const std::vector<Observed>& seen);
/// The script as it can be pasted into psql windows, one per session.
[[nodiscard]] std::string for_psql(const Script& script, Isolation level);
[[nodiscard]] const char* level_name(Isolation level);

}  // namespace heddle::pg::oracle

// Random programs, step by step on the model and on a live server. How many: HEDDLE_ORACLE_PROGRAMS (1000); which:
// HEDDLE_ORACLE_SEED. A disagreement is shrunk, and printed as a script for psql windows.
#include <gtest/gtest.h>

#include <map>

#include "tests/oracle/postgres/compare.hpp"
#include "tests/oracle/postgres/random_program.hpp"

namespace heddle::pg::oracle {
namespace {

/// What the programs were about: a generator whose statements never wait, or always fail, would prove nothing.
struct Tally {
  std::size_t programs = 0;
  std::size_t steps = 0;
  std::size_t stricter = 0;
  std::map<std::string, std::size_t> outcomes;

  void add(const Comparison& comparison) {
    ++programs;
    if (comparison.server_is_stricter) ++stricter;
    for (const Observed& seen : comparison.server) {
      ++steps;
      const std::string& outcome = seen.outcome;
      const std::size_t word = outcome.starts_with("ERROR") ? std::size_t{11} : outcome.find_first_of(" (");
      ++outcomes[outcome.starts_with("(") ? "rows" : outcome.substr(0, word)];
    }
  }
  [[nodiscard]] std::string text() const {
    std::string result = std::to_string(programs) + " programs, " + std::to_string(steps) + " steps; in " +
                         std::to_string(stricter) + " the server refused more at SERIALIZABLE";
    for (const auto& [outcome, count] : outcomes) result += "\n  " + outcome + ": " + std::to_string(count);
    return result;
  }
};

TEST(RandomPrograms, DoTheSameOnTheModelAndOnTheServer) {
  Live live(server_uri());
  Tally tally;
  std::string first_report;
  std::string report;  // of the smallest program that differs: rapidcheck shrinks for as long as it finds one
  const bool agrees = rc::check("model and server do the same", [&] {
    const RandomProgram program = *random_programs();
    const Comparison comparison = compare(live, program.script(), program.isolation());
    tally.add(comparison);
    if (!comparison.agrees && first_report.empty()) first_report = comparison.report;
    if (!comparison.agrees) report = comparison.report;
    RC_ASSERT(comparison.agrees);
  });
  std::cout << tally.text() << "\n";
  EXPECT_TRUE(agrees) << report << "\n\nbefore it was made smaller:\n" << first_report;
  for (const char* outcome : {"waits", "ERROR 40001", "ERROR 40P01", "ERROR 23505", "ERROR 23503", "ERROR 55P03"})
    EXPECT_GT(tally.outcomes[outcome], 0U) << "no program came to '" << outcome << "'";
}

}  // namespace
}  // namespace heddle::pg::oracle

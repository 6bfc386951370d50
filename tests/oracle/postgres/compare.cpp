#include "tests/oracle/postgres/compare.hpp"

#include <cstdlib>
#include <stdexcept>

namespace heddle::pg::oracle {

std::string server_uri() {
  const char* uri = std::getenv("HEDDLE_POSTGRES_URI");
  if (uri == nullptr) throw std::runtime_error("no live server: run this program by script/with-postgres PROGRAM");
  return uri;
}

namespace {

std::string describe(const Observed& seen) {
  std::string text = seen.outcome;
  for (const auto& [session, outcome] : seen.released) text += "; " + std::to_string(session) + ": " + outcome;
  for (const auto& [session, blockers] : seen.blocked_by) {
    text += "; " + std::to_string(session) + " is blocked by";
    for (const std::size_t blocker : blockers) text += " " + std::to_string(blocker);
  }
  return text;
}

}  // namespace

Comparison compare(Live& live, const Script& script, Isolation level) {
  Comparison result;
  result.server = live.run(script, level);
  Agreement agreement;
  std::string fault;
  try {
    const Blueprint blueprint(script.schema);
    agreement = find_agreement(blueprint, script, level, result.server);
  } catch (const std::exception& error) {
    fault = std::string(error.what()) + "\n";
  }
  result.agrees = agreement.found || agreement.stricter_at != 0;
  result.server_is_stricter = agreement.stricter_at != 0;
  if (result.agrees) return result;
  std::vector<Observed> common = result.server;
  const std::size_t last = agreement.closest.empty() ? 0 : agreement.closest.size() - 1;
  common.resize(std::min(last, common.size()));
  result.report = "model and server disagree at " + std::string(level_name(level)) + "\n" + fault +
                  (agreement.complete ? "" : "(the search of the model's outcomes was not complete)\n") +
                  transcript(script, common);
  if (last < script.steps.size() && !agreement.closest.empty())
    result.report += std::to_string(script.steps[last].session) + ": " + script.steps[last].command +
                     "\n    server: " + describe(result.server[last]) +
                     "\n    model:  " + describe(agreement.closest[last]) + "\n";
  result.report += "\n" + for_psql(script, level);
  return result;
}

}  // namespace heddle::pg::oracle

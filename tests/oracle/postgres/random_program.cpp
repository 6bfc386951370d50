#include "tests/oracle/postgres/random_program.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "tests/oracle/postgres/random_schemas.hpp"

namespace heddle::pg::oracle {
namespace {

/// How a session begins. After SET of a time-out, it is awaited that each of its statements has ended.
constexpr const char* begins[] = {"BEGIN",
                                  "BEGIN ISOLATION LEVEL READ COMMITTED",
                                  "BEGIN ISOLATION LEVEL REPEATABLE READ",
                                  "BEGIN ISOLATION LEVEL SERIALIZABLE",
                                  "",
                                  "BEGIN READ ONLY",
                                  "SET lock_timeout = '300ms'",
                                  "SET statement_timeout = '300ms'"};

bool has_timeout(unsigned start) {
  return std::string_view(begins[start]).starts_with("SET");
}

std::string fill_in(std::string_view statement, const RandomStep& step) {
  std::string text;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    if (statement[i] != '$') {
      text += statement[i];
      continue;
    }
    text += std::to_string((statement[++i] == 'a' ? step.a : step.b) + 1);
  }
  return text;
}

}  // namespace

Script RandomProgram::script() const {
  const RandomSchema& chosen = random_schemas()[schema];
  const auto endings = random_transaction_statements();
  Script result;
  result.schema = chosen.definition;
  result.tables = created_tables(result.schema);
  const auto add = [&](std::size_t session, std::string command) {
    result.steps.push_back({session, std::move(command), ""});
  };
  std::vector<bool> is_timed(sessions);
  for (unsigned i = 0; i < sessions; ++i) {
    if (const std::string begin = begins[starts[i]]; !begin.empty()) add(i + 1, begin);
    is_timed[i] = has_timeout(starts[i]);
    if (is_timed[i]) add(i + 1, begins[0]);
  }
  constexpr std::size_t one_in = 6;  // of the steps, the first of six ends or begins something
  for (const RandomStep& step : steps) {
    const bool ends = step.statement % one_in == one_in - 1;
    const std::size_t number = step.statement / one_in;
    const char* text = ends ? endings[number % endings.size()]
                            : chosen.statements[(step.statement - number) % chosen.statements.size()];
    const std::size_t session = step.session % sessions;
    add(session + 1, fill_in(text, step));
    const bool closes = text == std::string_view("\\close");
    is_timed[session] = is_timed[session] && !closes;
    if (closes) add(session + 1, "\\open");
    if (is_timed[session]) add(session + 1, "\\await");
  }
  for (unsigned round = 0; round < sessions; ++round)  // as often as one may wait for another
    for (unsigned i = 0; i < sessions; ++i) add(i + 1, "COMMIT");
  add(1, chosen.contents);
  return result;
}

rc::Gen<RandomProgram> random_programs() {
  using rc::gen::inRange;
  const auto small = rc::gen::weightedElement<unsigned>({{5, 0U}, {4, 1U}, {2, 2U}});
  const auto step = rc::gen::build<RandomStep>(
      rc::gen::set(&RandomStep::session, inRange(0U, 12U)), rc::gen::set(&RandomStep::statement, inRange(0U, 600U)),
      rc::gen::set(&RandomStep::a, small), rc::gen::set(&RandomStep::b, small));
  const auto program = rc::gen::build<RandomProgram>(
      rc::gen::set(&RandomProgram::schema, inRange(0U, static_cast<unsigned>(random_schemas().size()))),
      rc::gen::set(&RandomProgram::sessions, inRange(2U, 5U)), rc::gen::set(&RandomProgram::level, inRange(0U, 3U)),
      rc::gen::set(&RandomProgram::starts,
                   rc::gen::container<std::vector<unsigned>>(
                       4, rc::gen::weightedElement<unsigned>(
                              {{24, 0U}, {2, 1U}, {2, 2U}, {2, 3U}, {6, 4U}, {1, 5U}, {1, 6U}, {1, 7U}}))),
      rc::gen::set(&RandomProgram::steps, rc::gen::resize(24, rc::gen::container<std::vector<RandomStep>>(step))));
  return rc::gen::resize(rc::kNominalSize, program);  // the first ones are no smaller than the last
}

std::ostream& operator<<(std::ostream& out, const RandomProgram& program) {
  return out << for_psql(program.script(), program.isolation());
}

}  // namespace heddle::pg::oracle

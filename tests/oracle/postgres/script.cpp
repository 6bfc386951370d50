#include "tests/oracle/postgres/script.hpp"

#include <fstream>
#include <stdexcept>

namespace heddle::pg::oracle {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::vector<std::string> created_tables(std::string_view schema) {
  constexpr std::string_view create = "CREATE TABLE ";
  std::vector<std::string> tables;
  for (std::size_t at = schema.find(create); at != std::string_view::npos; at = schema.find(create, at + 1)) {
    const std::size_t start = at + create.size();
    tables.insert(tables.begin(), std::string(schema.substr(start, schema.find_first_of(" (", start) - start)));
  }
  return tables;
}

Step parse_step(std::string_view line) {
  Step step;
  line = trim(line);
  constexpr std::string_view arrow = " -> ";
  if (const std::size_t at = line.rfind(arrow); at != std::string_view::npos) {
    step.expected = trim(line.substr(at + arrow.size()));
    line = trim(line.substr(0, at));
  }
  if (line.starts_with("await ")) {
    step.session = static_cast<std::size_t>(line[6] - '0');
    step.command = "\\await";
  } else if (line.size() > 2 && line[0] >= '1' && line[0] <= '6' && line[1] == ':') {
    step.session = static_cast<std::size_t>(line[0] - '0');
    step.command = trim(line.substr(2));
  } else {
    throw std::runtime_error("not a step: '" + std::string(line) + "'; write it as '1: SQL'");
  }
  return step;
}

std::string expected_at(const Step& step, Isolation level) {
  const std::string& text = step.expected;
  if (!text.starts_with("RC ")) return text;
  std::map<std::string, std::string, std::less<>> by_level;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t bar = rest.find(" | ");
    const std::string_view part = trim(rest.substr(0, bar));
    const std::size_t space = part.find(' ');
    by_level[std::string(part.substr(0, space))] = trim(part.substr(std::min(space, part.size())));
    rest = bar == std::string_view::npos ? std::string_view() : rest.substr(bar + 3);
  }
  if (level == Isolation::read_committed) return by_level["RC"];
  if (level == Isolation::serializable && by_level.contains("SER")) return by_level["SER"];
  return by_level["RR"];
}

std::vector<Script> read_facts(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Script> scripts;
  std::map<std::string, std::string> schemas;
  std::string schema;  // being written; then the one that facts use
  bool in_schema = false;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with("#")) continue;
    if (text.starts_with("schema ")) {
      schema = trim(text.substr(7));
      in_schema = !schemas.contains(schema);
    } else if (text.starts_with("fact ")) {
      in_schema = false;
      Script& script = scripts.emplace_back();
      script.name = trim(text.substr(5));
      script.schema = schemas[schema];
      script.tables = created_tables(script.schema);
    } else if (in_schema) {
      schemas[schema] += std::string(text) + "\n";
    } else if (scripts.empty()) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": a step before any 'fact'");
    } else {
      scripts.back().steps.push_back(parse_step(text));
    }
  }
  return scripts;
}

std::string transcript(const Script& script, const std::vector<Observed>& seen) {
  std::string text;
  for (std::size_t i = 0; i < std::min(seen.size(), script.steps.size()); ++i) {
    const Step& step = script.steps[i];
    text += std::to_string(step.session) + ": " + step.command + "\n    " + seen[i].outcome + "\n";
    for (const auto& [session, outcome] : seen[i].released)
      text += "    " + std::to_string(session) + ": " + outcome + "\n";
  }
  return text;
}

std::string for_psql(const Script& script, Isolation level) {
  std::string text = "-- psql, any window:\n" + script.schema + "\n-- psql, first in each window:\n" +
                     "SET default_transaction_isolation = '" + level_name(level) + "';\n";
  for (const Step& step : script.steps)
    text += "-- window " + std::to_string(step.session) + "\n" + step.command + ";\n";
  return text;
}

const char* level_name(Isolation level) {
  switch (level) {
    case Isolation::read_committed:
      return "read committed";
    case Isolation::repeatable_read:
      return "repeatable read";
    case Isolation::serializable:
      break;
  }
  return "serializable";
}

}  // namespace heddle::pg::oracle

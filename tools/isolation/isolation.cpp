// `heddle isolation`: isolationtester's specifications on the model, or on a real server.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "models/postgres/live/server_error.hpp"
#include "models/postgres/live/termination.hpp"
#include "tools/isolation/explore.hpp"
#include "tools/isolation/model_run.hpp"
#include "tools/isolation/server_sessions.hpp"
#include "tools/isolation/tester.hpp"
#include "tools/replay/commands.hpp"
#include "tools/replay/console.hpp"

namespace heddle::cli {
namespace {

using isolation::Permutation;
using isolation::Spec;

std::string read_input(const std::string& path) {
  std::ostringstream text;
  if (path == "-") {
    for (int c = std::getchar(); c != EOF; c = std::getchar()) text << static_cast<char>(c);
    return text.str();
  }
  const std::ifstream file(path, std::ios::binary);
  if (!file) throw sim::Error(sim::ErrorCode::io, fmt::format("the specification {} cannot be read", path));
  text << file.rdbuf();
  if (!file || text.fail()) throw sim::Error(sim::ErrorCode::io, fmt::format("{} is not a readable file", path));
  return text.str();
}

pg::Isolation parse_level(const std::string& level) {
  if (level == "rc") return pg::read_committed;
  if (level == "rr") return pg::repeatable_read;
  if (level == "serializable") return pg::serializable;
  throw sim::Error(sim::ErrorCode::usage,
                   fmt::format("there is no isolation level '{}'; write rc, rr or serializable", level));
}

std::string names(const Spec& spec, const std::vector<std::size_t>& steps) {
  std::string text;
  for (const std::size_t step : steps) text += " " + spec.steps[step].name;
  return text;
}

void print_counted(const char* title, const isolation::Exploration& found) {
  fmt::print("\n{}: {} interleaving{}, {} distinct outcome{}\n", title, grouped(found.interleavings),
             found.interleavings == 1 ? "" : "s", found.outcomes.size(), found.outcomes.size() == 1 ? "" : "s");
}

/// What the model cannot execute is no verdict about the server.
Exit require_supported(const std::vector<std::string>& unsupported) {
  std::fflush(stdout);
  if (!unsupported.empty())
    fmt::print(stderr, "heddle: {}; the server may well know it: --server URI runs the specification there\n",
               unsupported.front());
  return unsupported.empty() ? Exit::ok : Exit::usage;
}

Exit explore_all(const Spec& spec, isolation::ModelRun& model, const IsolationOptions& options) {
  const isolation::Exploration found = isolation::explore(spec, model, options.most);
  print_counted(found.is_complete ? "all" : "stopped early", found);
  for (std::size_t i = 0; i < found.outcomes.size(); ++i) {
    const isolation::Outcome& outcome = found.outcomes[i];
    fmt::print("\noutcome {} of {}: {} interleaving{}, such as\npermutation{}\n", i + 1, found.outcomes.size(),
               grouped(outcome.interleavings), outcome.interleavings == 1 ? "" : "s", names(spec, outcome.example));
    if (!outcome.is_certain)
      fmt::print("# the server may let these steps come out in another way, too: who goes on first is open\n");
    fmt::print("{}", outcome.transcript);
    if (!outcome.tables.empty()) fmt::print("in the end:\n{}", outcome.tables);
  }
  if (!found.is_complete)
    fmt::print(stderr, "heddle: stopped after {} interleavings; --most N explores more\n",
               grouped(found.interleavings));
  return require_supported(found.unsupported.empty() ? std::vector<std::string>() : std::vector{found.unsupported});
}

using RunPermutation = std::function<void(const Permutation&, std::string&)>;

/// Prints each permutation when it has ended, and says of those that cannot end why.
Exit run_permutations(const Spec& spec, const RunPermutation& run) {
  Exit exit = Exit::ok;
  for (const Permutation& permutation : spec.all_permutations()) {
    std::string output;
    std::string problem;
    try {
      run(permutation, output);
    } catch (const isolation::CannotComplete& error) {
      problem = error.what();
    } catch (...) {
      fmt::print("{}", output);
      throw;
    }
    fmt::print("{}", output);
    if (problem.empty()) continue;
    std::fflush(stdout);
    std::vector<std::size_t> steps;
    for (const auto& step : permutation) steps.push_back(step.step);
    fmt::print(stderr, "heddle: permutation{} cannot be completed: {}\n", names(spec, steps), problem);
    exit = Exit::violated;
  }
  return exit;
}

Exit run_on_server(const Spec& spec, const IsolationOptions& options, pg::Isolation level) {
  const pg::TerminationRequest on_signals;
  auto sessions = std::make_unique<isolation::ServerSessions>(options.server, spec, level);
  fmt::print("Parsed test spec with {} sessions\n", spec.sessions.size());
  return run_permutations(spec, [&](const Permutation& permutation, std::string& output) {
    try {
      isolation::Tester(spec, *sessions, output).run(permutation);
    } catch (const isolation::CannotComplete&) {
      sessions.reset();  // what still waits would keep its locks in the way of the next permutation
      sessions = std::make_unique<isolation::ServerSessions>(options.server, spec, level);
      throw;
    }
  });
}

}  // namespace

Exit isolation_command(const IsolationOptions& options) {
  const pg::Isolation level = parse_level(options.level);
  if (options.all && !options.server.empty())
    throw sim::Error(sim::ErrorCode::usage,
                     "--all explores the model, a server cannot be explored; leave out one of --all and --server");
  const Spec spec = isolation::parse_spec(read_input(options.file), options.file);
  for (const std::string& name : spec.unused_steps) fmt::print(stderr, "unused step name: {}\n", name);
  if (!options.server.empty()) return run_on_server(spec, options, level);
  isolation::ModelRun model(spec, level);
  fmt::print("Parsed test spec with {} sessions\n", spec.sessions.size());
  if (options.all) return explore_all(spec, model, options);
  std::vector<std::string> unsupported;
  const Exit exit = run_permutations(spec, [&](const Permutation& permutation, std::string& output) {
    model.run([&](isolation::Sessions& sessions) {
      isolation::Tester tester(spec, sessions, output);
      tester.run(permutation);
      unsupported.insert(unsupported.end(), tester.unsupported().begin(), tester.unsupported().end());
    });
  });
  return worse(exit, require_supported(unsupported));
}

}  // namespace heddle::cli

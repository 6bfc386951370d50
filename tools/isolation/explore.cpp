#include "tools/isolation/explore.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "sim/core/world.hpp"
#include "tools/isolation/tester.hpp"

namespace heddle::isolation {
namespace {

/// One interleaving, as it is run.
struct Run {
  bool is_possible = true;
  std::string unsupported;
  std::vector<std::size_t> order;
  std::vector<std::string> results;
  std::string tables;
  std::string transcript;
};

std::string contents(const std::vector<std::string>& names, Sessions& sessions) {
  std::string text;
  for (const std::string& name : names) {
    const auto outcomes = sessions.control("SELECT * FROM " + name);
    if (outcomes.empty() || !outcomes.back().table) continue;
    Table table = *outcomes.back().table;
    std::sort(table.rows.begin(), table.rows.end());  // the physical order is no outcome
    text += name + "\n" + to_text(table);
  }
  return text;
}

/// The tester of one interleaving: at each turn, one of the sessions that have a step left begins it.
void interleave(const Spec& spec, const std::vector<std::string>& tables, Sessions& sessions, Run& run) {
  run = {};
  Tester tester(spec, sessions, run.transcript);
  tester.set_up();
  std::vector<std::size_t> done(spec.sessions.size());
  try {
    for (;;) {
      std::vector<std::size_t> candidates;
      for (std::size_t i = 0; i < spec.sessions.size(); ++i)
        if (done[i] < spec.sessions[i].steps.size()) candidates.push_back(i);
      if (candidates.empty()) break;
      const std::size_t next = candidates[sim::choose(static_cast<std::uint32_t>(candidates.size()))];
      const std::size_t step = spec.sessions[next].steps[done[next]++];
      run.order.push_back(step);
      tester.launch({step, {}});
    }
    tester.finish();
  } catch (const CannotComplete&) {  // the session waits, and only steps that are still to come let it go on
    run.is_possible = false;
    return;
  }
  tester.tear_down();
  if (!tester.unsupported().empty()) run.unsupported = tester.unsupported().front();
  run.results = tester.results();
  run.tables = contents(tables, sessions);
}

}  // namespace

Exploration explore(const Spec& spec, ModelRun& model, std::uint64_t most) {
  Exploration exploration;
  std::map<std::pair<std::vector<std::string>, std::string>, std::size_t> known;
  std::map<std::vector<std::size_t>, std::set<std::size_t>> outcomes_of_order;
  Run run;
  const auto body = [&](Sessions& sessions) { interleave(spec, model.tables(), sessions, run); };
  exploration.is_complete = model.run_all(body, [&] {
    if (!run.is_possible) return true;
    ++exploration.interleavings;
    if (exploration.unsupported.empty()) exploration.unsupported = run.unsupported;
    const auto [place, is_new] = known.try_emplace({run.results, run.tables}, exploration.outcomes.size());
    if (is_new) exploration.outcomes.push_back({run.results, run.tables, 0, run.order, run.transcript, true});
    ++exploration.outcomes[place->second].interleavings;
    outcomes_of_order[run.order].insert(place->second);
    return exploration.interleavings < most;
  });
  for (Outcome& outcome : exploration.outcomes) outcome.is_certain = outcomes_of_order[outcome.example].size() == 1;
  return exploration;
}

}  // namespace heddle::isolation

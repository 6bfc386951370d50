#include "sim/explore/divide.hpp"

#include <deque>
#include <optional>
#include <utility>

#include "sim/explore/dpor.hpp"
#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

/// How many races of one execution are tried.
constexpr std::size_t most_tries = 32;

bool is_feasible(const Program& program, Execution& execution, const Division& part) {
  execution.impose(part);
  Replay first({});
  first.begin_execution(0);
  return execution.run(program, first).failure != FailureKind::infeasible;
}

/// The two parts, if some race can be decided either way.
std::optional<std::pair<Division, Division>> halve(const Program& program, Execution& execution, const Division& part) {
  execution.impose(part);
  Dpor dpor;
  dpor.begin_execution(0);
  if (execution.run(program, dpor).failure == FailureKind::infeasible) return std::nullopt;
  const std::vector<Precedence> races = dpor.races(execution);
  for (std::size_t i = 0; i < races.size() && i < most_tries; ++i) {
    std::pair<Division, Division> halves(part, part);
    halves.first.push_back(races[i]);
    halves.second.push_back({races[i].after, races[i].before});
    if (is_feasible(program, execution, halves.second) && is_feasible(program, execution, halves.first)) return halves;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Division> divide(const Program& program, Execution& execution, std::size_t parts) {
  std::deque<Division> to_divide{Division()};
  std::vector<Division> result;
  while (!to_divide.empty() && to_divide.size() + result.size() < parts) {
    Division part = std::move(to_divide.front());
    to_divide.pop_front();
    if (auto halves = halve(program, execution, part)) {
      to_divide.push_back(std::move(halves->first));
      to_divide.push_back(std::move(halves->second));
    } else {
      result.push_back(std::move(part));
    }
  }
  for (Division& part : to_divide) result.push_back(std::move(part));
  execution.impose({});
  return result;
}

}  // namespace heddle::sim

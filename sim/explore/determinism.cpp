#include "sim/explore/determinism.hpp"

#include "sim/explore/replay.hpp"

namespace heddle::sim {
namespace {

constexpr std::string_view advice =
    "; look for state that outlives an execution (statics, globals), addresses, clocks or random sources";

struct Rerun {
  std::vector<std::string> steps;
  ExecutionResult result;
  std::optional<Replay::Divergence> divergence;
};

Rerun rerun(const Program& program, const std::vector<Decision>& schedule, const ExecutionOptions& options) {
  Execution execution(options);
  Replay replay(schedule);
  replay.begin_execution(0);
  Rerun run;
  run.result = execution.run(program, replay, Execution::Detail::events);
  run.result.property = run.result.message = {};  // they end with `execution`
  run.divergence = replay.divergence();
  for (const Event& event : execution.recording().events)
    run.steps.push_back(execution.task(event.task).name.str() + ": " + std::string(event.op->name) + " " +
                        execution.object_name(event.object));
  return run;
}

}  // namespace

std::optional<std::string> find_difference(const Program& program, const std::vector<Decision>& schedule,
                                           const ExecutionResult& first, const ExecutionOptions& options) {
  const Rerun second = rerun(program, schedule, options);
  if (!second.divergence && second.result.sequence_hash == first.sequence_hash && second.result.steps == first.steps &&
      second.result.failure == first.failure)
    return std::nullopt;
  const std::string head = "the body is not deterministic: re-executing the same decisions gave another run";
  if (second.divergence)
    return head + " (step " + std::to_string(second.divergence->step + 1) + ": " + second.divergence->what + ")" +
           std::string(advice);
  const Rerun third = rerun(program, schedule, options);
  for (std::size_t i = 0; i < second.steps.size() || i < third.steps.size(); ++i) {
    const std::string a = i < second.steps.size() ? second.steps[i] : "(ended)";
    const std::string b = i < third.steps.size() ? third.steps[i] : "(ended)";
    if (a != b)
      return head + " (step " + std::to_string(i + 1) + " was '" + a + "' once and '" + b + "' once)" +
             std::string(advice);
  }
  return head + " (it took " + std::to_string(first.steps) + " steps at first and " +
         std::to_string(second.result.steps) + " then)" + std::string(advice);
}

}  // namespace heddle::sim

#include "properties/lock_order_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "properties/cycle_watch.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/replay.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::properties {
namespace {

/// A random walk that holds back each task which is about to take the next lock of its edge, for as long as anybody
/// else can run.
class DrivenIntoCycle final : public sim::Strategy {
 public:
  DrivenIntoCycle(const Inversion& inversion, std::uint64_t seed) : inversion_(inversion), seed_(seed), rng_(seed, 0) {}

  [[nodiscard]] std::string name() const override { return "directed"; }
  bool begin_execution(std::uint64_t index) override {
    rng_ = sim::Rng(seed_, index);
    return true;
  }
  sim::TaskId next_task(const sim::Execution& execution) override {
    free_.clear();
    execution.enabled().for_each([&](sim::TaskId task) {
      if (task == sim::clock_task || !is_at_its_edge(execution, task)) free_.push_back(task);
    });
    if (!free_.empty()) return free_[rng_.below(static_cast<std::uint32_t>(free_.size()))];
    return execution.enabled().nth(rng_.below(execution.enabled().size()));
  }
  std::uint32_t next_choice(const sim::Execution&, std::uint32_t alternatives) override {
    return rng_.below(alternatives);
  }
  [[nodiscard]] bool is_fair() const override { return true; }

 private:
  [[nodiscard]] bool is_at_its_edge(const sim::Execution& execution, sim::TaskId id) const {
    const sim::Pending& pending = execution.pending(id);
    return std::any_of(inversion_.edges.begin(), inversion_.edges.end(), [&](const LockOrderEdge& edge) {
      return edge.task == execution.task(id).key && takes(execution, pending, edge) &&
             holds(execution, id, edge.from) && !holds(execution, id, edge.to);
    });
  }
  /// By the lock itself; or, where a call says too late which row or lease it is about, by where it is in the source.
  static bool takes(const sim::Execution& execution, const sim::Pending& pending, const LockOrderEdge& edge) {
    if (pending.object != sim::Execution::no_object && execution.object_key(pending.object) == edge.to) return true;
    return pending.where.line() == edge.to_where.line() && pending.where.column() == edge.to_where.column() &&
           std::string_view(pending.where.file_name()) == edge.to_where.file_name();
  }
  static bool holds(const sim::Execution& execution, sim::TaskId task, std::uint64_t object) {
    return std::any_of(execution.holds().begin(), execution.holds().end(), [&](const sim::Hold& hold) {
      return hold.task == task && execution.object_key(hold.object) == object;
    });
  }

  const Inversion& inversion_;
  std::uint64_t seed_;
  sim::Rng rng_;
  std::vector<sim::TaskId> free_;
};

using Schedule = std::vector<sim::Decision>;

/// `program`, watched from outside. `teaching`, if not null, gets the schedules of executions that added to the graph.
sim::Program watched(const sim::Program& program, LockOrderGraph& graph, std::vector<Schedule>* teaching) {
  return [&program, &graph, teaching](sim::World& world) {
    struct Remember {
      const sim::Execution& execution;
      const LockOrderGraph& graph;
      std::vector<Schedule>* teaching;
      std::size_t known = graph.edges().size();
      ~Remember() {
        if (teaching != nullptr && graph.edges().size() > known) teaching->push_back(execution.decisions());
      }
    } remember{world.execution(), graph, teaching};
    const LockOrder order(world, graph);
    program(world);
  };
}

/// What a row or a lease is called is known only where an execution is explained: repeats those that taught something.
void name_locks(LockOrderGraph& graph, const std::vector<Schedule>& teaching, const sim::Program& program,
                const sim::ExecutionOptions& options) {
  LockOrderGraph named;
  const sim::Program again = watched(program, named, nullptr);
  sim::Execution execution(options);
  for (const Schedule& schedule : teaching) {
    sim::Replay replay(schedule);
    replay.begin_execution(0);
    execution.run(again, replay, sim::Execution::Detail::explain);
  }
  graph.take_names_of(named);
}

/// Whether the deadlock is in the cycle: each of its tasks waits for the lock that its edge leads to.
bool is_in(const Inversion& inversion, const sim::Failure& failure, const sim::Program& program,
           const sim::ExecutionOptions& options) {
  sim::Execution execution(options);
  sim::Replay again(failure.schedule);
  again.begin_execution(0);
  execution.run(program, again, sim::Execution::Detail::explain);
  const auto waits = [&](const LockOrderEdge& edge) {
    return std::any_of(execution.stuck().begin(), execution.stuck().end(), [&](const sim::StuckRecord& stuck) {
      return execution.task(stuck.task).key == edge.task && stuck.pending.object != sim::Execution::no_object &&
             execution.object_key(stuck.pending.object) == edge.to;
    });
  };
  return std::all_of(inversion.edges.begin(), inversion.edges.end(), waits);
}

sim::ExploreOptions deadlocks_only(const LockOrderOptions& options, std::uint64_t executions) {
  sim::ExploreOptions explore;
  explore.execution = options.execution;
  explore.execution.only_property = "deadlock";
  explore.budget.executions = executions;
  return explore;
}

/// Runs on past executions that fail: what else is wrong is not the question here.
template <class OnFailure>
sim::Verdict campaign(const sim::Program& program, sim::Strategy& strategy, sim::ExploreOptions explore,
                      std::uint64_t& executions, const OnFailure& is_what_we_look_for) {
  const std::uint64_t last = explore.budget.executions;
  for (;;) {
    sim::Verdict verdict = sim::explore(program, strategy, explore);
    executions += verdict.evidence.executions;
    if (!verdict.failure || !verdict.unreached.empty() || is_what_we_look_for(verdict) || strategy.is_exhaustive())
      return verdict;
    explore.first_execution = verdict.failure->execution + 1;
    if (explore.first_execution >= last) return verdict;
    explore.budget.executions = last - explore.first_execution;
  }
}

TriedInversion try_inversion(const Inversion& inversion, const sim::Program& unwatched,
                             const LockOrderOptions& options) {
  TriedInversion tried{.inversion = inversion};
  const sim::Program program = [&unwatched, &inversion](sim::World& world) {
    const CycleWatch watch(world, inversion);
    unwatched(world);
  };
  const sim::ExploreOptions directed = deadlocks_only(options, options.tries);
  const auto confirms = [&](const sim::Verdict& verdict) {
    if (!verdict.failure || verdict.failure->property != "deadlock") return false;
    const bool is_seen_by_watch = verdict.failure->kind == sim::FailureKind::property;
    return is_seen_by_watch || is_in(inversion, *verdict.failure, program, directed.execution);
  };
  DrivenIntoCycle strategy(inversion, options.seed);
  sim::Verdict verdict = campaign(program, strategy, directed, tried.executions, confirms);
  if (!confirms(verdict) && options.exhaustive > 0) {
    sim::Dfs all = sim::Dfs{}.cached();
    verdict = campaign(program, all, deadlocks_only(options, options.exhaustive), tried.executions, confirms);
    tried.is_impossible = verdict.exhausted() || !verdict.unreached.empty();
  }
  if (confirms(verdict)) tried.deadlock = std::move(verdict.failure);
  return tried;
}

}  // namespace

LockOrderReport check_lock_order(const sim::Program& program, const LockOrderOptions& options) {
  LockOrderReport report;
  std::vector<Schedule> teaching;
  const sim::Program observed = watched(program, report.graph, &teaching);
  sim::Random random(options.seed);
  std::uint64_t executions = 0;
  const sim::Verdict verdict = campaign(observed, random, deadlocks_only(options, options.executions), executions,
                                        [](const sim::Verdict&) { return false; });
  report.problem = verdict.problem;
  name_locks(report.graph, teaching, program, deadlocks_only(options, 0).execution);
  for (const Inversion& inversion : report.graph.inversions()) {
    if (inversion.gate.empty()) {
      report.tried.push_back(try_inversion(inversion, program, options));
    } else {
      report.gated.push_back(inversion);
    }
  }
  return report;
}

std::string render(const LockOrderReport& report) {
  std::string text = fmt::format("{} edges in the lock order, {} inversions\n", report.graph.edges().size(),
                                 report.tried.size() + report.gated.size());
  for (const TriedInversion& tried : report.tried) {
    text += "  " + tried.inversion.text() + "\n";
    if (tried.deadlock) {
      text += fmt::format("    confirmed: a schedule deadlocks there: {}\n", tried.deadlock->message);
    } else if (tried.is_impossible) {
      text += fmt::format("    unrealised: none of all schedules deadlocks ({} executions)\n", tried.executions);
    } else {
      text += fmt::format("    unrealised: no deadlock there in {} executions, which were not all\n", tried.executions);
    }
  }
  for (const Inversion& inversion : report.gated) text += "  " + inversion.text() + "\n";
  if (!report.problem.empty()) text += "  " + report.problem + "\n";
  return text;
}

}  // namespace heddle::properties

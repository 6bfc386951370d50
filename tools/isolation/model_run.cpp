#include "tools/isolation/model_run.hpp"

#include <algorithm>

#include "models/postgres/sql/parser.hpp"
#include "sim/core/error.hpp"
#include "tools/isolation/model_sessions.hpp"

namespace heddle::isolation {
namespace {

/// The tester is the first task.
constexpr sim::TaskId tester_task = 1;

/// Sessions before the tester; among them whoever is at work goes on, then whoever has waited longest.
class InOrder final : public sim::Strategy {
 public:
  explicit InOrder(const SendOrder& order) : order_(order) {}
  [[nodiscard]] std::string name() const override { return "in order"; }
  bool begin_execution(std::uint64_t) override { return true; }
  sim::TaskId next_task(const sim::Execution& execution) override {
    const sim::TaskSet& enabled = execution.enabled();
    const sim::TaskId running = execution.running();
    if (running != tester_task && running != sim::clock_task && enabled.contains(running)) return running;
    sim::TaskId first = enabled.nth(enabled.nth(0) == tester_task ? 1 : 0);
    for (std::uint32_t i = 0; i < enabled.size(); ++i)
      if (enabled.nth(i) != tester_task && sent(enabled.nth(i)) < sent(first)) first = enabled.nth(i);
    return first;
  }
  std::uint32_t next_choice(const sim::Execution&, std::uint32_t) override { return 0; }

 private:
  [[nodiscard]] std::uint64_t sent(sim::TaskId task) const { return order_[task - tester_task - 1]; }

  const SendOrder& order_;
};

/// Sessions before the tester; otherwise everything that the server leaves open, depth-first.
class Everything final : public sim::Strategy {
 public:
  [[nodiscard]] std::string name() const override { return "everything"; }
  bool begin_execution(std::uint64_t index) override {
    depth_ = 0;
    if (index == 0) return true;
    while (!path_.empty() && path_.back().taken + 1 == path_.back().alternatives) path_.pop_back();
    if (path_.empty()) return false;
    ++path_.back().taken;
    return true;
  }
  sim::TaskId next_task(const sim::Execution& execution) override {
    const sim::TaskSet& enabled = execution.enabled();
    const std::uint32_t first = enabled.nth(0) == tester_task ? 1 : 0;
    return enabled.nth(first + decide(static_cast<std::uint32_t>(enabled.size()) - first));
  }
  std::uint32_t next_choice(const sim::Execution&, std::uint32_t alternatives) override { return decide(alternatives); }

 private:
  struct Decision {
    std::uint32_t taken = 0;
    std::uint32_t alternatives = 0;
  };

  std::uint32_t decide(std::uint32_t alternatives) {
    if (alternatives == 1) return 0;
    if (depth_ == path_.size()) path_.push_back({0, alternatives});
    return path_[depth_++].taken;
  }

  std::vector<Decision> path_;
  std::size_t depth_ = 0;
};

}  // namespace

struct ModelRun::State {
  std::vector<KeptState> kept;
  std::string level_setting;
  std::unique_ptr<pg::Blueprint> blueprint;
  std::vector<std::string> tables;
  SendOrder order;
  sim::Execution execution;

  /// Runs `body` once, and throws what it throws.
  void execute(const Body& body, sim::Strategy& strategy, std::vector<KeptState>& states) {
    std::exception_ptr thrown;
    const sim::Program program = [&](sim::World& world) {
      pg::Database database(*blueprint, "postgres", pg::as_on_a_server);
      Sessions* sessions = nullptr;
      world.task("tester", [&] {
        try {
          sim::yield();
          body(*sessions);
        } catch (const sim::Error&) {
          thrown = std::current_exception();
        }
      });
      ModelSessions model(world, database, states, level_setting, order);
      sessions = &model;
      world.run();
    };
    const sim::ExecutionResult& result = execution.run(program, strategy, sim::Execution::Detail::explain);
    if (thrown) std::rethrow_exception(thrown);
    if (result.failure != sim::FailureKind::none)
      throw sim::Error(sim::ErrorCode::limit,
                       "the model cannot go on: " + std::string(result.property) + ": " + std::string(result.message));
  }
};

ModelRun::ModelRun(const Spec& spec, pg::Isolation level) : state_(std::make_unique<State>()) {
  state_->kept.resize(spec.sessions.size());
  state_->level_setting = "SET default_transaction_isolation = '" + std::string(name_of(level)) + "'";
  std::string script;
  for (const std::string& sql : spec.setups) script += sql + "\n;\n";
  try {
    for (const pg::ParsedCommand& parsed : pg::parse(script))
      if (const auto* table = std::get_if<pg::ast::CreateTable>(&parsed.command)) state_->tables.push_back(table->name);
    state_->blueprint = std::make_unique<pg::Blueprint>(script);
  } catch (const pg::SqlError& error) {
    throw sim::Error(sim::ErrorCode::usage, std::string("setup failed: ") + error.what());
  }
}

ModelRun::~ModelRun() = default;

const std::vector<std::string>& ModelRun::tables() const noexcept {
  return state_->tables;
}

void ModelRun::run(const Body& body) {
  InOrder strategy(state_->order);
  state_->execute(body, strategy, state_->kept);
}

bool ModelRun::run_all(const Body& body, const std::function<bool()>& after) {
  Everything strategy;
  for (std::uint64_t index = 0; strategy.begin_execution(index); ++index) {
    std::vector<KeptState> fresh(state_->kept.size());
    state_->execute(body, strategy, fresh);
    if (!after()) return false;
  }
  return true;
}

}  // namespace heddle::isolation

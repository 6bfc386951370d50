// The soundness of the store's footprints: executions with equal happens-before traces must agree on every reply and on
// what is left in the end. Else partial-order reduction would leave out schedules that matter.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <sstream>

#include "models/kv/session.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "tests/models/kv/step.hpp"

namespace heddle::kv {
namespace {

using Tasks = std::vector<std::vector<Step>>;

/// Every key with its value and the time at which it expires.
std::string contents(Client& client) {
  std::ostringstream out;
  for (const std::string& key : client.keys("*")) {
    const Reply deadline = client.call({.verb = Verb::ttl, .key = key, .query = TtlQuery::deadline_ms});
    out << key << "=" << client.get(key).value_or("-") << "@" << deadline.number << " ";
  }
  return out.str();
}

/// What one execution shows: each task's replies, and the contents in the end. "a" expires, "b" does not, "ab" is
/// absent.
std::string outcome_of(sim::Execution& execution, sim::Strategy& strategy, const Tasks& tasks) {
  std::vector<std::string> seen(tasks.size() + 1);
  const sim::Program program = [&](sim::World& world) {
    Store store;
    StoreClient setup(store);
    setup.set("a", "1", {.ttl = std::chrono::milliseconds(2)});
    setup.set("b", "1");
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      world.task({"task", static_cast<int>(t)}, [&, t] {
        StoreClient client(store);
        for (const Step& step : tasks[t]) seen[t] += perform(client, step) + "\n";
      });
    }
    world.run();
    seen.back() = contents(setup);
  };
  execution.run(program, strategy);
  std::string all;
  for (const std::string& part : seen) all += part + "/";
  return all;
}

struct Agreement {
  std::uint64_t executions = 0;
  std::uint64_t traces = 0;
  std::string contradiction;  ///< two outcomes of one trace
};

Agreement explore_all(const Tasks& tasks, std::uint64_t at_most) {
  sim::ExecutionOptions options;
  options.time = sim::TimeMode::any_time;
  options.slack = 2;
  sim::Execution execution(options);
  sim::Dfs dfs;
  std::map<std::uint64_t, std::string> outcome_by_trace;
  Agreement agreement;
  for (; agreement.executions < at_most && dfs.begin_execution(agreement.executions); ++agreement.executions) {
    const std::string outcome = outcome_of(execution, dfs, tasks);
    dfs.end_execution(execution.result());
    const auto [known, is_new] = outcome_by_trace.emplace(execution.result().trace_hash, outcome);
    if (known->second != outcome) agreement.contradiction = known->second + " and " + outcome;
  }
  agreement.traces = outcome_by_trace.size();
  return agreement;
}

/// Each verb on each key, with and without its options.
std::vector<Step> commands_of_all_kinds() {
  std::vector<Step> all;
  for (const Verb verb : store_verbs) {
    for (std::size_t key = 0; key < 3; ++key) {
      Step step;
      step.verb = verb;
      step.key = key;
      step.other_key = (key + 1) % 3;
      step.value = 1;
      all.push_back(step);
      if (step.verb == Verb::set || step.verb == Verb::increment) {
        Step in_transaction = step;
        in_transaction.in_transaction = true;
        all.push_back(in_transaction);
      }
      if (!step.takes_ttl() && !step.needs_ttl()) continue;
      step.ttl_ms = 3;
      step.value = 2;
      step.expire_if.has_ttl = true;
      all.push_back(step);
      step.ttl_ms = 0;
      step.keep_ttl = true;
      step.condition = SetIf::absent;
      if (!step.needs_ttl()) all.push_back(step);
    }
  }
  return all;
}

TEST(StoreFootprints, EveryPairOfCommandsAgreesInEqualTraces) {
  const std::vector<Step> commands = commands_of_all_kinds();
  std::uint64_t reduced = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    for (std::size_t k = i; k < commands.size(); ++k) {
      const Agreement agreement = explore_all({{commands[i]}, {commands[k]}}, 1000);
      EXPECT_EQ(agreement.contradiction, "") << commands[i] << " beside " << commands[k];
      reduced += agreement.traces < agreement.executions ? 1U : 0U;
    }
  }
  EXPECT_GT(reduced,
            commands.size() * commands.size() / 4);  // footprints that make everything dependent would pass as well
}

RC_GTEST_PROP(StoreFootprints, LongerProgramsAgreeInEqualTraces, ()) {
  const auto two_steps = rc::gen::container<std::vector<Step>>(2, any_step());
  const Agreement agreement = explore_all(*rc::gen::container<Tasks>(2, two_steps), 3000);
  if (!agreement.contradiction.empty()) RC_FAIL(agreement.contradiction);
}

}  // namespace
}  // namespace heddle::kv

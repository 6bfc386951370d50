// Laws of the store, against a reference of a few lines, under random schedules and in both time modes; and the
// soundness of its footprints: executions with equal happens-before traces must agree on everything the tasks saw.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "models/kv/store.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/random.hpp"

namespace heddle::kv {
namespace {

constexpr std::string_view key_names[] = {"a", "ab", "b"};
constexpr std::string_view values[] = {"1", "2", "7"};

/// A command in a form that can be generated and shown.
struct Step {
  Verb verb = Verb::get;
  int key = 0;
  int value = 0;
  int expected = 0;
  SetIf condition = SetIf::always;
  int ttl_ms = 0;  // 0: none
  bool keep_ttl = false;
  int sleep_ms = 0;

  [[nodiscard]] Duration ttl() const {
    // Half a millisecond more, so that no deadline falls together with the end of a sleep.
    return std::chrono::milliseconds(std::max(ttl_ms, 1)) + std::chrono::microseconds(500);
  }
  [[nodiscard]] bool needs_ttl() const {
    return verb == Verb::expire || verb == Verb::compare_and_expire || verb == Verb::acquire;
  }
  [[nodiscard]] Command command() const {
    const bool sets = verb == Verb::set || verb == Verb::compare_and_set;
    const bool has_ttl = needs_ttl() || (sets && ttl_ms > 0 && !keep_ttl);
    return {.verb = verb,
            .key = key_names[key],
            .value = values[value],
            .expected = values[expected],
            .counter = "n",
            .set = {.condition = condition,
                    .ttl = has_ttl ? std::optional(ttl()) : std::nullopt,
                    .keep_ttl = sets && keep_ttl}};
  }
};

std::ostream& operator<<(std::ostream& out, const Step& s) {
  return out << to_string(s.verb) << "(" << key_names[s.key] << ", value " << values[s.value] << ", expected "
             << values[s.expected] << ", if " << int(s.condition) << ", ttl " << s.ttl_ms << (s.keep_ttl ? " kept" : "")
             << ", then sleep " << s.sleep_ms << ")";
}

rc::Gen<Step> any_step() {
  using rc::gen::inRange;
  return rc::gen::build<Step>(
      rc::gen::set(&Step::verb, rc::gen::map(inRange(0, 12), [](int v) { return static_cast<Verb>(v); })),
      rc::gen::set(&Step::key, inRange(0, 3)), rc::gen::set(&Step::value, inRange(0, 3)),
      rc::gen::set(&Step::expected, inRange(0, 3)),
      rc::gen::set(&Step::condition, rc::gen::map(inRange(0, 3), [](int c) { return static_cast<SetIf>(c); })),
      rc::gen::set(&Step::ttl_ms, inRange(0, 6)), rc::gen::set(&Step::keep_ttl),
      rc::gen::set(&Step::sleep_ms, inRange(0, 4)));
}

std::string text(const Reply& reply) {
  std::ostringstream out;
  out << reply.applied << "|" << reply.value.value_or("-") << "|" << int(reply.ttl.kind) << ","
      << reply.ttl.remaining.count() << "|" << reply.number;
  for (const std::string& key : reply.keys) out << "|" << key;
  return out.str();
}

/// What a store is supposed to do, with expiry told to it.
class Reference {
 public:
  /// Whether that key had to expire now, and no other one earlier.
  bool expire(std::string_view key, Duration now) {
    const auto entry = entries_.find(std::string(key));
    if (entry == entries_.end() || entry->second.deadline != std::optional(now)) return false;
    entries_.erase(entry);
    return std::none_of(entries_.begin(), entries_.end(),
                        [&](const auto& e) { return e.second.deadline && *e.second.deadline < now; });
  }
  Reply perform(const Command& c, Duration now) {
    const std::string key(c.key);
    const auto found = entries_.find(key);
    const bool present = found != entries_.end();
    const bool matches = present && found->second.value == c.expected;
    const std::optional<Duration> deadline = c.set.ttl ? std::optional(now + *c.set.ttl) : std::nullopt;
    switch (c.verb) {
      case Verb::get:
        return present ? Reply{.applied = true, .value = found->second.value} : Reply{};
      case Verb::exists:
        return {.applied = present};
      case Verb::pttl:
        if (!present) return {};
        if (!found->second.deadline) return {.applied = true, .ttl = {TimeToLive::Kind::persistent, {}}};
        return {.applied = true, .ttl = {TimeToLive::Kind::expiring, *found->second.deadline - now}};
      case Verb::keys: {
        Reply reply{.applied = true};
        for (const auto& [name, entry] : entries_)
          if (name.starts_with(key)) reply.keys.push_back(name);
        return reply;
      }
      case Verb::set:
        if (c.set.condition == SetIf::absent && present) return {};
        if (c.set.condition == SetIf::present && !present) return {};
        return store(c, deadline);
      case Verb::compare_and_set:
        return matches ? store(c, deadline) : Reply{};
      case Verb::del:
        return {.applied = entries_.erase(key) > 0};
      case Verb::compare_and_delete:
        return {.applied = matches && entries_.erase(key) > 0};
      case Verb::expire:
      case Verb::compare_and_expire:
        if (c.verb == Verb::expire ? !present : !matches) return {};
        found->second.deadline = deadline;
        return {.applied = true};
      case Verb::increment:
        return count(key);
      case Verb::acquire:
        if (present) return {};
        store(c, deadline);
        return count(std::string(c.counter));
    }
    return {};
  }

 private:
  struct Entry {
    std::string value;
    std::optional<Duration> deadline;
  };
  Reply store(const Command& c, std::optional<Duration> deadline) {
    Entry& entry = entries_[std::string(c.key)];
    entry.value = c.value;
    if (!c.set.keep_ttl) entry.deadline = deadline;
    return {.applied = true};
  }
  Reply count(const std::string& key) {
    Entry& entry = entries_[key];
    const std::int64_t sum = (entry.value.empty() ? 0 : std::stoll(entry.value)) + 1;
    entry.value = std::to_string(sum);
    return {.applied = true, .number = sum};
  }
  std::map<std::string, Entry> entries_;
};

void agrees_with_reference(const std::vector<Step>& steps, sim::TimeMode time, std::uint64_t seed) {
  std::string disagreement;
  const sim::Program program = [&](sim::World& world) {
    Store store;
    StoreClient client(store);
    Reference reference;
    store.observe([&](const Change& change) {
      if (change.expired && !reference.expire(change.key, world.now()))
        disagreement = std::string(change.key) + " expired, which the reference does not expect";
    });
    world.task("caller", [&] {
      for (const Step& step : steps) {
        const std::string actual = text(client.call(step.command(), std::source_location::current()));
        const std::string expected = text(reference.perform(step.command(), world.now()));
        if (actual != expected && disagreement.empty()) {
          std::ostringstream out;
          out << step << " answered " << actual << ", the reference " << expected;
          disagreement = out.str();
        }
        if (step.sleep_ms > 0) sim::sleep(std::chrono::milliseconds(step.sleep_ms));
      }
    });
    world.run();
  };
  sim::ExecutionOptions options;
  options.time = time;
  sim::Execution execution(options);
  sim::Random random(seed);
  random.begin_execution(0);
  const sim::ExecutionResult& result = execution.run(program, random);
  RC_ASSERT(result.failure == sim::FailureKind::none);
  if (!disagreement.empty()) RC_FAIL(disagreement);
}

RC_GTEST_PROP(StoreLaws, AgreeWithTheReferenceWhenTimePassesAsSoonAsIdle, ()) {
  agrees_with_reference(*rc::gen::container<std::vector<Step>>(any_step()), sim::TimeMode::as_soon_as_idle, 0);
}

RC_GTEST_PROP(StoreLaws, AgreeWithTheReferenceWhenTimePassesAnyTime, (std::uint64_t seed)) {
  agrees_with_reference(*rc::gen::container<std::vector<Step>>(any_step()), sim::TimeMode::any_time, seed);
}

/// What an execution shows: each task's replies, and what is left in the end.
std::string outcome_of(sim::Execution& execution, sim::Strategy& strategy,
                       const std::vector<std::vector<Step>>& tasks) {
  std::vector<std::string> seen(tasks.size() + 1);
  const sim::Program program = [&](sim::World& world) {
    Store store;
    StoreClient client(store);
    client.set("a", "1", {.ttl = std::chrono::milliseconds(2)});
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      world.task({"task", static_cast<int>(t)}, [&, t] {
        for (const Step& step : tasks[t])
          seen[t] += text(client.call(step.command(), std::source_location::current())) + "\n";
      });
    }
    world.run();
    for (const std::string& key : client.keys("")) seen.back() += key + "=" + *client.get(key) + " ";
  };
  execution.run(program, strategy);
  std::string all;
  for (const std::string& part : seen) all += part + "/";
  return all;
}

RC_GTEST_PROP(StoreLaws, EqualTracesAgreeOnEveryReply, ()) {
  const auto tasks = *rc::gen::container<std::vector<std::vector<Step>>>(
      2, rc::gen::resize(3, rc::gen::container<std::vector<Step>>(any_step())));
  sim::ExecutionOptions options;
  options.time = sim::TimeMode::any_time;
  options.slack = 2;
  sim::Execution execution(options);
  sim::Dfs dfs;
  std::map<std::uint64_t, std::string> outcome_by_trace;
  std::uint64_t executions = 0;
  for (; executions < 3000 && dfs.begin_execution(executions); ++executions) {
    const std::string outcome = outcome_of(execution, dfs, tasks);
    dfs.end_execution(execution.result());
    const auto [known, is_new] = outcome_by_trace.emplace(execution.result().trace_hash, outcome);
    RC_ASSERT(known->second == outcome);
  }
  RC_CLASSIFY(outcome_by_trace.size() < executions, "some interleavings are equivalent");
}

}  // namespace
}  // namespace heddle::kv

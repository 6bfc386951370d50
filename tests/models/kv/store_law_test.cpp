// Laws of the store, against a reference of a few lines, under random schedules and in both time modes; and the
// soundness of its footprints: executions with equal happens-before traces must agree on everything the tasks saw.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "models/kv/store.hpp"
#include "sim/core/world.hpp"
#include "sim/explore/random.hpp"
#include "tests/models/kv/step.hpp"

namespace heddle::kv {
namespace {

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

}  // namespace
}  // namespace heddle::kv

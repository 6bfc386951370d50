// Linearizability on the store's clients, and on a lease: whatever a client adds to the store's own atomicity (latency,
// lost answers, a cache, two calls instead of one) shows here or does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/kv/unreliable_client.hpp"
#include "properties/history.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"

namespace heddle::kv {
namespace {

using namespace std::chrono_literals;
using properties::History;

/// Texts by key; absent keys have none.
struct Texts {
  struct Call {
    enum class Kind : std::uint8_t { get, set, del, compare_and_set };
    Kind kind = Kind::get;
    std::string key;
    std::string value = {};
    std::string expected = {};
  };
  using Answer = std::string;  ///< of a get: the value, or "nil"; of the others "1" or "0"
  using State = std::string;

  [[nodiscard]] static State initial() { return "nil"; }
  [[nodiscard]] static std::string partition(const Call& call) { return call.key; }
  [[nodiscard]] static bool step(State& state, const Call& call, const Answer* answer) {
    std::string expected;
    switch (call.kind) {
      case Call::Kind::get:
        expected = state;
        break;
      case Call::Kind::set:
        expected = "1";
        state = call.value;
        break;
      case Call::Kind::del:
        expected = state == "nil" ? "0" : "1";
        state = "nil";
        break;
      case Call::Kind::compare_and_set:
        expected = state == call.expected ? "1" : "0";
        if (state == call.expected) state = call.value;
        break;
    }
    return answer == nullptr || *answer == expected;
  }
  [[nodiscard]] static std::string describe(const Call& call, const Answer* answer) {
    constexpr std::string_view names[] = {"get ", "set ", "del ", "cas "};
    std::string text = std::string(names[static_cast<std::size_t>(call.kind)]) + call.key;
    if (!call.expected.empty()) text += " " + call.expected;
    if (!call.value.empty()) text += " " + call.value;
    return answer == nullptr ? text : text + " = " + *answer;
  }
};
using Kind = Texts::Call::Kind;

class RecordedClient {
 public:
  RecordedClient(Client& client, History<Texts>& history) : client_(client), history_(history) {}
  std::string get(const std::string& key) {
    return history_.record({Kind::get, key}, [&] { return client_.get(key).value_or("nil"); });
  }
  void set(const std::string& key, const std::string& value) {
    history_.record({Kind::set, key, value}, [&] { return flag(client_.set(key, value)); });
  }
  void del(const std::string& key) {
    history_.record({Kind::del, key}, [&] { return flag(client_.del(key)); });
  }
  void compare_and_set(const std::string& key, const std::string& expected, const std::string& value) {
    history_.record({Kind::compare_and_set, key, value, expected},
                    [&] { return flag(client_.compare_and_set(key, expected, value)); });
  }

 private:
  static std::string flag(bool value) { return value ? "1" : "0"; }
  Client& client_;
  History<Texts>& history_;
};

/// Two clients beside one another, then a look at what is left.
sim::Verdict explore_clients(const FaultPolicy& policy) {
  return sim::explore([policy](sim::World& world) {
    Store store;
    History<Texts> history;
    const auto task = [&](auto body) {
      return [&, body] {
        UnreliableClient client(store, policy);
        RecordedClient recorded(client, history);
        try {
          body(recorded);
        } catch (const CallError&) {  // it gives up
        }
      };
    };
    world.task("writer", task([](RecordedClient& kv) {
                 kv.set("x", "a");
                 kv.del("y");
               }));
    world.task("changer", task([](RecordedClient& kv) {
                 kv.compare_and_set("x", "a", "b");
                 kv.set("y", "c");
                 kv.get("x");
               }));
    world.run();
    StoreClient reliable(store);
    RecordedClient last(reliable, history);
    last.get("x");
    last.get("y");
    history.check("linearizable");
  });
}

TEST(LinearizableClient, TheStoreIsLinearizable) {
  const sim::Verdict verdict = explore_clients({});
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(LinearizableClient, WhatGoesUnansweredMayHaveBeenPerformedThenOrLaterOrNever) {
  const sim::Verdict verdict = explore_clients({.refuses = true, .times_out = true, .applies_late = true});
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(LinearizableClient, AClientThatTriesAgainAfterALostAnswerIsNot) {
  const sim::Verdict verdict = sim::explore([](sim::World& world) {
    Store store;
    History<Texts> history;
    world.task("deleter", [&] {
      UnreliableClient kv(store, {.times_out = true});
      history.record({Kind::del, "x"}, [&]() -> std::string {
        for (;;) {
          try {
            return kv.del("x") ? "1" : "0";
          } catch (const CallError&) {  // tries again, as many libraries do
          }
        }
      });
    });
    StoreClient setup(store);
    RecordedClient(setup, history).set("x", "a");
    world.run();
    history.check("linearizable");
  });
  ASSERT_TRUE(verdict.violates("linearizable"));
  EXPECT_THAT(sim::replay(*verdict.program, verdict.failure->schedule, verdict.options).failure->message,
              ::testing::HasSubstr("del x = 0 ┤!"));
}

/// A lease: free, or its holder.
struct LeaseSpecification {
  struct Call {
    enum class Kind : std::uint8_t { acquire, release, expire };
    Kind kind = Kind::acquire;
    std::string holder = {};
  };
  using Answer = bool;
  using State = std::string;
  [[nodiscard]] static State initial() { return ""; }
  [[nodiscard]] static std::string partition(const Call&) { return "lease"; }
  [[nodiscard]] static bool step(State& state, const Call& call, const Answer* answer) {
    const bool applies = call.kind == Call::Kind::acquire ? state.empty() : state == call.holder;
    if (applies) state = call.kind == Call::Kind::acquire ? call.holder : "";
    return answer == nullptr || *answer == applies;
  }
  [[nodiscard]] static std::string describe(const Call& call, const Answer* answer) {
    constexpr std::string_view names[] = {"acquire ", "release ", "expire "};
    const std::string text = std::string(names[static_cast<std::size_t>(call.kind)]) + call.holder;
    return answer == nullptr ? text : text + (*answer ? " = done" : " = refused");
  }
};

enum class Acquire : std::uint8_t { set_if_absent, look_then_set };

sim::Verdict explore_lease(Acquire how) {
  sim::ExploreOptions options;
  options.execution.time = sim::TimeMode::any_time;
  options.execution.slack = 2;
  return sim::explore(
      [how](sim::World& world) {
        using Call = LeaseSpecification::Call;
        Store store;
        History<LeaseSpecification> history;
        store.observe([&](const Change& change) {
          if (change.expired) history.record({Call::Kind::expire, std::string(*change.before)}, [] { return true; });
        });
        for (const char* me : {"a", "b"})
          world.task(me, [&, me] {
            StoreClient kv(store);
            history.record({Call::Kind::acquire, me}, [&] {
              if (how == Acquire::set_if_absent) return kv.set("lease", me, {.condition = SetIf::absent, .ttl = 10ms});
              return !kv.exists("lease") && kv.set("lease", me, {.ttl = 10ms});
            });
            history.record({Call::Kind::release, me}, [&] { return kv.compare_and_delete("lease", me); });
          });
        world.run();
        history.check("linearizable");
      },
      options);
}

TEST(LinearizableLease, TakenByOneCommandItIs) {
  const sim::Verdict verdict = explore_lease(Acquire::set_if_absent);
  EXPECT_TRUE(verdict.exhausted()) << evidence_line(verdict);
}

TEST(LinearizableLease, TakenByTwoCommandsItIsNot) {
  EXPECT_TRUE(explore_lease(Acquire::look_then_set).violates("linearizable"));
}

}  // namespace
}  // namespace heddle::kv

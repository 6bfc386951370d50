// Commands whose footprints do not conflict commute: with each other, with TTLs that run out, with transactions and
// watched keys, and over connections that fail.
#include "tests/support/commute_fuzz.hpp"

#include <memory>

#include "models/kv/lease_oracle.hpp"
#include "models/kv/unreliable_client.hpp"
#include "tests/models/kv/step.hpp"

namespace heddle::kv {
namespace {

using heddle::testing::Actor;
using heddle::testing::expect_commutes;
template <class Object>
using Operations = std::vector<heddle::testing::Operation<Object>>;

constexpr std::size_t most_actors = 4;

/// A store in which "a" expires, "b" does not, and "ab" is absent; a connection for each actor.
struct StoreObject {
  explicit StoreObject(sim::World&) : StoreObject(FaultPolicy{}) {}
  explicit StoreObject(const FaultPolicy& faults) {
    StoreClient setup(store);
    setup.set("a", "1", {.ttl = Milliseconds(2)});
    setup.set("b", "1");
    for (std::size_t i = 0; i < most_actors; ++i) {
      clients.push_back(
          std::make_unique<UnreliableClient>(store, faults, sim::Name("connection", static_cast<int>(i))));
    }
  }
  /// Every key that there may be, with its value, its deadline, and how often it has changed.
  [[nodiscard]] std::string state() const {
    std::string text;
    for (const std::string_view key : {"a", "ab", "b", "n"}) {
      const Store::Entry& entry = store.entry_of(key);
      text += fmt::format("{}={}@{}#{} ", key, entry.present ? entry.value() : "-", entry.expires ? entry.deadline : -1,
                          entry.version);
    }
    return text;
  }
  static void call(StoreObject& object, Actor& actor, const Step& step) {
    try {
      actor.saw(perform(*object.clients[actor.number()], step));
    } catch (const CallError& error) {
      actor.saw(error.what());
    }
  }
  static void send(StoreObject& object, Actor& actor, std::initializer_list<std::string_view> words) {
    try {
      actor.saw(to_string(object.clients[actor.number()]->execute(words)));
    } catch (const CallError& error) {
      actor.saw(error.what());
    }
  }
  template <class Object = StoreObject>
  static Operations<Object> commands() {
    Operations<Object> all;
    for (const Verb verb : store_verbs) {
      for (std::size_t key = 0; key < key_names.size(); ++key) {
        for (const bool varied : {false, true}) {
          Step step;
          step.verb = verb;
          step.key = key;
          step.other_key = (key + 1) % key_names.size();
          step.value = varied ? 1 : 0;
          step.ttl_ms = varied ? 3 : 0;
          step.condition = varied ? SetIf::absent : SetIf::always;
          step.expire_if.has_ttl = varied;
          step.in_transaction = varied && key == 1;
          all.push_back({fmt::format("{} {}{}", to_string(verb), key_names[key], varied ? "'" : ""),
                         [step](Object& o, Actor& a) { call(o, a, step); }});
        }
      }
    }
    return all;
  }
  static Operations<StoreObject> operations() { return commands(); }

  mutable Store store;
  std::vector<std::unique_ptr<UnreliableClient>> clients;
};

/// Mostly what makes, spoils and ends transactions.
struct TransactionObject : StoreObject {
  using StoreObject::StoreObject;
  static Operations<TransactionObject> operations() {
    using Words = std::vector<std::string_view>;
    Operations<TransactionObject> all;
    for (const Words& words :
         {Words{"WATCH", "a"}, Words{"WATCH", "ab", "b"}, Words{"UNWATCH"}, Words{"MULTI"}, Words{"MULTI"},
          Words{"EXEC"}, Words{"EXEC"}, Words{"DISCARD"}, Words{"SET", "a", "x"}, Words{"SET", "ab", "x", "PX", "1"},
          Words{"GET", "a"}, Words{"INCR", "b"}, Words{"DEL", "a", "b"}, Words{"PEXPIRE", "b", "2"}, Words{"NONSENSE"},
          Words{"KEYS", "*"}, Words{"PTTL", "a"}, Words{"MSETNX", "ab", "1", "n", "2"}, Words{"RENAME", "a", "b"}}) {
      all.push_back(
          {fmt::format("{}", words.front()), [words](TransactionObject& o, Actor& a) {
             a.saw(to_string(o.clients[a.number()]->execute(Arguments(words), std::source_location::current())));
           }});
    }
    return all;
  }
};

/// Connections that refuse, go unanswered, and perform late.
struct UnreliableObject : StoreObject {
  explicit UnreliableObject(sim::World&)
      : StoreObject(FaultPolicy{.refuses = true, .times_out = true, .applies_late = true, .latency = Milliseconds(1)}) {
  }
  static Operations<UnreliableObject> operations() { return commands<UnreliableObject>(); }
};

TEST(Commute, Commands) {
  expect_commutes<StoreObject>({.programs = 1500});
}
TEST(Commute, CommandsWhileTimeStandsStill) {
  expect_commutes<StoreObject>({.seed = 2, .programs = 500, .execution = {.step_limit = 400}});
}
TEST(Commute, Transactions) {
  expect_commutes<TransactionObject>({.programs = 1000, .longest = 8});
}
TEST(Commute, UnreliableConnections) {
  expect_commutes<UnreliableObject>();
}

/// Leases, as an oracle judges them: what it remembers is part of the footprints, too.
struct LeaseObject {
  explicit LeaseObject(sim::World&) {
    for (std::size_t i = 0; i < most_actors; ++i) clients.push_back(std::make_unique<StoreClient>(store));
  }
  [[nodiscard]] std::string state() const {
    std::string text;
    for (const std::string_view key : {"lease:1", "lease:2"}) {
      const Store::Entry& entry = store.entry_of(key);
      text += fmt::format("{} ", entry.present ? entry.value() : "-");
    }
    return text;
  }
  static Operations<LeaseObject> operations() {
    Operations<LeaseObject> all;
    for (const std::string_view key : {"lease:1", "lease:2"}) {
      all.push_back({fmt::format("take {}", key), [key](LeaseObject& o, Actor& a) {
                       const SetOptions how{.condition = SetIf::absent, .ttl = Milliseconds(2)};
                       a.saw(o.clients[a.number()]->set(key, a.name(), how) ? 1 : 0);
                     }});
      all.push_back({fmt::format("act under {}", key), [key](LeaseObject& o, Actor& a) {
                       sim::yield("begins");
                       const auto acting = o.leases.act(key, a.name());
                       sim::yield("acts");
                     }});
      all.push_back({fmt::format("give back {}", key), [key](LeaseObject& o, Actor& a) {
                       a.saw(o.clients[a.number()]->compare_and_delete(key, a.name()) ? 1 : 0);
                     }});
    }
    return all;
  }
  mutable Store store;
  LeaseOracle leases{store, "lease:*"};
  std::vector<std::unique_ptr<StoreClient>> clients;
};

TEST(Commute, Leases) {
  expect_commutes<LeaseObject>({.programs = 1000});
}

}  // namespace
}  // namespace heddle::kv

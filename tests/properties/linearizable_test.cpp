// The checker against one that tries every permutation, on random small histories; its verdicts on known ones; and what
// it draws.
#include "properties/linearizable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "properties/history.hpp"
#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/rng.hpp"
#include "sim/sync/atomic.hpp"

namespace heddle::properties {
namespace {

/// Registers that can be read, written and compared-and-set; each begins with 0.
struct Registers {
  struct Call {
    enum class Kind : std::uint8_t { read, write, compare_and_set };
    Kind kind = Kind::read;
    std::string name = "x";
    int value = 0;
    int expected = 0;
  };
  using Answer = int;  ///< the value read; 1 or 0 of a compare-and-set
  using State = int;

  [[nodiscard]] static State initial() { return 0; }
  [[nodiscard]] static std::string partition(const Call& call) { return call.name; }
  [[nodiscard]] static bool step(State& state, const Call& call, const Answer* answer) {
    switch (call.kind) {
      case Call::Kind::read:
        return answer == nullptr || *answer == state;
      case Call::Kind::write:
        state = call.value;
        return true;
      case Call::Kind::compare_and_set: {
        const bool applies = state == call.expected;
        if (applies) state = call.value;
        return answer == nullptr || (*answer == 1) == applies;
      }
    }
    return false;
  }
  [[nodiscard]] static std::string describe(const Call& call, const Answer* answer) {
    const std::string result = answer == nullptr ? "" : " = " + std::to_string(*answer);
    switch (call.kind) {
      case Call::Kind::read:
        return "read " + call.name + result;
      case Call::Kind::write:
        return "write " + call.name + " " + std::to_string(call.value);
      case Call::Kind::compare_and_set:
        break;
    }
    return "cas " + call.name + " " + std::to_string(call.expected) + " " + std::to_string(call.value) + result;
  }
};
using Kind = Registers::Call::Kind;
using Step = Operation<Registers::Call, int>;
using Steps = std::vector<Step>;

Steps random_history(sim::Rng& rng) {
  Steps history;
  const std::uint32_t operations = 1 + rng.below(6);
  std::vector<std::uint64_t> times(2 * operations);
  std::iota(times.begin(), times.end(), 1);
  for (std::size_t i = times.size(); i > 1; --i)
    std::swap(times[i - 1], times[rng.below(static_cast<std::uint32_t>(i))]);
  for (std::uint32_t i = 0; i < operations; ++i) {
    Step step;
    step.client = "client-" + std::to_string(i);
    step.call = {static_cast<Kind>(rng.below(3)), rng.below(4) == 0 ? "y" : "x", static_cast<int>(rng.below(3)),
                 static_cast<int>(rng.below(2))};
    step.invoked = std::min(times[2 * i], times[2 * i + 1]);
    if (rng.below(6) > 0) {
      step.answered = std::max(times[2 * i], times[2 * i + 1]);
      step.answer =
          step.call.kind == Kind::write ? 0 : static_cast<int>(rng.below(step.call.kind == Kind::read ? 3 : 2));
    }
    history.push_back(step);
  }
  return history;
}

/// Whether performing the operations in this order, from `begin` on, explains their answers and respects time.
bool explains(const Steps& history, const std::vector<std::size_t>& order) {
  std::map<std::string, int> states;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Step& step = history[order[i]];
    for (std::size_t k = i + 1; k < order.size(); ++k)
      if (history[order[k]].answered < step.invoked) return false;
    if (!Registers::step(states[step.call.name], step.call, step.answer ? &*step.answer : nullptr)) return false;
  }
  return true;
}

/// Tries every subset of the unanswered operations, in every order.
bool is_linearizable_by_brute_force(const Steps& history) {
  std::vector<std::size_t> answered;
  std::vector<std::size_t> unanswered;
  for (std::size_t i = 0; i < history.size(); ++i) (history[i].answer ? answered : unanswered).push_back(i);
  for (std::size_t subset = 0; subset < (std::size_t{1} << unanswered.size()); ++subset) {
    std::vector<std::size_t> order = answered;
    for (std::size_t i = 0; i < unanswered.size(); ++i)
      if ((subset >> i & 1U) != 0) order.push_back(unanswered[i]);
    std::ranges::sort(order);
    do {
      if (explains(history, order)) return true;
    } while (std::ranges::next_permutation(order).found);
  }
  return false;
}

TEST(Linearizable, AgreesWithBruteForceOnRandomHistories) {
  constexpr std::uint64_t seed = 20261121;
  constexpr int histories = 5000;
  int illegal = 0;
  for (int i = 0; i < histories; ++i) {
    sim::Rng rng(seed, static_cast<std::uint64_t>(i));
    const Steps history = random_history(rng);
    const bool expected = is_linearizable_by_brute_force(history);
    const LinearizabilityResult result = check_linearizable(Registers{}, history);
    ASSERT_EQ(result.outcome, expected ? Linearizability::ok : Linearizability::illegal)
        << "history " << i << " of seed " << seed;
    illegal += expected ? 0 : 1;
  }
  EXPECT_GT(illegal, histories / 10);
  EXPECT_LT(illegal, histories * 9 / 10);
}

Step step(std::string client, Registers::Call call, std::optional<int> answer, std::uint64_t from, std::uint64_t to) {
  return {std::move(client), std::move(call), answer, from, to};
}

TEST(Linearizable, AStaleReadIsIllegalAndIsMarked) {
  const Steps history = {step("a", {Kind::write, "x", 1}, 0, 1, 2), step("b", {Kind::read, "x"}, 0, 3, 4),
                         step("b", {Kind::read, "y"}, 0, 5, 6)};
  const LinearizabilityResult result = check_linearizable(Registers{}, history);
  EXPECT_EQ(result.outcome, Linearizability::illegal);
  EXPECT_EQ(result.partition, "x");
  EXPECT_THAT(result.longest, ::testing::ElementsAre(0));
}

TEST(Linearizable, AnUnansweredWriteMayCountOrNot) {
  const Step lost = step("a", {Kind::write, "x", 1}, std::nullopt, 1, Step::never);
  EXPECT_EQ(check_linearizable(Registers{}, {lost, step("b", {Kind::read}, 0, 2, 3)}).outcome, Linearizability::ok);
  EXPECT_EQ(check_linearizable(Registers{}, {lost, step("b", {Kind::read}, 1, 2, 3)}).outcome, Linearizability::ok);
  EXPECT_EQ(check_linearizable(Registers{}, {lost, step("b", {Kind::read}, 1, 2, 3), step("b", {Kind::read}, 0, 4, 5)})
                .outcome,
            Linearizability::illegal);
}

TEST(Linearizable, BeyondTheBoundItIsUnknown) {
  Steps history;
  for (int i = 0; i < 10; ++i) history.push_back(step("c" + std::to_string(i), {Kind::write, "x", i}, 0, 1, 100));
  history.push_back(step("r", {Kind::read}, 77, 101, 102));
  const LinearizabilityResult result = check_linearizable(Registers{}, history, {.max_configurations = 100});
  EXPECT_EQ(result.outcome, Linearizability::unknown);
  EXPECT_EQ(check_linearizable(Registers{}, history).outcome, Linearizability::illegal);
}

TEST(History, IsDrawnInLanes) {
  EXPECT_EQ(draw_history({{"writer", "write x 1", 1, 3},
                          {"reader", "read x = 1", 2, 5},
                          {"reader", "read x = 0", 6, 7, true},
                          {"other", "write x 2", 4, Step::never}}),
            "writer │ ├ write x 1 ┤\n"
            "reader │  ├ read x = 1 ┤ ├ read x = 0 ┤!\n"
            " other │               ├ write x 2 ┄┄┄┄┄┄\n");
}

/// Two readers of a register that is written in between; a broken one remembers what it read first.
sim::Verdict explore_readers(bool remembers) {
  return sim::explore([remembers](sim::World& world) {
    sim::Atomic<int> x(0, "x");
    History<Registers> history;
    world.task("writer", [&] {
      history.record({Kind::write, "x", 1}, [&] {
        x.store(1);
        return 0;
      });
    });
    world.task("reader", [&] {
      int first = -1;
      for (int i = 0; i < 2; ++i)
        history.record({Kind::read, "x"}, [&] {
          if (!remembers || first < 0) first = x.load();
          sim::yield();
          return first;
        });
    });
    world.run();
    history.check("linearizable");
  });
}

TEST(History, AnAtomicIsLinearizable) {
  EXPECT_TRUE(explore_readers(false).exhausted());
}

TEST(History, ACacheThatIsNeverInvalidatedIsNot) {
  const sim::Verdict verdict = explore_readers(true);
  ASSERT_TRUE(verdict.violates("linearizable"));
  const std::string message =
      sim::replay(*verdict.program, verdict.failure->schedule, verdict.options).failure->message;
  EXPECT_THAT(message, ::testing::HasSubstr("no order of the operations on x explains their answers\n"));
  EXPECT_THAT(message, ::testing::HasSubstr("read x = 0 ┤!"));
}

}  // namespace
}  // namespace heddle::properties

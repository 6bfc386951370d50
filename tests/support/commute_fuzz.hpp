// The law that partial-order reduction lives on, tested for one kind of object: two steps of different tasks that stand
// next to each other, and whose footprints do not conflict, may change places. `commute_fuzz<Object>` makes random
// programs of the object's operations, brings them into a random state, swaps such a pair, and expects that
//   - both steps are enabled in the other order, too, and have the same footprints;
//   - afterwards the object is in the same state and the same tasks are enabled, and so on after every later step of
//     the same schedule;
//   - every operation has the same result, the end is the same, and the trace has the same hash.
//
//     struct MutexObject {
//       explicit MutexObject(sim::World&) {}
//       [[nodiscard]] std::string state() const;                       // what there is to see, without a step
//       static std::vector<testing::Operation<MutexObject>> operations();
//     };
//     TEST(Commute, Mutex) { testing::expect_commutes<MutexObject>({}); }
//
// HEDDLE_COMMUTE_SEED and HEDDLE_COMMUTE_PROGRAMS choose other programs, and more of them. What is found is printed
// with its seed and the number of its program.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::testing {

/// Who performs operations, and what he saw.
class Actor {
 public:
  explicit Actor(std::size_t number) : number_(number) {}
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  [[nodiscard]] std::string name() const { return std::string(1, static_cast<char>('A' + number_)); }
  void saw(std::string_view result) { seen_ += fmt::format("{},", result); }
  void saw(std::int64_t result) { saw(std::to_string(result)); }
  [[nodiscard]] const std::string& seen() const noexcept { return seen_; }

 private:
  std::size_t number_;
  std::string seen_;
};

template <class Object>
struct Operation {
  std::string name;
  std::function<void(Object&, Actor&)> perform;
};

struct CommuteOptions {
  std::uint64_t seed = 1;
  std::uint64_t programs = 400;
  std::uint32_t swaps = 12;  ///< at most so many in each program
  std::uint32_t tasks = 3;
  std::uint32_t longest = 4;  ///< operations of a task
  sim::ExecutionOptions execution = {.step_limit = 400, .time = sim::TimeMode::any_time};
};

struct CommuteReport {
  std::uint64_t swaps = 0;
  std::string counterexample;  ///< empty: none
};

namespace detail {

struct Touch {
  std::uint64_t object = 0;
  sim::Access access = sim::Access::read;
  friend auto operator<=>(const Touch&, const Touch&) = default;
};

/// A step, told by keys: those are the same in every order.
struct SeenStep {
  std::uint64_t task = 0;
  std::uint64_t joined = 0;
  bool is_clock = false;
  bool is_background = false;
  bool was_born_before = true;  ///< its task existed before the step that precedes it
  std::string_view op;
  std::vector<Touch> touches;                ///< sorted
  std::string footprint;                     ///< the same for people
  std::vector<std::uint64_t> enabled_after;  ///< sorted
  std::string state_after;
};

inline bool conflict(const SeenStep& a, const SeenStep& b) {
  if (a.task == b.task || b.joined == a.task || !b.was_born_before) return true;
  return std::ranges::any_of(a.touches, [&](const Touch& left) {
    return std::ranges::any_of(b.touches, [&](const Touch& right) {
      return left.object == right.object && sim::conflicts(left.access, right.access);
    });
  });
}

/// Follows `order` (tasks by key), or, where there is none, walks at random. Alternatives depend on the task and on how
/// many it has had, not on the order of tasks.
class OrderedWalk final : public sim::Strategy {
 public:
  OrderedWalk(std::uint64_t seed, std::vector<std::uint64_t> order, std::function<std::string()> state)
      : seed_(seed), rng_(seed, 0), order_(std::move(order)), state_(std::move(state)) {}

  [[nodiscard]] std::string name() const override { return "ordered walk"; }
  bool begin_execution(std::uint64_t) override { return true; }
  [[nodiscard]] bool observes_steps() const override { return true; }
  sim::TaskId next_task(const sim::Execution& execution) override {
    look(execution);
    if (steps_.empty()) born_before_last_ = born_ = execution.task_count();
    if (order_.empty()) return execution.enabled().nth(rng_.below(execution.enabled().size()));
    sim::TaskId next = sim::clock_task;
    bool found = false;
    execution.enabled().for_each([&](sim::TaskId id) {
      if (steps_.size() < order_.size() && execution.task(id).key == order_[steps_.size()]) {
        next = id;
        found = true;
      }
    });
    if (found) return next;
    if (diverged_at_ == none) diverged_at_ = steps_.size();
    return execution.enabled().nth(0);
  }
  std::uint32_t next_choice(const sim::Execution& execution, std::uint32_t alternatives) override {
    const std::uint64_t task = execution.task(execution.running()).key;
    return sim::Rng(sim::mix(seed_, task), choices_[task]++).below(alternatives);
  }
  void on_step(const sim::Execution& execution, const Step& step) override {
    look(execution);
    SeenStep seen;
    const sim::Task& task = execution.task(step.task);
    seen.task = task.key;
    seen.is_clock = step.task == sim::clock_task;
    seen.is_background = task.background;
    seen.joined = step.joined == 0 ? 0 : execution.task(step.joined).key;
    seen.was_born_before = step.task < born_before_last_;
    born_before_last_ = born_;
    born_ = execution.task_count();
    if (task.pending.op != nullptr) seen.op = task.pending.op->name;
    for (const sim::AccessRecord& touched : step.footprint) {
      constexpr std::array<std::string_view, sim::access_classes> access_names = {"read", "commute", "write"};
      seen.touches.push_back({execution.object_key(touched.object), touched.access});
      seen.footprint +=
          fmt::format("{}{} {}", seen.footprint.empty() ? "" : ", ",
                      access_names[static_cast<std::size_t>(touched.access)], execution.object_text(touched.object));
    }
    std::ranges::sort(seen.touches);
    steps_.push_back(std::move(seen));
    is_looked_at_ = false;
  }
  void on_tasks_ended(const sim::Execution& execution) override { look(execution); }

  static constexpr std::size_t none = ~std::size_t{0};
  [[nodiscard]] const std::vector<SeenStep>& steps() const noexcept { return steps_; }
  /// The step at which the order could not be followed: its task was not enabled.
  [[nodiscard]] std::size_t diverged_at() const noexcept { return diverged_at_; }

 private:
  /// What there is to see between two steps.
  void look(const sim::Execution& execution) {
    if (is_looked_at_ || steps_.empty()) return;
    is_looked_at_ = true;
    SeenStep& last = steps_.back();
    execution.enabled().for_each([&](sim::TaskId id) { last.enabled_after.push_back(execution.task(id).key); });
    std::ranges::sort(last.enabled_after);
    if (state_) last.state_after = state_();
  }

  std::uint64_t seed_;
  sim::Rng rng_;
  std::vector<std::uint64_t> order_;
  std::function<std::string()> state_;
  std::vector<SeenStep> steps_;
  std::map<std::uint64_t, std::uint64_t> choices_;
  sim::TaskId born_ = 0;              // how many tasks there are
  sim::TaskId born_before_last_ = 0;  // how many there were before the latest step
  bool is_looked_at_ = true;
  std::size_t diverged_at_ = none;
};

/// What one execution shows.
struct Shown {
  std::vector<SeenStep> steps;
  std::size_t diverged_at = OrderedWalk::none;
  bool was_ended = false;  ///< by the last step
  std::string results;
  std::uint64_t trace = 0;
};

template <class Object>
using Draft = std::vector<std::vector<Operation<Object>>>;

template <class Object>
Shown show(sim::Execution& execution, const Draft<Object>& draft, std::uint64_t seed,
           std::vector<std::uint64_t> order) {
  std::vector<Actor> actors;
  for (std::size_t i = 0; i < draft.size(); ++i) actors.emplace_back(i);
  const Object* looked_at = nullptr;
  OrderedWalk walk(seed, std::move(order), [&] { return looked_at == nullptr ? std::string() : looked_at->state(); });
  const sim::Program program = [&](sim::World& world) {
    Object object(world);
    looked_at = &object;
    struct Forget {
      const Object*& object;
      ~Forget() { object = nullptr; }
    } forget{looked_at};
    for (std::size_t i = 0; i < draft.size(); ++i) {
      const auto body = [&, i] {
        for (const Operation<Object>& operation : draft[i]) operation.perform(object, actors[i]);
      };
      if constexpr (requires { object.add_task(world, actors[i], body); }) {
        object.add_task(world, actors[i], body);
      } else {
        world.task(sim::Name("task", static_cast<int>(i)), body);
      }
    }
    world.run();
  };
  const sim::ExecutionResult& result = execution.run(program, walk);
  using enum sim::FailureKind;
  const bool was_ended = result.failure == property || result.failure == exception || result.failure == misuse;
  Shown shown{walk.steps(), walk.diverged_at(), was_ended, {}, result.trace_hash};
  for (const Actor& actor : actors) shown.results += actor.name() + ":" + actor.seen() + " ";
  shown.results += fmt::format("failure {} {}", static_cast<int>(result.failure), result.property);
  return shown;
}

/// Empty, or what `swapped` shows differently from `first`, of which the steps `at` and `at + 1` changed places.
inline std::string difference(const Shown& first, const Shown& swapped, std::size_t at) {
  if (swapped.diverged_at != OrderedWalk::none)
    return fmt::format("step {} ('{}') is not enabled in the other order", swapped.diverged_at,
                       swapped.diverged_at == at       ? first.steps[at + 1].op
                       : swapped.diverged_at == at + 1 ? first.steps[at].op
                                                       : first.steps[swapped.diverged_at].op);
  if (first.steps.size() != swapped.steps.size())
    return fmt::format("{} steps, and {} in the other order", first.steps.size(), swapped.steps.size());
  for (std::size_t i = at; i < first.steps.size(); ++i) {
    const std::size_t there = i == at ? at + 1 : i == at + 1 ? at : i;
    if (first.steps[i].touches != swapped.steps[there].touches)
      return fmt::format("step {} ('{}') has another footprint ({})", i, first.steps[i].op,
                         swapped.steps[there].footprint);
    if (i == at) continue;  // between the two
    if (first.steps[i].state_after != swapped.steps[i].state_after)
      return fmt::format("after step {} the state is '{}', and '{}' in the other order", i, first.steps[i].state_after,
                         swapped.steps[i].state_after);
    if (first.steps[i].enabled_after != swapped.steps[i].enabled_after)
      return fmt::format("after step {} ('{}') other tasks are enabled", i, first.steps[i].op);
  }
  if (first.results != swapped.results)
    return fmt::format("the results are '{}', and '{}' in the other order", first.results, swapped.results);
  return first.trace == swapped.trace ? "" : "the traces have different hashes";
}

/// Pairs of neighbours that may change places; not with a last one that ends the execution before the other could run,
/// which nobody waits for.
inline std::vector<std::size_t> independent_pairs(const Shown& shown, bool with_clock) {
  const std::vector<SeenStep>& steps = shown.steps;
  std::vector<std::size_t> pairs;
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const bool has_clock = steps[i].is_clock || steps[i + 1].is_clock;
    const bool ends = i + 2 == steps.size() && (shown.was_ended || steps[i].is_background || steps[i].is_clock);
    if (!ends && (with_clock || !has_clock) && !conflict(steps[i], steps[i + 1])) pairs.push_back(i);
  }
  return pairs;
}

inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace detail

template <class Object>
CommuteReport commute_fuzz(const CommuteOptions& options) {
  const std::vector<Operation<Object>> operations = Object::operations();
  const bool with_clock = options.execution.time == sim::TimeMode::any_time;
  CommuteReport report;
  sim::Execution execution(options.execution);
  for (std::uint64_t number = 0; number < options.programs && report.counterexample.empty(); ++number) {
    sim::Rng rng(options.seed, number);
    detail::Draft<Object> draft(2 + rng.below(options.tasks - 1));
    std::string text;
    for (auto& task : draft) {
      text += "\n ";
      for (std::uint32_t k = 1 + rng.below(options.longest); k > 0; --k) {
        task.push_back(operations[rng.below(static_cast<std::uint32_t>(operations.size()))]);
        text += " " + task.back().name + ";";
      }
    }
    const std::uint64_t walk_seed = rng.bits64();
    const detail::Shown first = detail::show<Object>(execution, draft, walk_seed, {});
    std::vector<std::size_t> pairs = detail::independent_pairs(first, with_clock);
    for (std::uint32_t swap = 0; swap < options.swaps && !pairs.empty() && report.counterexample.empty(); ++swap) {
      const auto chosen = pairs.begin() + rng.below(static_cast<std::uint32_t>(pairs.size()));
      const std::size_t at = *chosen;
      pairs.erase(chosen);
      std::vector<std::uint64_t> order;
      for (const detail::SeenStep& step : first.steps) order.push_back(step.task);
      std::swap(order[at], order[at + 1]);
      const detail::Shown swapped = detail::show<Object>(execution, draft, walk_seed, order);
      ++report.swaps;
      const std::string what = detail::difference(first, swapped, at);
      if (!what.empty())
        report.counterexample = fmt::format(
            "HEDDLE_COMMUTE_SEED={}, program {}: steps {} ('{}': {}) and {} ('{}': {}) have footprints that do not "
            "conflict, but do not commute: {}. The tasks:{}",
            options.seed, number, at, first.steps[at].op, first.steps[at].footprint, at + 1, first.steps[at + 1].op,
            first.steps[at + 1].footprint, what, text);
    }
  }
  return report;
}

/// Expects no counterexample, and that enough pairs were found for that to mean something.
template <class Object>
void expect_commutes(CommuteOptions options = {}) {
  options.seed = detail::from_environment("HEDDLE_COMMUTE_SEED", options.seed);
  options.programs = detail::from_environment("HEDDLE_COMMUTE_PROGRAMS", options.programs);
  const CommuteReport report = commute_fuzz<Object>(options);
  EXPECT_EQ(report.counterexample, "");
  EXPECT_TRUE(!report.counterexample.empty() || report.swaps >= options.programs / 4) << report.swaps << " swaps";
  ::testing::Test::RecordProperty("swaps", std::to_string(report.swaps));
}

}  // namespace heddle::testing

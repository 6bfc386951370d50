// Linearizability (Herlihy and Wing, TOPLAS 1990): is there one order of all operations that agrees with a sequential
// specification, and in which no operation comes before one that had been answered when it was invoked?
//
// The search is Wing and Gong's (JPDC 1993) with Lowe's memory of configurations (Concurrency and Computation 2017):
// from a set of operations already ordered and the state they lead to, each operation that nobody else must precede is
// tried, and no configuration is entered twice. Operations on different partitions (keys) do not constrain one another,
// so that each partition is searched on its own (locality).
//
// An operation that was never answered may have taken effect at any time after it was invoked, or never.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace heddle::properties {

/// One operation: who called what, what it was answered, and when. Times are any numbers that rise.
template <class Call, class Answer>
struct Operation {
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  std::string client;
  Call call;
  std::optional<Answer> answer = {};
  std::uint64_t invoked = 0;
  std::uint64_t answered = never;
};

/// What operations mean when they come one after the other.
template <class S>
concept SequentialSpecification = requires(const S& specification, typename S::State& state,
                                           const typename S::Call& call, const typename S::Answer* answer) {
  requires std::totally_ordered<typename S::State>;
  /// The state of a partition before its first operation.
  { specification.initial() } -> std::same_as<typename S::State>;
  /// Which partition a call is about: calls on different ones never affect one another.
  { specification.partition(call) } -> std::convertible_to<std::string>;
  /// Performs the call on `state`. Whether `answer` is what it may be answered; null: nobody knows the answer.
  { specification.step(state, call, answer) } -> std::same_as<bool>;
  /// For people: "get x = 1".
  { specification.describe(call, answer) } -> std::convertible_to<std::string>;
};

enum class Linearizability : std::uint8_t {
  ok,
  illegal,
  unknown,  ///< not decided within the bound: never a pass
};

struct LinearizabilityResult {
  Linearizability outcome = Linearizability::ok;
  std::string partition = {};             ///< that is illegal, or was not decided
  std::uint64_t configurations = 0;       ///< entered, over all partitions
  std::vector<std::size_t> longest = {};  ///< of that partition: the most operations (by number) that could be ordered
};

struct LinearizabilityOptions {
  std::uint64_t max_configurations = 1'000'000;  ///< for each partition
};

namespace detail {

/// Which operations of a partition have been ordered.
using Ordered = std::vector<std::uint64_t>;

template <SequentialSpecification Spec>
class PartitionSearch {
 public:
  using History = std::vector<Operation<typename Spec::Call, typename Spec::Answer>>;

  PartitionSearch(const Spec& specification, const History& history, std::vector<std::size_t> members,
                  std::uint64_t bound)
      : specification_(specification), history_(history), members_(std::move(members)), bound_(bound) {
    std::ranges::sort(members_, {}, [&](std::size_t i) { return history_[i].invoked; });
  }

  Linearizability run() {
    stack_.push_back({Ordered(members_.size() / 64 + 1), specification_.initial(), 0, none});
    while (!stack_.empty()) {
      if (is_complete(stack_.back().ordered)) return Linearizability::ok;
      if (!enter_next()) stack_.pop_back();
      if (seen_.size() > bound_) return Linearizability::unknown;
    }
    return Linearizability::illegal;
  }
  [[nodiscard]] std::uint64_t configurations() const { return seen_.size(); }
  [[nodiscard]] const std::vector<std::size_t>& longest() const { return longest_; }

 private:
  using State = typename Spec::State;
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  struct Frame {
    Ordered ordered;
    State state;
    std::size_t next = 0;       // the member to be tried
    std::size_t latest = none;  // the member that led here
  };

  [[nodiscard]] static bool contains(const Ordered& ordered, std::size_t i) {
    return (ordered[i / 64] >> (i % 64) & 1U) != 0;
  }
  [[nodiscard]] bool is_complete(const Ordered& ordered) const {
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (history_[members_[i]].answer && !contains(ordered, i)) return false;
    return true;
  }
  /// Whoever is invoked after this has to come after somebody who is not ordered yet.
  [[nodiscard]] std::uint64_t horizon(const Ordered& ordered) const {
    std::uint64_t earliest = std::numeric_limits<std::uint64_t>::max();
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (!contains(ordered, i)) earliest = std::min(earliest, history_[members_[i]].answered);
    return earliest;
  }

  /// Orders one more operation; false when there is none left to try here.
  bool enter_next() {
    const std::uint64_t latest_start = horizon(stack_.back().ordered);
    while (stack_.back().next < members_.size()) {
      Frame& frame = stack_.back();
      const std::size_t i = frame.next++;
      const auto& operation = history_[members_[i]];
      if (contains(frame.ordered, i) || operation.invoked > latest_start) continue;
      State state = frame.state;
      if (!specification_.step(state, operation.call, operation.answer ? &*operation.answer : nullptr)) continue;
      Ordered ordered = frame.ordered;
      ordered[i / 64] |= std::uint64_t{1} << (i % 64);
      if (!seen_.emplace(ordered, state).second) continue;
      stack_.push_back({std::move(ordered), std::move(state), 0, i});
      remember_longest();
      return true;
    }
    return false;
  }
  void remember_longest() {
    if (stack_.size() - 1 <= longest_.size()) return;
    longest_.clear();
    for (const Frame& frame : stack_)
      if (frame.latest != none) longest_.push_back(members_[frame.latest]);
  }

  const Spec& specification_;
  const History& history_;
  std::vector<std::size_t> members_;
  std::uint64_t bound_;
  std::vector<Frame> stack_;
  std::set<std::pair<Ordered, State>> seen_;
  std::vector<std::size_t> longest_;
};

}  // namespace detail

/// Checks a history partition by partition, until one is illegal.
template <SequentialSpecification Spec>
LinearizabilityResult check_linearizable(
    const Spec& specification, const std::vector<Operation<typename Spec::Call, typename Spec::Answer>>& history,
    const LinearizabilityOptions& options = {}) {
  std::map<std::string, std::vector<std::size_t>> partitions;
  for (std::size_t i = 0; i < history.size(); ++i) partitions[specification.partition(history[i].call)].push_back(i);
  LinearizabilityResult result;
  for (const auto& [name, members] : partitions) {
    detail::PartitionSearch<Spec> search(specification, history, members, options.max_configurations);
    const Linearizability outcome = search.run();
    result.configurations += search.configurations();
    if (outcome == Linearizability::ok) continue;
    const bool is_worse = result.outcome == Linearizability::ok || outcome == Linearizability::illegal;
    if (is_worse) {
      result.outcome = outcome;
      result.partition = name;
      result.longest = search.longest();
    }
    if (outcome == Linearizability::illegal) break;
  }
  return result;
}

}  // namespace heddle::properties

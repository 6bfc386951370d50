// Records what tasks call and are answered in an execution, and checks and draws it:
//
//     properties::History<RegisterSpecification> history("registers");
//     world.task("writer", [&] { history.record({Kind::set, "x", "1"}, [&] { return kv.set("x", "1"); }); });
//     world.run();
//     history.check("linearizable");
//
// That one operation was answered before another was invoked is part of what is checked, so recording makes those two
// steps dependent: an invocation and an answer of one partition conflict, two invocations or two answers do not.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "properties/linearizable.hpp"
#include "sim/core/hash.hpp"
#include "sim/core/world.hpp"

namespace heddle::properties {

/// An operation as it is drawn.
struct DrawnOperation {
  std::string lane;
  std::string text;
  std::uint64_t invoked = 0;
  std::uint64_t answered = 0;  ///< Operation<...>::never: it was not
  bool is_marked = false;      ///< could not be ordered
};

/// A lane per client, time from left to right:
///
///     client-1 │ ├ set x 1 ┤
///     client-2 │             ├ get x = nil ┤!
///
/// `!` marks the operations that could not be ordered; `┄` at the end that there was no answer.
[[nodiscard]] std::string draw_history(const std::vector<DrawnOperation>& operations);

template <SequentialSpecification Spec>
class History {
 public:
  using Call = typename Spec::Call;
  using Answer = typename Spec::Answer;

  explicit History(sim::Name name = "history", Spec specification = {})
      : specification_(std::move(specification)),
        execution_(sim::Execution::current()),
        object_(execution_.add_object("history", name)) {}

  /// The running task invokes `call`. The number is for `answer`.
  std::size_t invoke(Call call) {
    execution_.touch(part_of(call), sim::Access::read);
    operations_.push_back({execution_.running_task().name.str(), std::move(call), std::nullopt, ++time_});
    return operations_.size() - 1;
  }
  void answer(std::size_t operation, Answer answer) {
    execution_.touch(part_of(operations_[operation].call), sim::Access::commute);
    operations_[operation].answer = std::move(answer);
    operations_[operation].answered = ++time_;
  }
  /// Invokes, performs and answers. If `perform` throws, the operation remains unanswered.
  template <class F>
  Answer record(Call call, F&& perform) {
    const std::size_t operation = invoke(std::move(call));
    Answer result = std::forward<F>(perform)();
    if (!execution_.tearing_down()) answer(operation, result);
    return result;
  }
  [[nodiscard]] const std::vector<Operation<Call, Answer>>& operations() const noexcept { return operations_; }

  /// After the run: fails the execution with `property` unless the history is linearizable, and was decided to be.
  void check(std::string_view property, const LinearizabilityOptions& options = {}) const {
    const LinearizabilityResult result = check_linearizable(specification_, operations_, options);
    sim::check(property, result.outcome == Linearizability::ok, [&] { return explain(result); });
  }
  /// A sentence and the drawing of the partition in question.
  [[nodiscard]] std::string explain(const LinearizabilityResult& result) const {
    const std::string partition = result.partition.empty() ? "" : " on " + result.partition;
    const std::string sentence =
        result.outcome == Linearizability::unknown
            ? "whether the operations" + partition + " are linearizable was not decided after " +
                  std::to_string(result.configurations) + " configurations; raise max_configurations"
            : "no order of the operations" + partition + " explains their answers";
    return sentence + "\n" + draw(result);
  }

 private:
  [[nodiscard]] std::string draw(const LinearizabilityResult& result) const {
    std::vector<DrawnOperation> drawn;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      const auto& operation = operations_[i];
      if (std::string(specification_.partition(operation.call)) != result.partition) continue;
      const bool is_ordered = std::ranges::find(result.longest, i) != result.longest.end();
      drawn.push_back({operation.client,
                       specification_.describe(operation.call, operation.answer ? &*operation.answer : nullptr),
                       operation.invoked, operation.answered, operation.answer && !is_ordered});
    }
    return draw_history(drawn);
  }
  sim::ObjectId part_of(const Call& call) {
    const std::string partition = specification_.partition(call);
    const auto known = std::ranges::find(parts_, partition, &Part::name);
    if (known != parts_.end()) return known->object;
    parts_.push_back({partition, execution_.add_part("history", partition, object_, sim::hash_text(partition))});
    return parts_.back().object;
  }

  struct Part {
    std::string name;
    sim::ObjectId object;
  };

  Spec specification_;
  sim::Execution& execution_;
  sim::ObjectId object_;
  std::vector<Part> parts_;
  std::vector<Operation<Call, Answer>> operations_;
  std::uint64_t time_ = 0;
};

}  // namespace heddle::properties

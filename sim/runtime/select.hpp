// `select`: waits for the first of several awaitables and finishes that one; the others are dropped.
//
//     auto first = sim::select(receiver.receiving(), token.cancellation(), sim::sleeping(5s));
//     if (auto* message = std::get_if<0>(&first)) ...     // the position says which; void results are std::monostate
//
// When several are ready, which one is taken is a decision; `select_biased` takes the first. An awaitable passed as an
// lvalue is not dropped and can be selected on again.
#pragma once

#include <array>
#include <tuple>
#include <utility>
#include <variant>

#include "sim/sync/await.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op select{"select", Unwinds::at_once};
}

template <class A>
using Selected = std::conditional_t<std::is_void_v<typename std::remove_cvref_t<A>::Result>, std::monostate,
                                    typename std::remove_cvref_t<A>::Result>;

namespace detail {

template <class... As>
class Select {
 public:
  using Result = std::variant<Selected<As>...>;
  Select(bool biased, As&... branches) : biased_(biased), branches_(branches...) {}

  Result run(std::source_location where) {
    Execution& execution = Execution::current();
    const Task& self = execution.running_task();
    if (queues || self.pool != nullptr) {
      if (!execution.announce(ops::select, Execution::no_object, Access::read, where)) return at_once(execution);
      if (!execution.schedule()) return inert();
      each([&](auto& branch) { branch.start(execution); });
      if (is_ready()) return finish(execution);
      each([&](auto& branch) { branch.observe(execution); });
    }
    const Guard any_ready{[](const void* select) { return static_cast<const Select*>(select)->is_ready(); }, this};
    if (!execution.begin_wait(ops::select, Execution::no_object, Access::read, any_ready, WaitKind::await, where))
      return at_once(execution);
    each([&](auto& branch) {
      if (TaskSet* waiters = branch.waiters()) waiters->insert(self.id);
    });
    if (!execution.schedule()) return inert();
    each([&](auto& branch) {
      if (TaskSet* waiters = branch.waiters()) waiters->erase(self.id);
    });
    if (!is_ready()) each([&](auto& branch) { branch.observe(execution); });
    execution.end_wait();
    return finish(execution);
  }

 private:
  static constexpr bool queues = (As::queues || ...);
  static constexpr std::size_t count = sizeof...(As);

  template <class F>
  void each(F&& f) {
    std::apply([&](auto&... branch) { (f(branch), ...); }, branches_);
  }
  [[nodiscard]] bool is_ready() const {
    return std::apply([](const auto&... branch) { return (branch.is_ready() || ...); }, branches_);
  }
  static Result inert() { return Result(std::in_place_index<0>); }
  Result at_once(Execution& execution) {
    if (execution.tearing_down()) return inert();
    each([&](auto& branch) { branch.start(execution); });
    if (!is_ready()) execution.throw_waits_for_ever(ops::select, Execution::no_object);
    return finish(execution);
  }
  Result finish(Execution& execution) {
    each([&](auto& branch) { branch.observe(execution); });  // what was not ready had a say, too
    std::array<std::size_t, count> ready{};
    std::uint32_t found = 0;
    std::size_t position = 0;
    each([&](const auto& branch) {
      if (branch.is_ready()) ready[found++] = position;
      ++position;
    });
    const std::size_t chosen = ready[biased_ ? 0 : execution.alternative(found)];
    execution.note([&] { return "branch " + std::to_string(chosen); });
    return finish_branch<0>(execution, chosen);
  }
  template <std::size_t I>
  Result finish_branch(Execution& execution, std::size_t chosen) {
    if constexpr (I + 1 < count) {
      if (chosen != I) return finish_branch<I + 1>(execution, chosen);
    }
    auto& branch = std::get<I>(branches_);
    if constexpr (std::is_void_v<typename std::remove_cvref_t<decltype(branch)>::Result>) {
      branch.finish(execution);
      return Result(std::in_place_index<I>);
    } else {
      return Result(std::in_place_index<I>, branch.finish(execution));
    }
  }

  bool biased_;
  std::tuple<As&...> branches_;
};

}  // namespace detail

template <class... As>
  requires(Awaitable<std::remove_cvref_t<As>> && ...)
auto select(As&&... branches) {
  return detail::Select<std::remove_cvref_t<As>...>(false, branches...).run(std::source_location::current());
}

template <class... As>
  requires(Awaitable<std::remove_cvref_t<As>> && ...)
auto select_biased(As&&... branches) {
  return detail::Select<std::remove_cvref_t<As>...>(true, branches...).run(std::source_location::current());
}

}  // namespace heddle::sim

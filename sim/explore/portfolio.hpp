// The random strategies in turn, so that a campaign does not depend on one of them suiting the program: of twenty
// executions, four are random walks, five POS, five SURW, four PCT (of depths 2, 3 and 5 in turn) and two URW. The
// default of `heddle fuzz`.
#pragma once

#include <array>

#include "sim/explore/pct.hpp"
#include "sim/explore/pos.hpp"
#include "sim/explore/random.hpp"
#include "sim/explore/surw.hpp"

namespace heddle::sim {

class Portfolio final : public Strategy {
 public:
  explicit Portfolio(std::uint64_t seed = 0)
      : random_(seed), pos_(seed), surw_(seed), urw_(seed), pct_{Pct(2, seed), Pct(3, seed), Pct(5, seed)} {}

  [[nodiscard]] std::string name() const override { return "portfolio"; }
  bool begin_execution(std::uint64_t index) override {
    current_ = &member(index);
    return current_->begin_execution(index);
  }
  TaskId next_task(const Execution& execution) override { return current_->next_task(execution); }
  std::uint32_t next_choice(const Execution& execution, std::uint32_t alternatives) override {
    return current_->next_choice(execution, alternatives);
  }
  void end_execution(const ExecutionResult& result) override { current_->end_execution(result); }
  void on_step(const Execution& execution, const Step& step) override { current_->on_step(execution, step); }
  void on_tasks_ended(const Execution& execution) override { current_->on_tasks_ended(execution); }
  [[nodiscard]] bool observes_steps() const override { return current_->observes_steps(); }
  [[nodiscard]] bool is_fair() const override { return current_->is_fair(); }
  [[nodiscard]] std::unique_ptr<Strategy> clone() const override {
    auto copy = std::make_unique<Portfolio>(*this);
    copy->current_ = &copy->random_;
    return copy;
  }
  /// Each member of PCT has four of 60 turns.
  [[nodiscard]] std::uint64_t warm_up() const override { return pct_[0].warm_up() * 15; }
  /// The strategy of the current execution.
  [[nodiscard]] const Strategy& current() const noexcept { return *current_; }

 private:
  Strategy& member(std::uint64_t index) noexcept {
    // Spread out, so that a short campaign meets all of them.
    static constexpr std::array<char, 20> turns = {'r', 'o', 's', 'p', 'u', 'o', 's', 'r', 'p', 'o',
                                                   's', 'p', 'r', 'o', 's', 'u', 'o', 's', 'p', 'r'};
    switch (turns[index % turns.size()]) {
      case 'o':
        return pos_;
      case 's':
        return surw_;
      case 'u':
        return urw_;
      case 'p':
        return pct_[index / 4 % pct_.size()];
      default:
        return random_;
    }
  }

  Random random_;
  Pos pos_;
  Surw surw_;
  Urw urw_;
  std::array<Pct, 3> pct_;
  Strategy* current_ = &random_;
};

}  // namespace heddle::sim

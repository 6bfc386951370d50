// The ledger of what tasks hold: locks, permits, gates, leases. Put one into the body, before `run()`:
//
//     properties::Ledger ledger(world);
//
// It is compared
//   - when a task that was dropped at an await (a timeout, an abort, `cancellable`) has been unwound: whatever was
//   taken
//     inside and is still held is a leak (`nothing_leaks_when_dropped`). The report names what leaked, who took it,
//     where, and at which await the task was dropped;
//   - when all tasks have ended: whatever is still held is a leak (`nothing_held_at_the_end`).
//
// Not detected: what is handed over to somebody else inside of the dropped code is reported, although that may be
// meant (say so with `hand_over`); things that no primitive and no `sim::Resource` tells of.
#pragma once

#include <vector>

#include "sim/core/world.hpp"

namespace heddle::properties {

class Ledger final : public sim::Observer {
 public:
  static constexpr std::string_view when_dropped = "nothing_leaks_when_dropped";
  static constexpr std::string_view at_the_end = "nothing_held_at_the_end";

  explicit Ledger(sim::World& world);
  ~Ledger() override;

  /// What the running task took of `object` is no longer its own: it does not leak with it.
  void hand_over(sim::ObjectId object);

  void on_dropped(const sim::Task& task, const sim::CancelScope* scope) override;
  void on_unwound(const sim::Task& task, const sim::CancelScope& scope) override;
  void on_task_ended(const sim::Task& task) override;
  void on_all_ended() override;

 private:
  struct Drop {
    sim::TaskId task = 0;
    bool as_a_whole = false;
    sim::Pending at;
  };
  /// Fails the execution if `task` holds something taken after hold number `last_before`.
  void compare(const sim::Task& task, std::uint64_t last_before, const Drop& drop);
  [[nodiscard]] const Drop* drop_of(sim::TaskId task) const;
  [[nodiscard]] bool is_handed_over(const sim::Hold& hold) const;
  [[nodiscard]] std::string describe(const sim::Hold& hold) const;

  sim::Execution& execution_;
  std::vector<Drop> drops_;  // the latest of each task
  std::vector<std::uint64_t> handed_over_;
};

}  // namespace heddle::properties

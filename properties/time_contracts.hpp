// Time contracts, under virtual time: how long a lock is held, for how long a task keeps its worker thread without
// giving it back, whether a blocking lock is held across an await, how punctual a heartbeat is. Put them into the body,
// before `run()`:
//
//     properties::TimeContracts contracts(world, {.lock_hold = 5ms, .worker_blocked = 5ms});
//
// A breach violates the contract's property. Whether breached or not, the worst case is measured: the verdict of an
// exploration lists it with the schedule that shows it. What is meant to be so is acknowledged in the code, and the
// verdict repeats the reason:
//
//     const auto meant = contracts.acknowledge(properties::Contract::lock_hold, "one receiver, by design");
//
// Not detected: time that the code burns without `sim::work`.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/runtime/runtime.hpp"

namespace heddle::properties {

enum class Contract : std::uint8_t {
  lock_hold,            ///< `lock_hold_within_budget`
  worker_blocked,       ///< `worker_not_blocked_longer_than`
  blocking_lock_await,  ///< `no_blocking_lock_across_await`
  heartbeat_jitter,     ///< `heartbeat_jitter_within`
};
inline constexpr std::size_t contract_count = 4;
/// The name of its property.
[[nodiscard]] std::string_view property_of(Contract contract) noexcept;

struct TimeBudgets {
  static constexpr sim::Duration none{std::numeric_limits<std::int64_t>::max()};
  sim::Duration lock_hold = none;           ///< `none`: not looked at
  sim::Duration worker_blocked = none;      ///< from getting a worker to giving it back; what a poll may take
  bool blocking_lock_across_await = false;  ///< look for a blocking lock that is held at an await that waits
};

class TimeContracts final : public sim::Observer {
 public:
  TimeContracts(sim::World& world, const TimeBudgets& budgets);
  ~TimeContracts() override;

  /// While it lives, what its task does against the contract is measured and reported, but violates nothing.
  class [[nodiscard]] Acknowledged {
   public:
    Acknowledged(TimeContracts& contracts, Contract contract, std::string_view reason);
    ~Acknowledged();
    Acknowledged(const Acknowledged&) = delete;
    Acknowledged& operator=(const Acknowledged&) = delete;

   private:
    TimeContracts& contracts_;
    sim::TaskId task_;
    Contract contract_;
  };
  /// For the running task. `reason` is what the report repeats; it must outlive the execution. Where a hold of a lock
  /// is acknowledged, declare this before the lock is taken.
  [[nodiscard]] Acknowledged acknowledge(Contract contract, std::string_view reason) {
    return Acknowledged(*this, contract, reason);
  }

  /// Runs in the running task: `beats` times, sleeps until the next multiple of `period` and measures how late it is
  /// then. Beyond `jitter`, `heartbeat_jitter_within` is violated.
  void heartbeat(sim::Duration period, int beats, sim::Duration jitter);

  void on_held(const sim::Hold& hold) override;
  void on_released(const sim::Hold& hold, const sim::Task& by) override;
  void on_await(const sim::Task& task, const sim::Op& op, sim::ObjectId object, std::source_location where) override;
  void on_worker_taken(const sim::Task& task) override;
  void on_worker_given_back(const sim::Task& task) override;

 private:
  struct OfTask {  // a task's stretch on its worker, and what is acknowledged in it
    sim::Duration worker_since{};
    std::string_view worker_reason = {};  ///< acknowledged at some time during the stretch
    std::array<std::string_view, contract_count> reasons = {};
  };
  OfTask& of(sim::TaskId task);
  template <class Text>
  void judge(Contract contract, std::string_view reason, sim::Duration value, sim::Duration budget, Text&& text);

  sim::Execution& execution_;
  TimeBudgets budgets_;
  std::vector<OfTask> tasks_;
};

}  // namespace heddle::properties

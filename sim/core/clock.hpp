// Virtual time. Timers fire in deadline order as steps of the clock pseudo-task; equal deadlines may fire in either
// order, which is a decision. Nothing here reads a real clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace heddle::sim {

using Duration = std::chrono::nanoseconds;

/// When time may pass.
enum class TimeMode : std::uint8_t {
  /// Only when no task is enabled: every task is infinitely fast (discrete-event simulation).
  as_soon_as_idle,
  /// A due-next timer is itself an enabled step, so that any task may be slow and a lease can run out under its holder.
  /// How many
  /// timers may fire early is bounded by `ExecutionOptions::slack`.
  any_time,
};

struct TimerId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

class Clock {
 public:
  /// Called as a step of the clock, with its own footprint; must not block.
  using Action = void (*)(void* context);

  [[nodiscard]] Duration now() const noexcept { return now_; }
  [[nodiscard]] bool idle() const noexcept { return timers_.empty(); }
  /// `key` orders timers of equal deadline; it must be unique and the same in every schedule.
  TimerId arm(Duration deadline, std::uint64_t key, Action action, void* context);
  /// False, without effect, when the timer has fired or was cancelled.
  bool cancel(TimerId id) noexcept;
  /// How many timers share the earliest deadline. Precondition: `!idle()`.
  [[nodiscard]] std::uint32_t due() const noexcept;
  /// Advances time to the earliest deadline and fires the `k`-th of the timers due then, in the order of their keys.
  void fire(std::uint32_t k);
  void reset() noexcept;

 private:
  struct Slot {
    std::uint32_t generation = 0;
    Action action = nullptr;
    void* context = nullptr;
  };
  struct Entry {
    Duration deadline{};
    std::uint64_t key = 0;
    std::uint32_t slot = 0;
  };

  Duration now_{};
  std::vector<Entry> timers_;  // sorted: latest deadline first, so that the next timer is at the back
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace heddle::sim

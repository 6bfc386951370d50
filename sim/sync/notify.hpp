// `Notify`: tokio::sync::Notify for code under test. `notify_one` wakes the task that has waited longest, or stores one
// permit for the next that waits (never more than one). `notify_waiters` wakes all who wait now, and those who hold a
// `notification()` made before. A notification that is dropped after `notify_one` chose it passes the wake-up on.
#pragma once

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op notified{"notified", Unwinds::at_once};
inline constexpr Op notify{"notify", Unwinds::never};
}  // namespace ops

class Notify {
 public:
  /// The awaitable behind `notified`.
  class Notification {
   public:
    using Result = void;
    static constexpr bool queues = true;
    explicit Notification(Notify& notify);
    Notification(const Notification&) = delete;
    Notification& operator=(const Notification&) = delete;
    ~Notification();
    [[nodiscard]] const Op& op() const noexcept { return ops::notified; }
    [[nodiscard]] ObjectId object() const noexcept { return notify_.object_; }
    void start(Execution& execution);
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    void finish(Execution& execution) { waiter_.finish(execution); }
    static void inert() {}

   private:
    friend class Notify;
    Notify& notify_;
    Waiter waiter_;
    std::uint64_t rounds_seen_;
  };

  explicit Notify(Name name = {}) : object_(Execution::current().add_object("notify", name)) {}
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  /// Waits for a notification, or takes the stored permit.
  void notified(std::source_location where = std::source_location::current()) { await(Notification(*this), where); }
  /// A wait that begins now with regard to `notify_waiters`; for `await` and `select`.
  [[nodiscard]] Notification notification() { return Notification(*this); }
  void notify_one(std::source_location where = std::source_location::current()) noexcept;
  void notify_waiters(std::source_location where = std::source_location::current()) noexcept;
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  void wake_one(Execution& execution);

  ObjectId object_;
  bool has_permit_ = false;
  std::uint64_t rounds_ = 0;  // calls of notify_waiters
  WaitQueue queue_;
};

}  // namespace heddle::sim

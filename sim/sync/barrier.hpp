// `Barrier`: tokio::sync::Barrier for code under test. `wait` is an await until as many tasks have arrived as the
// barrier is made for; the last to arrive is the leader. Then it is ready for the next round. An arrival that is
// dropped still counts, as in tokio.
#pragma once

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op arrive{"arrive", Unwinds::at_once};
}

class Barrier {
 public:
  /// The awaitable behind `wait`.
  class Arriving {
   public:
    using Result = bool;
    static constexpr bool queues = true;
    explicit Arriving(Barrier& barrier) : barrier_(barrier) {}
    Arriving(const Arriving&) = delete;
    Arriving& operator=(const Arriving&) = delete;
    ~Arriving();
    [[nodiscard]] const Op& op() const noexcept { return ops::arrive; }
    [[nodiscard]] ObjectId object() const noexcept { return barrier_.object_; }
    void start(Execution& execution);
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    bool finish(Execution& execution) {
      waiter_.finish(execution);
      return !waiter_.waited;
    }
    static bool inert() noexcept { return false; }

   private:
    Barrier& barrier_;
    Waiter waiter_;
  };

  explicit Barrier(std::uint32_t tasks, Name name = {})
      : object_(Execution::current().add_object("barrier", name)), tasks_(tasks) {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  /// True for the leader of this round.
  bool wait(std::source_location where = std::source_location::current()) { return await(Arriving(*this), where); }
  /// For `select`.
  [[nodiscard]] Arriving arriving() { return Arriving(*this); }

 private:
  ObjectId object_;
  std::uint32_t tasks_;
  std::uint32_t arrived_ = 0;
  WaitQueue queue_;
};

}  // namespace heddle::sim

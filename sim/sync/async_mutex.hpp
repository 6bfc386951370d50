// `AsyncMutex`: tokio::sync::Mutex for code under test. Locking is an await: a waiting async task gives its worker
// back, and may be dropped by a timeout (`timeout(5s, [&] { auto held = mutex.lock(); ... })`). Fair: first come, first
// served. Not recursive. A guard may be held across awaits and may be dropped by another task.
#pragma once

#include <optional>

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op async_lock{"lock async", Unwinds::if_endless};
inline constexpr Op async_try_lock{"try_lock async", Unwinds::if_endless, true};
inline constexpr Op async_unlock{"unlock async", Unwinds::never};
}  // namespace ops

class AsyncMutex {
 public:
  /// Holds the mutex, until it is destroyed.
  class [[nodiscard]] Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard& operator=(Guard&& other) noexcept;
    ~Guard() { unlock(); }
    void unlock(std::source_location where = std::source_location::current()) noexcept;
    [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

   private:
    friend class AsyncMutex;
    explicit Guard(AsyncMutex& mutex) : mutex_(&mutex) {}
    AsyncMutex* mutex_ = nullptr;
  };

  /// The awaitable behind `lock`.
  class Locking {
   public:
    using Result = Guard;
    static constexpr bool queues = true;
    explicit Locking(AsyncMutex& mutex) : mutex_(mutex) {}
    Locking(const Locking&) = delete;
    Locking& operator=(const Locking&) = delete;
    ~Locking();
    [[nodiscard]] const Op& op() const noexcept { return ops::async_lock; }
    [[nodiscard]] ObjectId object() const noexcept { return mutex_.object_; }
    void start(Execution& execution);
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    Guard finish(Execution& execution);
    static Guard inert() { return {}; }

   private:
    AsyncMutex& mutex_;
    Waiter waiter_;
  };

  explicit AsyncMutex(Name name = {}) : object_(Execution::current().add_object("async mutex", name)) {}
  AsyncMutex(const AsyncMutex&) = delete;
  AsyncMutex& operator=(const AsyncMutex&) = delete;

  Guard lock(std::source_location where = std::source_location::current()) { return await(Locking(*this), where); }
  /// For `select`.
  [[nodiscard]] Locking locking() { return Locking(*this); }
  /// Does not overtake tasks that wait.
  [[nodiscard]] std::optional<Guard> try_lock(std::source_location where = std::source_location::current());
  /// Whether it is held, without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_locked() const noexcept { return permits_.available() == 0; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  ObjectId object_;
  Permits permits_{1};
};

}  // namespace heddle::sim

// `AsyncRwLock`: tokio::sync::RwLock for code under test. Locking is an await. Fair: first come, first served, so that
// a reader waits behind a writer that waits. Guards may be held across awaits and may be dropped by another task.
#pragma once

#include <optional>

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op async_read{"read", Unwinds::if_endless};
inline constexpr Op async_write{"write", Unwinds::if_endless};
inline constexpr Op async_try_read{"try_read", Unwinds::if_endless, true};
inline constexpr Op async_try_write{"try_write", Unwinds::if_endless, true};
inline constexpr Op async_rw_unlock{"unlock rw async", Unwinds::never};
}  // namespace ops

class AsyncRwLock {
 public:
  /// Holds the lock, for reading or for writing, until it is destroyed.
  class [[nodiscard]] Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)), amount_(other.amount_) {}
    Guard& operator=(Guard&& other) noexcept;
    ~Guard() { unlock(); }
    void unlock(std::source_location where = std::source_location::current()) noexcept;
    [[nodiscard]] bool owns_lock() const noexcept { return lock_ != nullptr; }

   private:
    friend class AsyncRwLock;
    Guard(AsyncRwLock& lock, std::uint32_t amount) : lock_(&lock), amount_(amount) {}
    AsyncRwLock* lock_ = nullptr;
    std::uint32_t amount_ = 0;
  };

  /// The awaitable behind `read` and `write`.
  class Locking {
   public:
    using Result = Guard;
    static constexpr bool queues = true;
    Locking(AsyncRwLock& lock, std::uint32_t amount) : lock_(lock) { waiter_.amount = amount; }
    Locking(const Locking&) = delete;
    Locking& operator=(const Locking&) = delete;
    ~Locking();
    [[nodiscard]] const Op& op() const noexcept { return waiter_.amount == 1 ? ops::async_read : ops::async_write; }
    [[nodiscard]] ObjectId object() const noexcept { return lock_.object_; }
    void start(Execution& execution);
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    Guard finish(Execution& execution);
    static Guard inert() { return {}; }

   private:
    AsyncRwLock& lock_;
    Waiter waiter_;
  };

  explicit AsyncRwLock(Name name = {}) : object_(Execution::current().add_object("async rw lock", name)) {}
  AsyncRwLock(const AsyncRwLock&) = delete;
  AsyncRwLock& operator=(const AsyncRwLock&) = delete;

  Guard read(std::source_location where = std::source_location::current()) { return await(reading(), where); }
  Guard write(std::source_location where = std::source_location::current()) { return await(writing(), where); }
  /// For `select`.
  [[nodiscard]] Locking reading() { return {*this, 1}; }
  [[nodiscard]] Locking writing() { return {*this, everything}; }
  /// Do not overtake tasks that wait.
  [[nodiscard]] std::optional<Guard> try_read(std::source_location where = std::source_location::current()) {
    return try_take(ops::async_try_read, 1, where);
  }
  [[nodiscard]] std::optional<Guard> try_write(std::source_location where = std::source_location::current()) {
    return try_take(ops::async_try_write, everything, where);
  }
  /// Without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_write_locked() const noexcept { return permits_.available() == 0; }
  [[nodiscard]] bool is_free() const noexcept { return permits_.available() == everything; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  static constexpr std::uint32_t everything = 1U << 20U;  // a writer takes all permits, a reader one
  std::optional<Guard> try_take(const Op& op, std::uint32_t amount, std::source_location where);
  /// Readers commute unless somebody waits, whom one of them lets in.
  [[nodiscard]] Access access_for(std::uint32_t amount) const noexcept {
    return amount == 1 && !permits_.has_waiters() ? Access::commute : Access::write;
  }

  ObjectId object_;
  Permits permits_{everything};
};

}  // namespace heddle::sim

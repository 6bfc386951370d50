// `RwLock`: std::shared_mutex for code under test. A blocking lock: a waiting task keeps its worker thread. Who is let
// in when several wait is the policy. A task that holds it for reading may take it for reading again; under the
// policies other than `unfair` that deadlocks if a writer has lined up in between, as it does in reality.
//
//     const ReadGuard reading(lock);    const WriteGuard writing(lock);
//
// (For an async task that should give its worker back meanwhile, see `AsyncRwLock`.)
#pragma once

#include <boost/container/small_vector.hpp>
#include <mutex>
#include <shared_mutex>

#include "sim/core/execution.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op read_lock{"lock_shared", Unwinds::if_endless};
inline constexpr Op write_lock{"lock exclusively", Unwinds::if_endless};
inline constexpr Op try_read_lock{"try_lock_shared", Unwinds::if_endless, true};
inline constexpr Op try_write_lock{"try_lock exclusively", Unwinds::if_endless, true};
inline constexpr Op read_unlock{"unlock_shared", Unwinds::never};
inline constexpr Op write_unlock{"unlock exclusively", Unwinds::never};
}  // namespace ops

enum class RwPolicy : std::uint8_t {
  unfair,             ///< whoever can be let in, as the strategy decides: all that std::shared_mutex promises
  fair,               ///< first come, first served
  writer_preferring,  ///< no new reader while a writer waits
};

class RwLock {
 public:
  explicit RwLock(Name name = {}, RwPolicy policy = RwPolicy::unfair)
      : object_(Execution::current().add_object("rw lock", name, everything)), policy_(policy) {}
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  void lock(std::source_location where = std::source_location::current());
  [[nodiscard]] bool try_lock(std::source_location where = std::source_location::current());
  void unlock(std::source_location where = std::source_location::current()) noexcept;
  void lock_shared(std::source_location where = std::source_location::current());
  [[nodiscard]] bool try_lock_shared(std::source_location where = std::source_location::current());
  void unlock_shared(std::source_location where = std::source_location::current()) noexcept;

  /// Without a scheduling point: for properties and checks.
  [[nodiscard]] bool is_write_locked() const noexcept { return writer_ != nobody; }
  [[nodiscard]] std::uint32_t readers() const noexcept { return readers_; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  static constexpr std::int32_t everything = 1 << 20;  // a writer needs all of the level, a reader one
  static constexpr TaskId nobody = ~TaskId{0};
  struct Reader {
    TaskId task;
    std::uint32_t times;
  };

  [[nodiscard]] bool lets_write() const noexcept { return writer_ == nobody && readers_ == 0; }
  [[nodiscard]] bool lets_read() const noexcept {
    return writer_ == nobody && (policy_ != RwPolicy::writer_preferring || waiting_writers_ == 0);
  }
  void wait_for_turn(Execution& execution, const Op& op, std::uint32_t amount, std::source_location where);
  void write_lock_preferred(Execution& execution, std::source_location where);
  void take_write(Execution& execution, const Holding& how);
  void take_read(Execution& execution, const Holding& how);
  void fail_unlock(Execution& execution, const char* how) const;

  ObjectId object_;
  RwPolicy policy_;
  TaskId writer_ = nobody;
  std::uint32_t readers_ = 0;
  std::uint32_t waiting_writers_ = 0;
  boost::container::small_vector<Reader, 8> reading_;
  TaskSet waiters_;
  Permits turns_{everything};  // `fair` only
};

/// std::shared_lock and std::unique_lock, which know where in the source they are.
class [[nodiscard]] ReadGuard : public std::shared_lock<RwLock> {
 public:
  explicit ReadGuard(RwLock& lock, std::source_location where = std::source_location::current())
      : std::shared_lock<RwLock>((lock.lock_shared(where), lock), std::adopt_lock) {}
};
class [[nodiscard]] WriteGuard : public std::unique_lock<RwLock> {
 public:
  explicit WriteGuard(RwLock& lock, std::source_location where = std::source_location::current())
      : std::unique_lock<RwLock>((lock.lock(where), lock), std::adopt_lock) {}
};

}  // namespace heddle::sim

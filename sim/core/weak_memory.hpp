// The memory of one execution under C++'s memory orders: which stores a load may see, and where a store may stand among
// the others of its location.
//
// The view-based operational model of RC11 (Lahav et al., PLDI 2017; views as in Kang et al., POPL 2017), without
// promises, so no load buffering. Per location there are *messages* in modification order; a *view* says, per location,
// up to which message something has been seen; a task has three: what it sees itself, what it would see after an
// acquire fence, and what its relaxed stores pass on since its release fence. A global view orders what is sequentially
// consistent. Views carry vector clocks as well, with which plain data is checked for races (as FastTrack does:
// Flanagan and Freund, PLDI 2009).
//
// Not modelled: consume (it is acquire), and values out of thin air. A task reads the same overwritten message at most
// `rereads + 1` times, and never again after a yield: else a loop that waits for a store would have endless executions.
#pragma once

#include <atomic>
#include <cstdint>
#include <source_location>
#include <vector>

#include "sim/core/op.hpp"

namespace heddle::sim {

[[nodiscard]] constexpr bool acquires(std::memory_order order) noexcept {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
[[nodiscard]] constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

class WeakMemory {
 public:
  using Location = std::uint32_t;
  using Message = std::uint32_t;  ///< within its location, in the order of the stores; 0 is the initial value

  static constexpr std::uint32_t rereads = 2;

  struct Racer {
    TaskId task = clock_task;
    std::source_location where;
  };
  /// Two accesses to plain data with nothing between them that orders them.
  struct Race {
    bool found = false;
    bool earlier_writes = false;
    Racer earlier;
  };

  void reset() noexcept;

  /// `value` is kept, and must stay where it is.
  Location add_location(const void* value);
  Location add_plain();
  [[nodiscard]] const void* value(Location location, Message message) const;
  [[nodiscard]] Message latest(Location location) const { return locations_[location].order.back(); }
  /// Whether an update stands right behind the message: no other update can read it then.
  [[nodiscard]] bool is_updated(Location location, Message message) const;

  void begin_task(TaskId task, TaskId parent);
  void join(TaskId task, TaskId ended);
  /// What the body looks at before and after the tasks is ordered with everything.
  void join_all(TaskId task, TaskId count);
  /// Locks and all else that is not a location: whoever accesses an object comes after those it conflicts with.
  void synchronise(TaskId task, ObjectId object, Access access);
  void yielded(TaskId task);

  /// What a load may see, the latest first; for an update, not what another update has read. Valid until the next call.
  [[nodiscard]] std::vector<Message>& readable(TaskId task, Location location, std::memory_order order);
  /// Behind which messages a store may be put, the latest first.
  [[nodiscard]] std::vector<Message>& storable(TaskId task, Location location, std::memory_order order);
  void load(TaskId task, Location location, Message message, std::memory_order order);
  void store(TaskId task, Location location, Message behind, const void* value, std::memory_order order);
  /// Reads `message` and puts `value` right behind it.
  void update(TaskId task, Location location, Message message, const void* value, std::memory_order order);
  void fence(TaskId task, std::memory_order order);
  [[nodiscard]] Race read_plain(TaskId task, Location plain, std::source_location where);
  [[nodiscard]] Race write_plain(TaskId task, Location plain, std::source_location where);

  /// Whether some load was kept from seeing a message yet another time.
  [[nodiscard]] bool left_out_reads() const noexcept { return left_out_reads_; }

 private:
  struct View {
    std::vector<Message> seen;         // by location; what is missing is 0
    std::vector<std::uint32_t> clock;  // by task; what is missing is 0
    void clear() noexcept {
      seen.clear();
      clock.clear();
    }
  };
  struct MessageRecord {
    View view;
    const void* value = nullptr;
    std::uint32_t position = 0;
    bool is_update = false;
  };
  struct LocationRecord {
    std::vector<MessageRecord> messages;  // the first `count`; the rest is kept for its capacity
    std::uint32_t count = 0;
    std::vector<Message> order;
  };
  struct Reading {
    Message message = 0;
    std::uint32_t times = 0;
    std::uint32_t yields = 0;
  };
  struct TaskRecord {
    View current;
    View acquired;
    View released;
    std::vector<Reading> readings;  // by location
    std::uint32_t yields = 0;
  };
  struct ObjectRecord {
    View written;
    View commuted;
  };
  struct PlainAccess {
    std::uint32_t clock = 0;
    std::source_location where;
  };
  struct PlainRecord {
    TaskId writer = clock_task;
    PlainAccess write;
    std::vector<PlainAccess> reads;  // by task
  };

  [[nodiscard]] std::uint32_t position_of(Location location, Message message) const {
    return locations_[location].messages[message].position;
  }
  [[nodiscard]] static Message seen_in(const std::vector<Message>& seen, Location location) {
    return location < seen.size() ? seen[location] : 0;
  }
  void join_seen(std::vector<Message>& seen, const std::vector<Message>& other) const;
  void join(View& view, const View& other) const;
  void see(std::vector<Message>& seen, Location location, Message message) const;
  [[nodiscard]] std::uint32_t lowest_position(TaskId task, Location location, std::memory_order order) const;
  [[nodiscard]] bool may_read_again(const TaskRecord& task, Location location, Message message);
  MessageRecord& insert(TaskId task, Location location, Message behind, const void* value, std::memory_order order);
  void tick(TaskId task);
  void make_room_for(TaskId task);
  [[nodiscard]] TaskRecord& task_at(TaskId task);

  std::vector<LocationRecord> locations_;
  std::uint32_t location_count_ = 0;
  std::vector<TaskRecord> tasks_;
  std::vector<ObjectRecord> objects_;
  std::vector<PlainRecord> plains_;
  std::uint32_t plain_count_ = 0;
  std::vector<Message> sequential_;  // the view of what is sequentially consistent
  std::vector<Message> candidates_;
  bool left_out_reads_ = false;
};

}  // namespace heddle::sim

// A Redis-like store on virtual time: strings with an optional time-to-live, performed one command at a time, with the
// replies and errors of Redis 7. A TTL that runs out is an event of its own, a timer step that removes the key, so that
// a lease can end between any two calls of its holder.
//
// Footprints: a command reads or writes its keys; adding or removing a key also changes what KEYS, SCAN and DBSIZE see
// (two additions commute); EXEC reads the keys that were watched. Unlike Redis:
//  - a key is removed at its deadline (Redis: when it is next met; only DBSIZE can tell), and a timer due at the very
//    instant of a command may fire before or after it;
//  - KEYS lists sorted; SCAN goes in the order of hashes, and lists no key twice;
//  - nothing is evicted, there is no limit of size, and no replica that lags behind or loses writes when it takes over.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/kv/client.hpp"
#include "sim/core/execution.hpp"

namespace heddle::kv {

/// A change of one key, for properties: told in the step that makes it.
struct Change {
  std::string_view key;
  std::optional<std::string_view> before;  ///< none: the key is new
  std::optional<std::string_view> after;   ///< none: the key is removed
  bool expired = false;                    ///< removed by its TTL, by nobody's command
  bool ttl_changed = false;                ///< it has another deadline, or has one no longer
};

class Store {
 public:
  /// A key that is or was present, or was asked for. Lives to the end of the execution, in its arena.
  struct Entry {
    Store* store = nullptr;
    Entry* next = nullptr;  ///< in the order of creation
    std::string_view key;
    std::uint64_t hash = 0;
    sim::ObjectId object;
    bool present = false;
    bool expires = false;
    bool timer_armed = false;
    sim::TimerId timer = {};
    std::int64_t deadline = 0;  ///< milliseconds since 1970
    std::uint64_t version = 0;  ///< counts what WATCH calls changes
    char* data = nullptr;
    std::size_t size = 0;
    std::size_t capacity = 0;

    [[nodiscard]] std::string_view value() const noexcept { return {data, size}; }
    [[nodiscard]] bool holds(std::string_view expected) const noexcept { return present && value() == expected; }
  };

  /// `epoch`: the time since 1970 at which executions begin, for EXPIREAT and its like.
  explicit Store(sim::Name name = "kv", Milliseconds epoch = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Waits for the command's turn. Null when the execution has ended and the caller is only being unwound.
  [[nodiscard]] Entry* arrive(const Command& command, std::source_location where);
  /// Performs a command that has arrived, atomically. Not for MULTI and its like: those are a `Session`'s.
  Reply apply(const Command& command, Entry& entry);
  Reply apply(const Command& command) { return apply(command, entry_of(command.key)); }
  /// What a caller that is only being unwound is told: that all is well.
  [[nodiscard]] static Reply inert_reply() { return {.kind = Reply::Kind::status, .number = 1, .text = "OK"}; }

  /// The value as it is, without a scheduling point: for properties and checks. Part of the running step's footprint.
  [[nodiscard]] std::optional<std::string_view> peek(std::string_view key);
  /// Calls `observer` at every change.
  void observe(std::function<void(const Change&)> observer) { observers_.push_back(std::move(observer)); }
  /// Calls `observer` for each write whose caller is not told what became of it, in the step of the call. `applied`:
  /// whether it has been performed by then.
  using LostReplyObserver = std::function<void(const Command&, bool applied)>;
  void observe_lost_replies(LostReplyObserver observer) { lost_reply_observers_.push_back(std::move(observer)); }
  void tell_lost_reply(const Command& command, bool applied) const {
    for (const LostReplyObserver& observer : lost_reply_observers_) observer(command, applied);
  }

  /// Calls `observer` with each key that a command would have made, had it not been there already (SET NX, `acquire`).
  using RefusalObserver = std::function<void(std::string_view key)>;
  void observe_refusals(RefusalObserver observer) { refusal_observers_.push_back(std::move(observer)); }

  // For `Session` and for oracles.
  [[nodiscard]] sim::ObjectId object() const noexcept { return object_; }
  Entry& entry_of(std::string_view key);
  [[nodiscard]] sim::Execution& execution() noexcept { return execution_; }

 private:
  struct Deadline {
    std::int64_t at = 0;
    bool is_valid = false;
    bool has_passed = false;
  };

  Entry& add_entry(std::string_view key, std::uint64_t hash);
  void grow_table();
  void assign(Entry& entry, std::string_view value);
  void resize(Entry& entry, std::size_t size);
  template <class F>
  void for_each_key(const Command& command, F&& visit);

  // Each of these tells the observers.
  void write(Entry& entry, std::string_view value, const Expiry& expiry);
  void write_keeping_ttl(Entry& entry, std::string_view value) { write(entry, value, Expiry::keep()); }
  void remove(Entry& entry, bool expired);
  void change_deadline(Entry& entry, std::optional<std::int64_t> deadline);

  void set_deadline(Entry& entry, std::optional<std::int64_t> deadline);
  [[nodiscard]] std::int64_t now();
  Deadline deadline_of(const Expiry& expiry);
  bool is_valid(const Expiry& expiry);
  Reply read(const Command& command, const Entry& entry);
  Reply set(const Command& command, Entry& entry);
  Reply getdel(Entry& entry);
  Reply getex(const Command& command, Entry& entry);
  Reply append(const Command& command, Entry& entry);
  Reply setrange(const Command& command, Entry& entry);
  Reply increment(Entry& entry, std::int64_t by);
  Reply increment_float(const Command& command, Entry& entry);
  Reply del(const Command& command);
  Reply exists(const Command& command);
  Reply mget(const Command& command);
  Reply mset(const Command& command);
  Reply msetnx(const Command& command);
  Reply expire(const Command& command, Entry& entry);
  Reply persist(Entry& entry);
  Reply rename(const Command& command, Entry& entry);
  Reply time_to_live(const Command& command, const Entry& entry);
  Reply keys(std::string_view pattern);
  Reply scan(const Command& command);
  Reply dbsize();
  Reply flush();
  Reply compare(const Command& command, Entry& entry);
  Reply acquire(const Command& command, Entry& entry);
  Reply run_script(const Command& command);
  void not_applied(const Entry& entry);
  void tell_refusal(const Entry& entry) const {
    for (const RefusalObserver& observer : refusal_observers_) observer(entry.key);
  }
  void tell(const Change& change) const {
    for (const auto& observer : observers_) observer(change);
  }
  static void on_expiry(void* entry);

  sim::Execution& execution_;
  sim::ObjectId object_;  // which keys there are
  Milliseconds epoch_;
  Entry** table_ = nullptr;  // open addressing
  std::size_t table_size_ = 0;
  std::size_t entry_count_ = 0;
  Entry* first_ = nullptr;
  Entry* last_ = nullptr;
  Entry whole_;  // what a command without a key arrives at
  std::vector<std::function<void(const Change&)>> observers_;
  std::vector<LostReplyObserver> lost_reply_observers_;
  std::vector<RefusalObserver> refusal_observers_;
};

}  // namespace heddle::kv

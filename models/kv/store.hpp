// A Redis-like store on virtual time: strings with an optional time-to-live, performed one command at a time. A TTL
// that runs out is an event of its own, a timer step that removes the key, so that a lease can end between any two
// calls of its holder.
//
// Footprints: a command reads or writes its key; adding or removing a key also changes what prefix scans see (two
// additions commute). Unlike Redis:
//  - time has nanoseconds, and a key is removed at its deadline (Redis: milliseconds, and removed when next met;
//  clients cannot tell);
//    a timer due at that very instant may fire before or after;
//  - a TTL of zero or less is always an error (Redis: an error of SET, but EXPIRE deletes the key);
//  - keys are listed by prefix and sorted (Redis: by pattern, in any order, and SCAN may list a key twice);
//  - nothing is evicted, and there is no replica that lags behind or loses writes when it takes over.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "models/kv/client.hpp"
#include "sim/core/execution.hpp"

namespace heddle::kv {

/// A change of one key, for properties: told in the step that makes it.
struct Change {
  std::string_view key;
  const std::string* before = nullptr;  ///< null: the key is new
  const std::string* after = nullptr;   ///< null: the key is removed
  bool expired = false;                 ///< removed by its TTL, by nobody's command
};

class Store {
 public:
  /// A key that is or was present, or was asked for. Kept to the end of the execution, for its identity as an object.
  struct Entry {
    Store* store = nullptr;
    std::string_view key;
    sim::ObjectId object;
    bool present = false;
    bool expires = false;
    std::string value = {};
    Duration deadline{};
    sim::TimerId timer = {};

    [[nodiscard]] bool holds(std::string_view expected) const noexcept { return present && value == expected; }
  };

  explicit Store(sim::Name name = "kv");
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Waits for the command's turn. Null when the execution has ended and the caller is only being unwound. Throws
  /// `sim::Error` for a command that no server would take.
  [[nodiscard]] Entry* arrive(const Command& command, std::source_location where);
  /// Performs a command that has arrived, atomically. Throws `sim::Error` for `increment` of a value that is no
  /// integer.
  Reply apply(const Command& command, Entry& entry);
  /// What a caller that is only being unwound is told: that all is well.
  [[nodiscard]] static Reply inert_reply() { return {.applied = true}; }

  /// The value as it is, without a scheduling point: for properties and checks. Part of the running step's footprint.
  [[nodiscard]] const std::string* peek(std::string_view key);
  /// Calls `observer` at every change.
  void observe(std::function<void(const Change&)> observer) { observer_ = std::move(observer); }

 private:
  Entry& entry_of(std::string_view key);
  void write(Entry& entry, std::string_view value);
  void remove(Entry& entry, bool expired);
  void set_deadline(Entry& entry, std::optional<Duration> ttl);
  Reply set_value(const Command& command, Entry& entry);
  Reply time_to_live(const Entry& entry);
  Reply list(std::string_view prefix);
  Reply increment(Entry& entry);
  Reply acquire(const Command& command, Entry& entry);
  bool not_applied(const Entry& entry);
  static void on_expiry(void* entry);

  sim::Execution& execution_;
  sim::ObjectId object_;  // which keys there are
  std::map<std::string, Entry, std::less<>> entries_;
  Entry whole_;  // what a prefix scan arrives at
  std::function<void(const Change&)> observer_;
};

/// A connection that never fails.
class StoreClient final : public Client {
 public:
  explicit StoreClient(Store& store) : store_(store) {}
  Reply call(const Command& command, Where where) override {
    Store::Entry* const entry = store_.arrive(command, where);
    return entry != nullptr ? store_.apply(command, *entry) : Store::inert_reply();
  }

 private:
  Store& store_;
};

}  // namespace heddle::kv

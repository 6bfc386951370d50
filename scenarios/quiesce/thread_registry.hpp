// The registry of worker threads: one slot per key, each with a cancel token and a handle. Workers have weights: at
// shutdown those of a lower weight end before those of a higher one are cancelled, because they need them; equal
// weights end at the same time. A worker that does not end in time is parked as an orphan: it still runs, and whoever
// is about to destroy what it uses has to ask.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "scenarios/quiesce/clearing_latch.hpp"
#include "sim/runtime/cancellation_token.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/mutex.hpp"

namespace heddle::scenarios::quiesce {

enum class Key : std::uint8_t { identity, platform_address, shielded, event_adapter };
inline constexpr std::size_t key_count = 4;

/// How a worker ended.
enum class Ended : std::uint8_t {
  not_running,    ///< there was none
  cleanly,        ///< it ended in time
  by_panic,       ///< it ended in time, by an exception
  still_running,  ///< it did not end in time, and is parked as an orphan
};

/// How workers are ended at shutdown.
enum class ShutdownOrder : std::uint8_t { by_weight, all_at_once };
/// What the end of a worker does to its slot.
enum class SlotRule : std::uint8_t {
  left_to_joiner,     ///< nothing: whoever takes the worker out of the slot joins it
  emptied_by_worker,  ///< empties it
};

struct RegistryRules {
  ShutdownOrder shutdown = ShutdownOrder::by_weight;
  SlotRule slot = SlotRule::left_to_joiner;
};

class ThreadRegistry {
 public:
  using Body = std::function<void(const sim::CancellationToken&)>;
  using Report = std::array<Ended, key_count>;

  explicit ThreadRegistry(const RegistryRules& rules = {}) : rules_(rules) {}

  /// Refused while the registry is closing or the key is being cleared. A worker that is in the slot is told to stop,
  /// and superseded.
  bool spawn(Key key, int weight, Body body);
  /// Cancels, and returns at once: a pass may still be in flight.
  void stop(Key key);
  /// Cancels, and waits for at most `patience`. `before_waiting` is called when there is a worker to wait for. A worker
  /// that was superseded meanwhile is somebody else's to report: `not_running`.
  template <class Hook>
  Ended quiesce(Key key, sim::Duration patience, Hook&& before_waiting);
  Ended quiesce(Key key, sim::Duration patience) {
    return quiesce(key, patience, [] {});
  }
  /// Closes the registry and ends all workers.
  Report shutdown(sim::Duration patience);
  /// Asks each orphan of `key`; those that have ended are reaped.
  bool has_living_orphan(Key key);
  /// How many workers have been spawned and have not ended, wherever they are listed.
  [[nodiscard]] int running() const { return running_.load(); }
  [[nodiscard]] ClearingLatch& clearing(Key key) noexcept { return clearing_[index(key)]; }

 private:
  struct Worker {
    std::uint64_t generation = 0;
    int weight = 0;
    sim::CancellationToken cancel;
    sim::JoinHandle<void> handle;
  };
  struct Orphan {
    Key key;
    sim::JoinHandle<void> handle;
  };
  static std::size_t index(Key key) noexcept { return static_cast<std::size_t>(key); }

  /// The worker's cancel token and generation, if there is one.
  std::optional<std::pair<sim::CancellationToken, std::uint64_t>> look_up(Key key);
  /// Takes the worker out of its slot, unless another generation is there by now.
  std::optional<Worker> take(Key key, std::uint64_t generation);
  std::vector<std::pair<Key, Worker>> take_weight(std::optional<int> weight);
  Ended join(Key key, Worker worker, sim::Duration patience);
  void worker_ended(Key key);

  RegistryRules rules_;
  sim::Runtime runtime_{sim::Runtime::unbounded, "registry"};
  sim::Mutex lock_{"registry"};
  bool closing_ = false;  // guarded by lock_, as are the slots and orphans
  std::uint64_t generations_ = 0;
  sim::Atomic<int> running_{0, "running"};
  std::array<std::optional<Worker>, key_count> slots_;
  std::vector<Orphan> orphans_;
  std::array<ClearingLatch, key_count> clearing_{
      ClearingLatch(LatchKind::refcounted), ClearingLatch(LatchKind::refcounted), ClearingLatch(LatchKind::refcounted),
      ClearingLatch(LatchKind::refcounted)};
};

template <class Hook>
Ended ThreadRegistry::quiesce(Key key, sim::Duration patience, Hook&& before_waiting) {
  const auto found = look_up(key);
  if (!found) return Ended::not_running;
  before_waiting();
  found->first.cancel();
  std::optional<Worker> worker = take(key, found->second);
  if (!worker) return Ended::not_running;
  return join(key, std::move(*worker), patience);
}

}  // namespace heddle::scenarios::quiesce

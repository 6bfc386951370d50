#include "scenarios/quiesce/thread_registry.hpp"

#include <algorithm>

namespace heddle::scenarios::quiesce {

bool ThreadRegistry::spawn(Key key, int weight, Body body) {
  const sim::LockGuard locked(lock_);
  if (closing_ || clearing_[index(key)].is_raised()) return false;
  std::optional<Worker>& slot = slots_[index(key)];
  if (slot) slot->cancel.cancel();
  running_.fetch_add(1);
  sim::CancellationToken cancel("cancel");
  sim::JoinHandle<void> handle = runtime_.spawn("worker", [this, key, cancel, body = std::move(body)] {
    struct Epilogue {
      ThreadRegistry& registry;
      Key key;
      ~Epilogue() { registry.worker_ended(key); }
    } const epilogue{*this, key};
    body(cancel);
  });
  slot.emplace(Worker{++generations_, weight, std::move(cancel), std::move(handle)});
  return true;
}

void ThreadRegistry::worker_ended(Key key) {
  if (rules_.slot == SlotRule::emptied_by_worker) {
    const sim::LockGuard locked(lock_);
    slots_[index(key)].reset();
  }
  running_.fetch_sub(1);
}

void ThreadRegistry::stop(Key key) {
  if (const auto found = look_up(key)) found->first.cancel();
}

std::optional<std::pair<sim::CancellationToken, std::uint64_t>> ThreadRegistry::look_up(Key key) {
  const sim::LockGuard locked(lock_);
  const std::optional<Worker>& slot = slots_[index(key)];
  if (!slot) return std::nullopt;
  return std::pair(slot->cancel, slot->generation);
}

std::optional<ThreadRegistry::Worker> ThreadRegistry::take(Key key, std::uint64_t generation) {
  const sim::LockGuard locked(lock_);
  std::optional<Worker>& slot = slots_[index(key)];
  if (!slot || slot->generation != generation) return std::nullopt;
  return std::exchange(slot, std::nullopt);
}

Ended ThreadRegistry::join(Key key, Worker worker, sim::Duration patience) {
  std::optional<sim::JoinResult<void>> result =
      sim::timeout(patience, [&] { return sim::await(worker.handle.joining()); });
  if (result) return result->error && result->error->is_panic() ? Ended::by_panic : Ended::cleanly;
  const sim::LockGuard locked(lock_);
  orphans_.push_back({key, std::move(worker.handle)});
  return Ended::still_running;
}

std::vector<std::pair<Key, ThreadRegistry::Worker>> ThreadRegistry::take_weight(std::optional<int> weight) {
  std::vector<std::pair<Key, Worker>> taken;
  const sim::LockGuard locked(lock_);
  closing_ = true;
  for (std::size_t i = 0; i < key_count; ++i)
    if (slots_[i] && (!weight || slots_[i]->weight == *weight))
      taken.emplace_back(static_cast<Key>(i), *std::exchange(slots_[i], std::nullopt));
  return taken;
}

ThreadRegistry::Report ThreadRegistry::shutdown(sim::Duration patience) {
  Report report{};
  const auto end_all = [&](std::vector<std::pair<Key, Worker>> workers) {
    for (const auto& [key, worker] : workers) worker.cancel.cancel();  // equal weights end at the same time
    for (auto& [key, worker] : workers) report[index(key)] = join(key, std::move(worker), patience);
  };
  if (rules_.shutdown == ShutdownOrder::all_at_once) {
    end_all(take_weight(std::nullopt));
  } else {
    for (const int weight : {0, 10}) end_all(take_weight(weight));
  }
  return report;
}

bool ThreadRegistry::has_living_orphan(Key key) {
  const sim::LockGuard locked(lock_);
  std::erase_if(orphans_, [&](Orphan& orphan) { return orphan.key == key && orphan.handle.is_finished(); });
  return std::any_of(orphans_.begin(), orphans_.end(), [&](const Orphan& orphan) { return orphan.key == key; });
}

}  // namespace heddle::scenarios::quiesce

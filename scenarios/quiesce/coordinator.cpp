#include "scenarios/quiesce/coordinator.hpp"

namespace heddle::scenarios::quiesce {

std::optional<Coordinator::Pass> Coordinator::begin_pass() {
  if (is_syncing_.exchange(true)) return std::nullopt;
  Pass pass(*this);
  // After the write, so that either this pass sees the gate or whoever drains sees this pass.
  if (gate_.is_raised() || closing_.load()) return std::nullopt;
  return pass;
}

void Coordinator::end_pass() {
  is_syncing_.store(false);
  pass_ended_.notify_waiters();
}

bool Coordinator::sync_now(sim::Duration duration) {
  const std::optional<Pass> pass = begin_pass();
  if (!pass) return false;
  const Store::Pass in_flight(store_);
  sim::sleep(duration);
  in_flight.write();
  host_.call_back();
  return true;
}

void Coordinator::quiesce() {
  if (rules_.quiesce == QuiesceRule::check_then_act && clearing_.is_raised()) return;
  const auto gate = gate_.hold();
  drain();
}

void Coordinator::drain() {
  for (;;) {
    auto ended = pass_ended_.notification();  // before looking, so that no end is missed
    if (!is_syncing_.load()) return;
    sim::await(ended);
  }
}

void Coordinator::clear() {
  const auto latch = clearing_.hold();
  const auto gate = gate_.hold();
  drain();
  store_.wipe();
}

}  // namespace heddle::scenarios::quiesce

// Two tasks advance the node's ratchet: each derives the next keys from the present ones, which is heavy crypto, and
// commits them as the next version.
//
// Properties:
//  - lock_hold_within_budget: the state lock is held for at most 5 ms;
//  - no_commit_lost: each commit that was reported is in the state: as many versions as commits;
//  - versions_monotonic: the version never goes back.
#include <fmt/format.h>

#include "properties/time_contracts.hpp"
#include "scenarios/ratchet/ratchet.hpp"
#include "scenarios/workload_variant.hpp"
#include "sim/sync/rw_lock.hpp"

namespace heddle::scenarios {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration crypto = 20ms;
constexpr sim::Duration slow_crypto = 70ms;
constexpr properties::TimeBudgets budgets{.lock_hold = 5ms};

enum class Rekey : std::uint8_t {
  work_under_write_lock,        ///< derive and commit under the write lock
  work_outside_then_commit,     ///< derive outside, then commit what was derived
  work_outside_recheck_commit,  ///< derive outside, commit if nobody else has meanwhile, else derive again
};

class Ratchet {
 public:
  explicit Ratchet(Rekey how) : how_(how) {}

  void commit_next_version() {
    switch (how_) {
      case Rekey::work_under_write_lock: {
        const sim::WriteGuard state(state_lock_);
        const int next = derive(version_);
        return commit(next);
      }
      case Rekey::work_outside_then_commit: {
        const int next = derive(read_version());
        const sim::WriteGuard state(state_lock_);
        return commit(next);
      }
      case Rekey::work_outside_recheck_commit:
        for (;;) {
          const int next = derive(read_version());
          const sim::WriteGuard state(state_lock_);
          if (version_ == next - 1) return commit(next);
          raced_ = true;
        }
    }
  }

  [[nodiscard]] int version() const noexcept { return version_; }
  [[nodiscard]] int commits() const noexcept { return commits_; }
  [[nodiscard]] bool raced() const noexcept { return raced_; }

 private:
  int read_version() {
    const sim::ReadGuard state(state_lock_);
    return version_;
  }
  static int derive(int version) {
    sim::work(sim::choose(2, "the crypto is slow") == 1 ? slow_crypto : crypto);
    return version + 1;
  }
  void commit(int next) {
    sim::check("versions_monotonic", next >= version_,
               [&] { return fmt::format("version {} is committed over version {}", next, version_); });
    version_ = next;
    ++commits_;
  }

  Rekey how_;
  sim::RwLock state_lock_{"state"};
  int version_ = 0;
  int commits_ = 0;
  bool raced_ = false;
};

void rekey_side_by_side(sim::World& world, Rekey how) {
  const properties::TimeContracts contracts(world, budgets);
  Ratchet ratchet(how);
  world.task({"rekey", 1}, [&] { ratchet.commit_next_version(); });
  world.task({"rekey", 2}, [&] {
    ratchet.commit_next_version();
    ratchet.commit_next_version();
  });
  world.run();
  if (how == Rekey::work_outside_recheck_commit) world.sometimes("a commit came too late", ratchet.raced());
  world.check("no_commit_lost", ratchet.version() == ratchet.commits(), [&] {
    return fmt::format("{} commits were reported, and the state is at version {}", ratchet.commits(),
                       ratchet.version());
  });
}

}  // namespace

Scenario commit_next_version() {
  Scenario scenario;
  scenario.family = "ratchet";
  scenario.name = "commit_next_version";
  scenario.summary = "two tasks derive and commit the next version of the state, which takes 20 ms of CPU or more";
  scenario.properties = {"lock_hold_within_budget", "no_commit_lost", "versions_monotonic"};
  scenario.variants = {
      workload_variant("work_under_write_lock", "derives under the write lock", rekey_side_by_side,
                       Rekey::work_under_write_lock,
                       {.violates = {"lock_hold_within_budget"}, .holds = {"no_commit_lost", "versions_monotonic"}}),
      // With a task that commits twice, the late one does not only repeat a version: it goes back.
      workload_variant("work_outside_then_commit", "derives outside of the lock and commits what it derived",
                       rekey_side_by_side, Rekey::work_outside_then_commit,
                       {.violates = {"no_commit_lost", "versions_monotonic"}, .holds = {"lock_hold_within_budget"}}),
      workload_variant("work_outside_recheck_commit",
                       "derives outside, and commits only what still follows the present version", rekey_side_by_side,
                       Rekey::work_outside_recheck_commit, {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

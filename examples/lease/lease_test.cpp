// Two workers want the lease; the first may be so slow that it expires under it.
#include "lease.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "sim/explore/dfs.hpp"
#include "sim/explore/explorer.hpp"
#include "sim/explore/random.hpp"
#include "sim/gtest/matchers.hpp"

namespace lease {
namespace {

using namespace std::chrono_literals;
using sim::Exhausted;
using sim::Violates;

constexpr auto time_to_live = 10ms;

/// `any_time`: a task may be arbitrarily slow between two steps, so that timers run out under it.
constexpr sim::TimeMode slow_workers = sim::TimeMode::any_time;

sim::Program two_workers(Release release) {
  return [release](sim::World& world) {
    Lease lease(release, time_to_live);
    const auto worker = [&](std::uint32_t me) {
      for (int attempt = 0; attempt < 2; ++attempt) {
        if (const auto mine = lease.try_acquire(me)) {
          sim::work(5ms);
          const bool is_mine = lease.is_held_as(*mine);
          world.check("only_i_end_my_lease_early", is_mine || sim::now() >= mine->expires);
          lease.release(*mine);
          return;
        }
        sim::sleep(time_to_live);
      }
    };
    world.task("worker-1", [&] { worker(1); });
    world.task("worker-2", [&] { worker(2); });
    world.run();
  };
}

TEST(Lease, ReleasingUnconditionallyEndsTheSuccessorsLease) {
  const auto verdict =
      sim::explore(two_workers(Release::unconditional), sim::Random{1}, {.execution = {.time = slow_workers}});
  EXPECT_THAT(verdict, Violates("only_i_end_my_lease_early"));
}

TEST(Lease, TheScheduleThatShowsTheBugShowsItAgain) {
  const auto found =
      sim::explore(two_workers(Release::unconditional), sim::Random{1}, {.execution = {.time = slow_workers}});
  ASSERT_TRUE(found.failure.has_value());
  const auto again = sim::replay(two_workers(Release::unconditional), found.failure->schedule, found.options);
  EXPECT_THAT(again, Violates("only_i_end_my_lease_early"));
  EXPECT_EQ(again.failure->trace_hash, found.failure->trace_hash);
}

TEST(Lease, ReleasingOnlyOnesOwnHoldsInEverySchedule) {
  const auto verdict = sim::explore(two_workers(Release::if_mine), sim::Dfs{}, {.execution = {.time = slow_workers}});
  EXPECT_THAT(verdict, Exhausted());
}

TEST(Lease, TheBugNeedsASlowWorker) {
  const auto verdict = sim::explore(two_workers(Release::unconditional), sim::Dfs{});
  EXPECT_THAT(verdict, Exhausted());
}

}  // namespace
}  // namespace lease

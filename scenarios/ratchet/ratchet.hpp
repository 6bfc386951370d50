// ratchet: a protocol node on an async runtime with few worker threads. Locks held across an await, heavy work under a
// lock or on a worker, and state that has changed by the time an await is over.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

// scenarios/ratchet/commit_next_version.cpp
[[nodiscard]] Scenario commit_next_version();
// scenarios/ratchet/worker_threads.cpp
[[nodiscard]] Scenario rekey();
[[nodiscard]] Scenario post_connect();
// scenarios/ratchet/connection_locks.cpp
[[nodiscard]] Scenario recv_under_lock();
[[nodiscard]] Scenario send_under_lock();
// scenarios/ratchet/stale_commit.cpp
[[nodiscard]] Scenario connect_stage();
[[nodiscard]] Scenario register_stage1();
[[nodiscard]] Scenario channel_signal_after_await();

}  // namespace heddle::scenarios

// quiesce: the end of workers, sinks, coordinators and the host's callback context, in which order and by whom.
#pragma once

#include "scenarios/scenario.hpp"

namespace heddle::scenarios {

// scenarios/quiesce/shutdowns.cpp
[[nodiscard]] Scenario shutdown_against_sync_now();
[[nodiscard]] Scenario start_during_shutdown();
[[nodiscard]] Scenario weights();
// scenarios/quiesce/teardowns.cpp
[[nodiscard]] Scenario shutdown_on_single_worker_runtime();
[[nodiscard]] Scenario panic_in_teardown();
[[nodiscard]] Scenario event_adapter_cancel();

}  // namespace heddle::scenarios

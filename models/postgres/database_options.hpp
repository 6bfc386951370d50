// Where a server leaves to its own timing what happens, a database of the model has two ways: open, so that exploring
// covers every timing, and none depends on an order that no schedule has decided; or as a server would do it in one
// given schedule.
#pragma once

#include <cstdint>

namespace heddle::pg {

/// When the model looks for deadlocks. The server looks once in each wait, `deadlock_timeout` after it began, so that
/// any member of a cycle may turn out to be the victim (F21).
enum class DeadlockSearch : std::uint8_t {
  at_once,        ///< when a wait closes a cycle; the victim is a decision, so that exploring covers every timing
  after_timeout,  ///< as the server does, on virtual time
};

/// In which order a scan meets rows, after those of the blueprint.
enum class PhysicalOrder : std::uint8_t {
  by_session,  ///< what each session wrote, session by session: the same in every schedule
  by_time,     ///< in the order of writing, as in a server's table without free space
};

struct DatabaseOptions {
  DeadlockSearch deadlocks = DeadlockSearch::at_once;
  PhysicalOrder order = PhysicalOrder::by_session;
  bool is_recorded = true;  ///< in the `Transcript` that is said to a real server afterwards
};

/// For one schedule that is to come out as on a server.
inline constexpr DatabaseOptions as_on_a_server{DeadlockSearch::after_timeout, PhysicalOrder::by_time};

}  // namespace heddle::pg

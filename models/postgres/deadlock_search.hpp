// When the model looks for deadlocks. The server looks once in each wait, `deadlock_timeout` after it began, so that
// any member of a cycle may turn out to be the victim (F21).
#pragma once

#include <cstdint>

namespace heddle::pg {

enum class DeadlockSearch : std::uint8_t {
  at_once,        ///< when a wait closes a cycle; the victim is a decision, so that exploring covers every timing
  after_timeout,  ///< as the server does, on virtual time: for one schedule that is to come out as it would there
};

}  // namespace heddle::pg

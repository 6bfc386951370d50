// Where something is in the source, for people.
#pragma once

#include <source_location>
#include <string>

namespace heddle::properties {

/// " (timeout_during_drain.cpp:118)"; empty where only a header of the system is known, as with `std::unique_lock`.
[[nodiscard]] std::string place_of(const std::source_location& where);

}  // namespace heddle::properties

// What an execution knows of an object that operations touch.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/core/name.hpp"
#include "sim/core/op.hpp"

namespace heddle::sim {

struct ObjectRecord {
  std::uint64_t key = 0;
  std::string_view kind;
  Name name;
  std::int32_t level = 0;                   ///< the initial one
  std::uint32_t whole = 0;                  ///< what it is a part of; 0: of nothing
  std::uint32_t watched_by = 0;             ///< the properties that look at it, as a set
  std::uint64_t hash[access_classes] = {};  ///< per class: of the events that a conflicting one comes after
};

}  // namespace heddle::sim

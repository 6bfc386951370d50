// What happened in one execution: the decisions (always kept: they are the schedule) and, when recording, the events
// with their footprints and the labels that people read.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "sim/core/name.hpp"
#include "sim/core/op.hpp"

namespace heddle::sim {

enum class DecisionKind : std::uint8_t { task, choice };

/// One answer of the strategy. `options` is how many there were: a replay that meets another number has diverged.
struct Decision {
  DecisionKind kind = DecisionKind::task;
  std::uint32_t chosen = 0;
  std::uint32_t options = 0;
  friend bool operator==(const Decision&, const Decision&) = default;
};

struct AccessRecord {
  ObjectId object;
  Access access = Access::read;
  std::int32_t change = 0;  ///< of the object's level; see `Needs`
};

/// One step of one task: its operation and all that it touched until its next scheduling point.
struct Event {
  TaskId task = 0;
  const Op* op = nullptr;
  ObjectId object;
  std::uint32_t first_access = 0;
  std::uint32_t access_count = 0;
  std::uint32_t first_choice = 0;  ///< into Recording::choices
  std::uint32_t choice_count = 0;
  TaskId joined = 0;      ///< the task whose end this step saw, or 0
  bool preempts = false;  ///< the previous step's task could have gone on
  std::int64_t time_ns = 0;
  std::string detail;  ///< values, when explaining
  std::source_location where;
};

struct Recording {
  std::vector<Event> events;
  std::vector<AccessRecord> accesses;
  std::vector<std::uint32_t> choices;

  [[nodiscard]] std::span<const AccessRecord> footprint(const Event& event) const {
    return std::span(accesses).subspan(event.first_access, event.access_count);
  }
  void clear() noexcept {
    events.clear();
    accesses.clear();
    choices.clear();
  }
};

/// A task that waits for ever, and for what.
struct StuckRecord {
  TaskId task = 0;
  Pending pending;
  TaskId holder = 0;             ///< who holds the object, or 0
  std::uint64_t held_since = 0;  ///< the step
};

/// What a person wants to know of a task or object after the execution has ended.
struct TaskInfo {
  std::string name;
  std::uint64_t key = 0;
  std::uint32_t born_after =
      0;              ///< how many events came before the step that created it; 0 when it was there from the start
  TaskId parent = 0;  ///< 0: the body
};
struct ObjectInfo {
  std::string kind;
  std::string name;
  std::uint64_t key = 0;
};

}  // namespace heddle::sim

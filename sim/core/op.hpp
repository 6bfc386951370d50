// What a task does at a visible step, and how steps depend on one another.
//
// Every visible operation has a *footprint*: the objects it touches, each with an access class. Two operations are
// dependent iff they share an object and their classes conflict. Classes follow the conflict table of optimal DPOR for
// blocking primitives (Abdulla et al., POPL 2014): `read` commutes with `read`, `commute` with `commute` (entering and
// leaving a read lock, adding to a counter), and everything else conflicts; in particular `read` and `commute` do
// conflict.
#pragma once

#include <cstdint>
#include <source_location>
#include <string_view>

namespace heddle::sim {

enum class Access : std::uint8_t { read, commute, write };
inline constexpr std::size_t access_classes = 3;

[[nodiscard]] constexpr bool conflicts(Access a, Access b) noexcept {
  return a != b || a == Access::write;
}

/// What an operation does when its execution has ended and the task runs on only to be unwound. `at_once` throws; that
/// is for operations no destructor performs. `if_endless` succeeds without effect on others, and throws only in a task
/// that keeps going; that is for locks and atomics. `never` is for `noexcept` operations such as `unlock`.
enum class Unwinds : std::uint8_t { never, if_endless, at_once };

/// A kind of operation, defined once as a `constexpr` object next to the primitive or model that performs it.
/// `name` is what people read ("lock", "kv.get"); `code` identifies it in hashes and tokens.
struct Op {
  std::string_view name;
  Unwinds unwinds = Unwinds::never;
  std::uint32_t code = 0;
  /// Whether what it touches depends on the state it meets: a compare-and-exchange that fails only reads.
  bool varies = false;

  constexpr Op(std::string_view op_name, Unwinds unwinding, bool footprint_varies = false)
      : name(op_name), unwinds(unwinding), code(fnv1a(op_name)), varies(footprint_varies) {}

 private:
  static constexpr std::uint32_t fnv1a(std::string_view text) noexcept {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
  }
};

/// Dense per-execution index of an object that operations touch. Its identity across executions is `ObjectRecord::key`.
struct ObjectId {
  std::uint32_t index = 0;
  friend bool operator==(ObjectId, ObjectId) = default;
};

/// Dense per-execution index of a task; 0 is the clock. Its identity across executions is `Task::key`.
using TaskId = std::uint32_t;
inline constexpr TaskId clock_task = 0;

/// When an announced operation can be performed. A counting guard is one that others can judge for other orders of the
/// same steps: the object's *level* (its initial one plus the changes that steps declare when they touch it) is at
/// least so much.
struct Needs {
  std::int32_t level = 0;

  /// It never waits.
  static constexpr Needs nothing() noexcept { return {0}; }
  static constexpr Needs at_least(std::int32_t level) noexcept { return {level}; }
  /// It may wait, for something that is not a level.
  static constexpr Needs something() noexcept { return {-1}; }
  /// It waits for one particular step, and for nothing else: the firing of a timer of its own.
  static constexpr Needs one_step() noexcept { return {-2}; }
};

/// The operation a task will perform when it is next scheduled.
struct Pending {
  const Op* op = nullptr;
  ObjectId object;
  Access access = Access::read;
  Needs needs;
  std::source_location where;
};

namespace ops {
inline constexpr Op start{"start", Unwinds::at_once};
inline constexpr Op yield{"yield", Unwinds::at_once};
inline constexpr Op choose{"choose", Unwinds::at_once};
inline constexpr Op timer{"timer", Unwinds::never};
inline constexpr Op sleep{"sleep", Unwinds::at_once};
inline constexpr Op work{"work", Unwinds::at_once};
inline constexpr Op join{"join", Unwinds::at_once};
}  // namespace ops

}  // namespace heddle::sim

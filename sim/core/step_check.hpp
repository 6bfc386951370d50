// Properties that are looked at while tasks run, and what they look at.
#pragma once

#include <array>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "sim/core/arena.hpp"
#include "sim/core/op.hpp"

namespace heddle::sim {

/// What a property looks at: the simulated objects that its predicate reads, and nothing else.
///
///     world.always("never_both", sim::reads(left, right), [&] { return !(left.peek() && right.peek()); });
///
/// Only steps that change one of them can change the verdict, so exploration orders those, and takes all others for
/// independent (visible support). Of an object with parts, such as a key-value store, all parts count.
template <class... Objects>
[[nodiscard]] constexpr std::array<ObjectId, sizeof...(Objects)> reads(const Objects&... objects) noexcept {
  return {objects.object()...};
}

struct StepCheck {
  std::string_view property;
  bool (*holds)(const void*) = nullptr;
  const void* predicate = nullptr;
  void (*destroy)(void*) = nullptr;
  bool is_once = false;      ///< it must hold at some time, not at all times
  bool has_held = false;     ///< of these: whether it did
  bool has_support = false;  ///< whether it is known what it looks at
  ObjectId object;           ///< then: what each step that may change its verdict writes
};

/// The text and the predicate are kept in the arena.
template <class F>
[[nodiscard]] StepCheck make_step_check(Arena& arena, std::string_view property, bool is_once, F predicate) {
  StepCheck check;
  check.property = arena.copy(property);
  check.holds = [](const void* p) -> bool { return (*static_cast<const F*>(p))(); };
  check.predicate = new (arena.allocate(sizeof(F), alignof(F))) F(std::move(predicate));
  check.destroy = [](void* p) { static_cast<F*>(p)->~F(); };
  check.is_once = is_once;
  return check;
}

/// How many properties have an object of their own; others share one.
inline constexpr std::uint32_t distinct_supports = 32;

}  // namespace heddle::sim

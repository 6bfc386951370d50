// `Atomic<T>`: std::atomic for code under test, with memory orders that mean what C++ says (see `Memory` and
// core/weak_memory.hpp): which store a load sees, and where a store stands among the others of its location, are
// decisions. As long as a program asks for nothing weaker than `seq_cst`, none of that costs anything. Operations are
// inlined into the task: see `Fiber::switch_between`. Not detected: what depends on a failed exchange having a weaker
// order than a successful one.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <new>
#include <sstream>
#include <string>
#include <type_traits>

#include "sim/core/execution.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op atomic_load{"load", Unwinds::if_endless};
inline constexpr Op atomic_store{"store", Unwinds::if_endless};
inline constexpr Op atomic_update{"update", Unwinds::if_endless};
inline constexpr Op atomic_exchange_if{"update", Unwinds::if_endless, true};
inline constexpr Op fence{"fence", Unwinds::if_endless};
}  // namespace ops

/// A fence: std::atomic_thread_fence. A scheduling point only where it is `seq_cst`; the others order what this task
/// does, and nothing else.
void fence(std::memory_order order, std::source_location where = std::source_location::current());

namespace detail {

/// "relaxed", "acquire", ...
[[nodiscard]] std::string_view to_string(std::memory_order order) noexcept;
/// Adds an access to an atomic object to the footprint of the running step.
void touch_atomic(Execution& execution, ObjectId object, Access access, std::memory_order order);

}  // namespace detail

template <class T>
  requires std::is_trivially_copyable_v<T>
class Atomic {
 public:
  explicit Atomic(T initial = T{}, Name name = {})
      : object_(Execution::current().add_object("atomic", name)), value_(initial) {
    Execution& execution = Execution::current();
    if (WeakMemory* memory = execution.weak_memory()) [[unlikely]]
      location_ = memory->add_location(keep(execution, initial));
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[nodiscard, gnu::always_inline]] T load(std::memory_order order = std::memory_order_seq_cst,
                                           std::source_location where = std::source_location::current()) const {
    Execution& execution = Execution::current();
    const bool chooses = execution.step(ops::atomic_load, object_, Access::read, where);
    if (WeakMemory* memory = execution.weak_memory(order); memory != nullptr && chooses) [[unlikely]]
      return load_weakly(execution, *memory, order);
    execution.touch(object_, Access::read);
    execution.note([&] { return "= " + text(value_); });
    return value_;
  }
  [[gnu::always_inline]] void store(T desired, std::memory_order order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    const bool chooses = execution.step(ops::atomic_store, object_, Access::write, where);
    if (WeakMemory* memory = execution.weak_memory(order)) [[unlikely]]
      return store_weakly(execution, *memory, desired, order, chooses);
    execution.touch(object_, Access::write);
    execution.note([&] { return text(value_) + " -> " + text(desired); });
    value_ = desired;
  }
  [[gnu::always_inline]] T exchange(T desired, std::memory_order order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current()) {
    return update([&](T) { return desired; }, order, where);
  }
  [[gnu::always_inline]] T fetch_add(T delta, std::memory_order order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_arithmetic_v<T>
  {
    return update([&](T old) { return static_cast<T>(old + delta); }, order, where);
  }
  [[gnu::always_inline]] T fetch_sub(T delta, std::memory_order order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_arithmetic_v<T>
  {
    return update([&](T old) { return static_cast<T>(old - delta); }, order, where);
  }
  [[gnu::always_inline]] T fetch_or(T bits, std::memory_order order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current())
    requires std::is_integral_v<T>
  {
    return update([&](T old) { return static_cast<T>(old | bits); }, order, where);
  }
  [[gnu::always_inline]] T fetch_and(T bits, std::memory_order order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_integral_v<T>
  {
    return update([&](T old) { return static_cast<T>(old & bits); }, order, where);
  }
  /// Never fails spuriously. A failed exchange is a load of the same order, as far as that acquires.
  [[gnu::always_inline]] bool compare_exchange(T& expected, T desired,
                                               std::memory_order order = std::memory_order_seq_cst,
                                               std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    const bool chooses = execution.step(ops::atomic_exchange_if, object_, Access::write, where);
    if (WeakMemory* memory = execution.weak_memory(order)) [[unlikely]]
      return exchange_weakly(execution, *memory, expected, desired, order, chooses);
    if (value_ != expected) {  // a failed exchange is a read
      execution.touch(object_, Access::read);
      execution.note([&] { return "is " + text(value_) + ", not " + text(expected); });
      expected = value_;
      return false;
    }
    execution.touch(object_, Access::write);
    execution.note([&] { return text(value_) + " -> " + text(desired); });
    value_ = desired;
    return true;
  }
  /// The value as it is, the latest in modification order, without a scheduling point: for properties and checks.
  [[nodiscard]] const T& peek() const noexcept { return value_; }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  template <class F>
  [[gnu::always_inline]] T update(F f, std::memory_order order, std::source_location where) {
    Execution& execution = Execution::current();
    const bool chooses = execution.step(ops::atomic_update, object_, Access::write, where);
    if (WeakMemory* memory = execution.weak_memory(order)) [[unlikely]]
      return update_weakly(execution, *memory, f, order, chooses);
    execution.touch(object_, Access::write);
    const T old = value_;
    value_ = f(old);
    execution.note([&] { return text(old) + " -> " + text(value_); });
    return old;
  }

  [[gnu::noinline]] T load_weakly(Execution& execution, WeakMemory& memory, std::memory_order order) const {
    detail::touch_atomic(execution, object_, Access::read, order);
    const TaskId self = execution.running_task().id;
    const std::vector<WeakMemory::Message>& messages = memory.readable(self, location_, order);
    const WeakMemory::Message message = messages[execution.alternative(static_cast<std::uint32_t>(messages.size()))];
    memory.load(self, location_, message, order);
    const T& value = value_of(memory, message);
    execution.note([&] { return "= " + text(value) + overlooked(memory, message) + suffix(order); });
    return value;
  }

  [[gnu::noinline]] void store_weakly(Execution& execution, WeakMemory& memory, T desired, std::memory_order order,
                                      bool chooses) {
    detail::touch_atomic(execution, object_, Access::write, order);
    const TaskId self = execution.running_task().id;
    const std::vector<WeakMemory::Message>& behind = memory.storable(self, location_, order);
    const WeakMemory::Message last =
        chooses ? behind[execution.alternative(static_cast<std::uint32_t>(behind.size()))] : behind.front();
    execution.note([&] {
      const bool is_latest = last == memory.latest(location_);
      return text(value_of(memory, last)) + " -> " + text(desired) +
             (is_latest ? "" : ", which " + text(value_) + " overwrites") + suffix(order);
    });
    memory.store(self, location_, last, keep(execution, desired), order);
    value_ = value_of(memory, memory.latest(location_));
  }

  template <class F>
  [[gnu::noinline]] T update_weakly(Execution& execution, WeakMemory& memory, F f, std::memory_order order,
                                    bool chooses) {
    detail::touch_atomic(execution, object_, Access::write, order);
    const TaskId self = execution.running_task().id;
    std::vector<WeakMemory::Message>& messages = memory.readable(self, location_, order);
    std::erase_if(messages, [&](WeakMemory::Message m) { return memory.is_updated(location_, m); });
    const WeakMemory::Message message =
        chooses ? messages[execution.alternative(static_cast<std::uint32_t>(messages.size()))] : messages.front();
    return put_behind(execution, memory, message, f, order);
  }

  [[gnu::noinline]] bool exchange_weakly(Execution& execution, WeakMemory& memory, T& expected, T desired,
                                         std::memory_order order, bool chooses) {
    // A write even where it fails, so that what it touches does not depend on which value it sees.
    detail::touch_atomic(execution, object_, Access::write, order);
    const TaskId self = execution.running_task().id;
    std::vector<WeakMemory::Message>& messages = memory.readable(self, location_, order);
    std::erase_if(messages, [&](WeakMemory::Message m) {
      return value_of(memory, m) == expected && memory.is_updated(location_, m);
    });
    const WeakMemory::Message message =
        chooses ? messages[execution.alternative(static_cast<std::uint32_t>(messages.size()))] : messages.front();
    const T& value = value_of(memory, message);
    if (value == expected) {
      put_behind(execution, memory, message, [&](T) { return desired; }, order);
      return true;
    }
    memory.load(self, location_, message, order);
    execution.note(
        [&] { return "is " + text(value) + ", not " + text(expected) + overlooked(memory, message) + suffix(order); });
    expected = value;
    return false;
  }

  template <class F>
  T put_behind(Execution& execution, WeakMemory& memory, WeakMemory::Message message, F f, std::memory_order order) {
    const T old = value_of(memory, message);
    const T desired = f(old);
    const bool is_latest = message == memory.latest(location_);
    execution.note([&] {
      return text(old) + " -> " + text(desired) + (is_latest ? "" : ", which " + text(value_) + " overwrites") +
             suffix(order);
    });
    memory.update(execution.running_task().id, location_, message, keep(execution, desired), order);
    value_ = value_of(memory, memory.latest(location_));
    return old;
  }

  [[nodiscard]] const T& value_of(const WeakMemory& memory, WeakMemory::Message message) const {
    return *static_cast<const T*>(memory.value(location_, message));
  }
  static const T* keep(Execution& execution, const T& value) {
    return new (execution.arena().allocate(sizeof(T), alignof(T))) T(value);
  }
  std::string overlooked(const WeakMemory& memory, WeakMemory::Message message) const {
    return message == memory.latest(location_) ? "" : ", not yet the latest, " + text(value_);
  }
  static std::string suffix(std::memory_order order) { return " (" + std::string(detail::to_string(order)) + ")"; }
  static std::string text(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return std::to_string(static_cast<long long>(value));
    } else if constexpr (std::same_as<T, bool>) {
      return value ? "true" : "false";
    } else if constexpr (requires(std::ostream& out) { out << value; }) {
      std::ostringstream out;
      out << value;
      return out.str();
    } else {
      return "(value)";
    }
  }

  ObjectId object_;
  WeakMemory::Location location_ = 0;
  T value_;
};

}  // namespace heddle::sim

// `Atomic<T>`: std::atomic for code under test. Sequentially consistent: a memory order is accepted and means
// `seq_cst`. Operations are inlined into the task: see `Fiber::switch_between`. Not detected: behaviours of weaker
// memory models.
#pragma once

#include <atomic>
#include <concepts>
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
}  // namespace ops

template <class T>
  requires std::is_trivially_copyable_v<T>
class Atomic {
 public:
  explicit Atomic(T initial = T{}, Name name = {})
      : object_(Execution::current().add_object("atomic", name)), value_(initial) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[nodiscard, gnu::always_inline]] T load(std::memory_order = std::memory_order_seq_cst,
                                           std::source_location where = std::source_location::current()) const {
    Execution& execution = Execution::current();
    execution.step(ops::atomic_load, object_, Access::read, where);
    execution.touch(object_, Access::read);
    execution.note([&] { return "= " + text(value_); });
    return value_;
  }
  [[gnu::always_inline]] void store(T desired, std::memory_order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    execution.step(ops::atomic_store, object_, Access::write, where);
    execution.touch(object_, Access::write);
    execution.note([&] { return text(value_) + " -> " + text(desired); });
    value_ = desired;
  }
  [[gnu::always_inline]] T exchange(T desired, std::memory_order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current()) {
    return update([&](T) { return desired; }, where);
  }
  [[gnu::always_inline]] T fetch_add(T delta, std::memory_order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_arithmetic_v<T>
  {
    return update([&](T old) { return static_cast<T>(old + delta); }, where);
  }
  [[gnu::always_inline]] T fetch_sub(T delta, std::memory_order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_arithmetic_v<T>
  {
    return update([&](T old) { return static_cast<T>(old - delta); }, where);
  }
  [[gnu::always_inline]] T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst,
                                    std::source_location where = std::source_location::current())
    requires std::is_integral_v<T>
  {
    return update([&](T old) { return static_cast<T>(old | bits); }, where);
  }
  [[gnu::always_inline]] T fetch_and(T bits, std::memory_order = std::memory_order_seq_cst,
                                     std::source_location where = std::source_location::current())
    requires std::is_integral_v<T>
  {
    return update([&](T old) { return static_cast<T>(old & bits); }, where);
  }
  /// Never fails spuriously.
  [[gnu::always_inline]] bool compare_exchange(T& expected, T desired, std::memory_order = std::memory_order_seq_cst,
                                               std::source_location where = std::source_location::current()) {
    Execution& execution = Execution::current();
    execution.step(ops::atomic_exchange_if, object_, Access::write, where);
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
  /// The value as it is, without a scheduling point: for properties and checks.
  [[nodiscard]] const T& peek() const noexcept { return value_; }

 private:
  template <class F>
  [[gnu::always_inline]] T update(F f, std::source_location where) {
    Execution& execution = Execution::current();
    execution.step(ops::atomic_update, object_, Access::write, where);
    execution.touch(object_, Access::write);
    const T old = value_;
    value_ = f(old);
    execution.note([&] { return text(old) + " -> " + text(value_); });
    return old;
  }
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
  T value_;
};

}  // namespace heddle::sim

// Names of tasks and objects without formatting: a text and an optional index, joined only when a person reads them.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sim {

/// `Name{"worker", 2}` reads "worker-2". The text need not outlive the call it is passed to.
struct Name {
  std::string_view text;
  int index = -1;

  constexpr Name() = default;
  constexpr Name(const char* name) : text(name) {}       // NOLINT(google-explicit-constructor)
  constexpr Name(std::string_view name) : text(name) {}  // NOLINT(google-explicit-constructor)
  Name(const std::string& name) : text(name) {}          // NOLINT(google-explicit-constructor)
  constexpr Name(std::string_view name, int i) : text(name), index(i) {}

  [[nodiscard]] std::string str() const {
    return index < 0 ? std::string(text) : std::string(text) + "-" + std::to_string(index);
  }
};

}  // namespace heddle::sim

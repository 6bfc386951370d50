// How far an exploration is, shown on a terminal while it runs; in a log nothing is shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/explore/verdict.hpp"

namespace heddle::cli {

class LiveProgress {
 public:
  explicit LiveProgress(std::string name);
  LiveProgress(const LiveProgress&) = delete;
  LiveProgress& operator=(const LiveProgress&) = delete;
  ~LiveProgress();

  /// To be called before each execution.
  void update(const sim::Evidence& so_far);

 private:
  std::string name_;
  bool is_shown_;
  bool was_shown_ = false;
  std::uint64_t calls_ = 0;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace heddle::cli

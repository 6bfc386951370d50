// The terminal, if there is one: its width, colours, and a line that is written over.
#pragma once

#include <string>
#include <string_view>

#include "sim/replay/lanes.hpp"

namespace heddle::cli {

/// How lanes are drawn on stdout: to the terminal's width and in colour (unless NO_COLOR is set); 100 characters wide
/// in a file.
[[nodiscard]] sim::LanesOptions lanes_for_stdout();

/// One line of progress on stderr: redrawn in place on a terminal, now and then a line of its own in a log.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }
  void show(const std::string& text);
  /// Makes room for other output.
  void clear();

 private:
  bool is_terminal_ = false;
  bool is_shown_ = false;
};

/// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "8h 3m", "12 s", "0.25 s".
[[nodiscard]] std::string human_seconds(double seconds);

}  // namespace heddle::cli

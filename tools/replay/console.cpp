#include "tools/replay/console.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace heddle::cli {
namespace {

constexpr std::size_t width_of_a_file = 100;
constexpr std::size_t narrowest = 40;

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return width_of_a_file;
  return std::max<std::size_t>(size.ws_col, narrowest);
}

}  // namespace

sim::LanesOptions lanes_for_stdout() {
  sim::LanesOptions lanes;
  const bool is_terminal = isatty(STDOUT_FILENO) != 0;
  lanes.width = is_terminal ? terminal_width(STDOUT_FILENO) : width_of_a_file;
  lanes.colour = is_terminal && std::getenv("NO_COLOR") == nullptr;
  return lanes;
}

ProgressLine::ProgressLine() : is_terminal_(isatty(STDERR_FILENO) != 0) {}

void ProgressLine::show(const std::string& text) {
  if (!is_terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  fmt::print(stderr, "\r\033[K{}", text.substr(0, terminal_width(STDERR_FILENO) - 1));
  std::fflush(stderr);
  is_shown_ = true;
}

void ProgressLine::clear() {
  if (!is_shown_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  is_shown_ = false;
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string human_seconds(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole >= 3600) return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{:.3g} s", seconds);
}

}  // namespace heddle::cli

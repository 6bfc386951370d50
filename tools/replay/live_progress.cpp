#include "tools/replay/live_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace heddle::cli {
namespace {

constexpr auto pause = std::chrono::milliseconds(500);
constexpr std::uint64_t calls_per_look = 64;

}  // namespace

LiveProgress::LiveProgress(std::string name)
    : name_(std::move(name)), is_shown_(isatty(STDERR_FILENO) == 1), next_(std::chrono::steady_clock::now() + pause) {}

LiveProgress::~LiveProgress() {
  if (was_shown_) fmt::print(stderr, "\r\x1b[K");
}

void LiveProgress::update(const sim::Evidence& so_far) {
  if (!is_shown_ || ++calls_ % calls_per_look != 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + pause;
  was_shown_ = true;
  std::string line = fmt::format("{}: {} executions", name_, so_far.executions);
  if (so_far.explored_share > 0)
    line += fmt::format(", {:.2g} % of the tree known so far ({:.2g} executions or more in all)",
                        100 * so_far.explored_share, static_cast<double>(so_far.executions) / so_far.explored_share);
  if (so_far.is_random)
    line += fmt::format(", {} distinct traces of {:.0f} or more, {:.2g} % of executions would show a new one",
                        so_far.distinct_traces, so_far.traces_at_least, 100 * so_far.unseen_share);
  fmt::print(stderr, "\r{}\x1b[K", line);
  std::fflush(stderr);
}

}  // namespace heddle::cli

#include "tools/replay/stepper.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>

namespace heddle::cli {
namespace {

constexpr std::string_view help = "n (or enter): next step, p: previous step, a number: go to that step, q: quit\n";

std::optional<std::string> read_line(std::FILE* input) {
  std::string line;
  for (int c = std::fgetc(input); c != EOF; c = std::fgetc(input)) {
    if (c == '\n') return line;
    line += static_cast<char>(c);
  }
  return line.empty() ? std::nullopt : std::optional(line);
}

void print_step(const sim::Timeline& timeline, std::size_t index) {
  const sim::TimelineRow& row = timeline.rows[index];
  fmt::print("step {}/{}  {}: {}{}", row.step, timeline.rows.size(), timeline.tasks[row.task].name, sim::describe(row),
             row.preempts ? "  (preempts)" : "");
  if (row.time_ns > 0) fmt::print("  at {}", sim::format_duration(row.time_ns));
  if (!row.where.empty()) fmt::print("  {}", row.where);
  fmt::print("\n");
  if (index + 1 == timeline.rows.size() && !timeline.property.empty())
    fmt::print("here {} is violated: {}\n", timeline.property, timeline.message);
}

/// Where `command` leads from `index`; nothing if it is not understood or leads out of the timeline.
std::optional<std::size_t> destination(const std::string& command, std::size_t index, std::size_t size) {
  if (command.empty() || command == "n") return index + 1 < size ? std::optional(index + 1) : std::nullopt;
  if (command == "p") return index > 0 ? std::optional(index - 1) : std::nullopt;
  std::size_t step = 0;
  const char* const end = command.data() + command.size();
  const auto parsed = std::from_chars(command.data(), end, step);
  if (parsed.ec != std::errc{} || parsed.ptr != end || step < 1 || step > size) return std::nullopt;
  return step - 1;
}

}  // namespace

void step_through(const sim::Timeline& timeline, std::FILE* input) {
  if (timeline.rows.empty()) {
    fmt::print("the run has no steps\n");
    return;
  }
  fmt::print("{}", help);
  std::size_t index = 0;
  print_step(timeline, index);
  std::fflush(stdout);
  while (const std::optional<std::string> command = read_line(input)) {
    if (*command == "q") break;
    if (const std::optional<std::size_t> next = destination(*command, index, timeline.rows.size())) {
      index = *next;
      print_step(timeline, index);
    } else if (command->empty() || *command == "n") {
      fmt::print("this is the last step\n");
    } else if (*command == "p") {
      fmt::print("this is the first step\n");
    } else {
      fmt::print("'{}' is not understood. {}", *command, help);
    }
    std::fflush(stdout);
  }
}

}  // namespace heddle::cli

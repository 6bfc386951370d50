#include "properties/history.hpp"

#include <algorithm>
#include <numeric>

namespace heddle::properties {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

/// Each moment at which something is invoked or answered is a column; columns are as wide as the texts need.
class Columns {
 public:
  explicit Columns(const std::vector<DrawnOperation>& operations) {
    for (const DrawnOperation& operation : operations) {
      moments_.push_back(operation.invoked);
      if (operation.answered != never) moments_.push_back(operation.answered);
    }
    std::ranges::sort(moments_);
    widths_.assign(moments_.size() + 1, 1);
    std::vector<const DrawnOperation*> by_end;
    for (const DrawnOperation& operation : operations) by_end.push_back(&operation);
    std::ranges::sort(by_end, {}, &DrawnOperation::answered);
    for (const DrawnOperation* operation : by_end) {
      const std::size_t needed = length(operation->text) + frame(*operation);
      const std::size_t have = end(*operation) - start(*operation);
      if (have < needed) widths_[column(operation->answered) - 1] += needed - have;
    }
  }
  [[nodiscard]] std::size_t start(const DrawnOperation& operation) const { return offset(column(operation.invoked)); }
  /// Behind its last character.
  [[nodiscard]] std::size_t end(const DrawnOperation& operation) const { return offset(column(operation.answered)); }

  /// What surrounds the text.
  static std::size_t frame(const DrawnOperation& operation) { return operation.is_marked ? 5 : 4; }
  /// In characters, of UTF-8.
  static std::size_t length(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }

 private:
  [[nodiscard]] std::size_t column(std::uint64_t moment) const {
    return moment == never ? moments_.size()
                           : static_cast<std::size_t>(std::ranges::lower_bound(moments_, moment) - moments_.begin());
  }
  [[nodiscard]] std::size_t offset(std::size_t column) const {
    return std::accumulate(widths_.begin(), widths_.begin() + static_cast<std::ptrdiff_t>(column), std::size_t{0});
  }

  std::vector<std::uint64_t> moments_;
  std::vector<std::size_t> widths_;
};

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

std::string draw_history(const std::vector<DrawnOperation>& operations) {
  const Columns columns(operations);
  std::vector<std::string> lanes;
  std::size_t widest = 0;
  for (const DrawnOperation& operation : operations) {
    if (std::ranges::find(lanes, operation.lane) == lanes.end()) lanes.push_back(operation.lane);
    widest = std::max(widest, Columns::length(operation.lane));
  }
  std::string drawing;
  for (const std::string& lane : lanes) {
    std::string line = repeat(" ", widest - Columns::length(lane)) + lane + " │ ";
    std::size_t at = 0;
    for (const DrawnOperation& operation : operations) {
      if (operation.lane != lane) continue;
      const std::size_t start = columns.start(operation);
      const std::size_t room =
          columns.end(operation) - start - Columns::frame(operation) - Columns::length(operation.text);
      const bool is_answered = operation.answered != never;
      line += repeat(" ", start - at) + "├ " + operation.text + " " + repeat(is_answered ? "─" : "┄", room);
      line += is_answered ? (operation.is_marked ? "┤!" : "┤") : "┄";
      at = columns.end(operation);
    }
    drawing += line + "\n";
  }
  return drawing;
}

}  // namespace heddle::properties

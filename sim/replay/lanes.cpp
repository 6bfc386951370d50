#include "sim/replay/lanes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/replay/text.hpp"

namespace heddle::sim {
namespace {

struct Glyphs {
  const char *bar, *dash, *cross, *tee, *dots, *held, *bad, *cut, *more, *waits;
};
constexpr Glyphs unicode{"│", "─", "┼", "┴", "┄", "┆", "✗", "…", "⋮", "⋯"};
constexpr Glyphs plain_ascii{"|", "-", "+", "+", ".", ":", "X", "~", ":", "..."};

enum class Style : std::uint8_t { plain, head, dim, warn, bad, time };

std::string paint(std::string text, Style style, bool colour) {
  if (!colour || text.empty() || style == Style::plain) return text;
  const auto code = [&] {
    switch (style) {
      case Style::head:
        return "1";
      case Style::dim:
        return "2";
      case Style::warn:
        return "33";
      case Style::bad:
        return "1;31";
      case Style::time:
        return "36";
      case Style::plain:
        break;
    }
    return "0";
  }();
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

struct Cell {
  std::string text;
  Style style = Style::plain;
};

/// One row of the table: a cell per lane, or one text across all of them.
struct Line {
  std::string label;
  std::vector<Cell> cells;
  std::optional<Cell> across;
  std::string where;
};

constexpr std::size_t label_width = 5;
constexpr std::size_t separator_width = 3;
constexpr std::size_t least_lane_width = 14;
constexpr std::size_t where_width = 26;
constexpr std::size_t lines_per_cell = 3;
constexpr std::size_t none = ~std::size_t{0};

/// Which rows are shown, when there are too many: long uninterrupted runs lose their middle, then the beginning goes.
class Selection {
 public:
  Selection(const Timeline& timeline, std::size_t max_rows) : hidden_(timeline.rows.size(), false) {
    const std::vector<TimelineRow>& rows = timeline.rows;
    shown_ = rows.size();
    if (shown_ <= max_rows) return;
    for (std::size_t first = 0; first < rows.size();) {
      std::size_t end = first;
      while (end < rows.size() && rows[end].task == rows[first].task) ++end;
      if (end - first > keep_at_start + keep_at_end + 1) hide(first + keep_at_start, end - keep_at_end);
      first = end;
    }
    for (std::size_t i = 0; shown_ > max_rows && i < rows.size(); ++i)
      if (!hidden_[i]) hide(i, i + 1);
  }
  [[nodiscard]] bool is_hidden(std::size_t row) const { return hidden_[row]; }

 private:
  static constexpr std::size_t keep_at_start = 3;
  static constexpr std::size_t keep_at_end = 2;
  void hide(std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) hidden_[i] = true;
    shown_ -= end - first;
  }
  std::vector<bool> hidden_;
  std::size_t shown_ = 0;
};

class Lanes {
 public:
  Lanes(const Timeline& timeline, const LanesOptions& options)
      : timeline_(timeline),
        options_(options),
        glyphs_(options.ascii ? plain_ascii : unicode),
        selection_(timeline, options.max_rows) {
    choose_lanes();
    find_next_rows();
    held_.assign(timeline.tasks.size(), false);
    for (std::size_t i = 0; i < timeline.rows.size(); ++i) add_row(i);
    add_hidden();
    add_failure();
  }

  std::string render() {
    const bool is_table = choose_widths();
    if (is_table) {
      print_table();
    } else {
      print_list();
    }
    if (options_.verdict) print_verdict();
    return std::move(out_);
  }

 private:
  void choose_lanes() {
    std::vector<bool> appears(timeline_.tasks.size(), false);
    for (const TimelineRow& row : timeline_.rows) appears[row.task] = true;
    for (const StuckTask& stuck : timeline_.stuck) appears[stuck.task] = true;
    appears[timeline_.failed_task] = true;
    lane_of_.assign(timeline_.tasks.size(), none);
    for (TaskId id = 1; id < timeline_.tasks.size(); ++id) {
      if (!appears[id]) continue;
      lane_of_[id] = lanes_.size();
      lanes_.push_back(id);
    }
  }

  void find_next_rows() {
    std::vector<std::size_t> next(timeline_.tasks.size(), none);
    next_row_.assign(timeline_.rows.size(), none);
    for (std::size_t i = timeline_.rows.size(); i > 0; --i) {
      next_row_[i - 1] = next[timeline_.rows[i - 1].task];
      next[timeline_.rows[i - 1].task] = i - 1;
    }
  }

  Line blank() const { return Line{{}, std::vector<Cell>(lanes_.size()), {}, {}}; }
  Cell& cell(Line& line, TaskId task) { return line.cells[lane_of_[task]]; }

  void add_row(std::size_t i) {
    const TimelineRow& row = timeline_.rows[i];
    Line line = blank();
    line.label = std::to_string(row.step);
    if (row.task == clock_task) {
      line.across = Cell{time_text(row), Style::time};
      if (row.preempts && i > 0 && next_row_[i - 1] != none) held_[timeline_.rows[i - 1].task] = true;
    } else {
      held_[row.task] = false;
      for (const TaskId task : lanes_)
        if (held_[task]) cell(line, task) = {glyphs_.held, Style::warn};
      if (i > 0) add_handover(line, i);
      cell(line, row.task).text = printable(describe(row));
      line.where = row.where;
    }
    if (selection_.is_hidden(i)) {
      ++hidden_;
      hidden_lane_ = hidden_ == 1 || hidden_lane_ == row.task ? row.task : clock_task;
      return;
    }
    add_hidden();
    lines_.push_back(std::move(line));
  }

  /// What becomes of the task of the row before, when another goes on.
  void add_handover(Line& line, std::size_t i) {
    const TimelineRow& row = timeline_.rows[i];
    const TaskId before = timeline_.rows[i - 1].task;
    if (before == row.task || before == clock_task) return;
    if (row.preempts) {
      held_[before] = true;
      cell(line, before) = {fmt::format("{0}{0} preempted", glyphs_.dots), Style::warn};
    } else if (const std::size_t next = next_row_[i - 1]; next != none) {
      const TimelineRow& wanted = timeline_.rows[next];
      cell(line, before) = {printable(fmt::format("{} {}", glyphs_.waits, waiting_for(wanted))), Style::dim};
    }
  }

  static std::string waiting_for(const TimelineRow& wanted) {
    if (wanted.op == ops::sleep.name) return "sleeps";
    if (wanted.op == ops::work.name) return "works";
    return "waits: " + (wanted.object.empty() ? wanted.op : wanted.op + " " + wanted.object);
  }

  std::string time_text(const TimelineRow& row) const {
    std::string text = "it is " + format_duration(row.time_ns);
    if (!row.detail.empty()) text += ": " + printable(row.detail);
    if (row.preempts)
      text += row.detail.empty() ? ": time passes although a task could go on" : ", although a task could go on";
    if (!row.choices.empty()) text += fmt::format(", timer {} of those due", row.choices.front() + 1);
    return text;
  }

  void add_hidden() {
    if (hidden_ == 0) return;
    Line line = blank();
    const Cell text{fmt::format("{} {} more step{}", glyphs_.more, hidden_, hidden_ == 1 ? "" : "s"), Style::dim};
    if (hidden_lane_ == clock_task) {
      line.across = text;
    } else {
      cell(line, hidden_lane_) = text;
    }
    lines_.push_back(std::move(line));
    hidden_ = 0;
  }

  void add_failure() {
    if (timeline_.failure == FailureKind::none) return;
    Line line = blank();
    for (const StuckTask& stuck : timeline_.stuck) {
      std::string text = fmt::format("{} waits for ever: {}", glyphs_.bad, stuck.op);
      if (!stuck.object.empty()) text += " " + stuck.object;
      if (stuck.holder != 0)
        text += fmt::format(" (held by {} since step {})", timeline_.tasks[stuck.holder].name, stuck.held_since);
      cell(line, stuck.task) = {printable(text), Style::bad};
    }
    if (timeline_.stuck.empty() && timeline_.failed_task != clock_task)
      cell(line, timeline_.failed_task) = {printable(fmt::format("{} {}", glyphs_.bad, timeline_.property)),
                                           Style::bad};
    if (!timeline_.stuck.empty() || timeline_.failed_task != clock_task) lines_.push_back(std::move(line));
  }

  /// False when the lanes would be too narrow to read.
  bool choose_widths() {
    std::vector<std::size_t> wanted;
    for (const TaskId task : lanes_)
      wanted.push_back(std::max(display_width(timeline_.tasks[task].name), std::size_t{8}));
    for (const Line& line : lines_)
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
        wanted[lane] = std::max(wanted[lane], display_width(line.cells[lane].text));
    const std::size_t taken =
        label_width + separator_width * lanes_.size() + (options_.locations ? where_width + separator_width : 0);
    const std::size_t available = options_.width > taken ? options_.width - taken : 0;
    const auto total = [&](std::size_t cap) {
      std::size_t sum = 0;
      for (const std::size_t width : wanted) sum += std::min(width, cap);
      return sum;
    };
    std::size_t cap = available;
    while (cap > 0 && total(cap) > available) --cap;
    for (const std::size_t width : wanted) {
      if (width > cap && cap < least_lane_width) return false;
      widths_.push_back(std::min(width, cap));
    }
    return true;
  }

  std::string bar() const { return std::string(" ") + glyphs_.bar + " "; }
  std::string dashes(std::size_t count) const { return repeat(glyphs_.dash, count); }
  static std::string repeat(std::string_view text, std::size_t count) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i) result += text;
    return result;
  }

  void finish_line(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + '\n';
  }

  void print_rule(const char* crossing) {
    std::string line = dashes(label_width + 1);
    for (const std::size_t width : widths_) line += crossing + dashes(width + 2);
    finish_line(line.substr(0, line.size() - std::string_view(glyphs_.dash).size()));
  }

  void print_table() {
    std::string head = fmt::format("{:>{}}", "step", label_width);
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
      head += bar() + paint(pad(clip(timeline_.tasks[lanes_[lane]].name, widths_[lane], glyphs_.cut), widths_[lane]),
                            Style::head, options_.colour);
    finish_line(head);
    print_rule(glyphs_.cross);
    for (const Line& line : lines_) {
      if (line.across) {
        print_across(line);
      } else {
        print_cells(line);
      }
    }
    print_rule(glyphs_.tee);
  }

  void print_across(const Line& line) {
    std::size_t width = separator_width * lanes_.size() - separator_width;
    for (const std::size_t lane : widths_) width += lane;
    const std::size_t room =
        std::max(options_.width, label_width + separator_width + least_lane_width) - label_width - separator_width;
    const std::string text = clip(fmt::format("{0}{0} {1} ", glyphs_.dots, line.across->text), room, glyphs_.cut);
    const std::string filled = text + repeat(glyphs_.dots, width - std::min(width, display_width(text)));
    finish_line(fmt::format("{:>{}}", line.label, label_width) + bar() +
                paint(filled, line.across->style, options_.colour));
  }

  void print_cells(const Line& line) {
    std::vector<std::vector<std::string>> wrapped;
    std::size_t height = 1;
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
      wrapped.push_back(wrap(line.cells[lane].text, widths_[lane], lines_per_cell, glyphs_.cut));
      height = std::max(height, wrapped.back().size());
    }
    for (std::size_t k = 0; k < height; ++k) {
      std::string text = fmt::format("{:>{}}", k == 0 ? line.label : "", label_width);
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        const Cell& cell_here = line.cells[lane];
        const bool goes_on = cell_here.text == glyphs_.held;  // a dotted line has no gaps
        const std::string part = k < wrapped[lane].size() ? wrapped[lane][k] : goes_on ? glyphs_.held : "";
        text += bar() + paint(pad(part, widths_[lane]), part.empty() ? Style::plain : cell_here.style, options_.colour);
      }
      if (options_.locations && k == 0 && !line.where.empty())
        text += "   " + paint(clip(line.where.substr(line.where.rfind('/') + 1), where_width, glyphs_.cut), Style::dim,
                              options_.colour);
      finish_line(text);
    }
  }

  // Too many tasks for the terminal: one column for the task's name, one for what happens.
  void print_list() {
    std::size_t names = 4;
    for (const TaskId task : lanes_) names = std::max(names, display_width(timeline_.tasks[task].name));
    names = std::min(names, std::max(options_.width / 4, std::size_t{8}));
    const std::size_t taken = label_width + names + 2 * separator_width;
    const std::size_t rest = options_.width > taken + least_lane_width ? options_.width - taken : least_lane_width;
    const auto print = [&](std::string_view label, std::string_view name, const Cell& what) {
      bool is_first = true;
      for (const std::string& part : wrap(what.text, rest, lines_per_cell, glyphs_.cut)) {
        finish_line(fmt::format("{:>{}}", is_first ? label : "", label_width) + bar() +
                    pad(clip(is_first ? name : "", names, glyphs_.cut), names) + bar() +
                    paint(part, what.style, options_.colour));
        is_first = false;
      }
    };
    print("step", "task", {"", Style::plain});
    for (const Line& line : lines_) {
      if (line.across) print(line.label, "", *line.across);
      // First what becomes of the others, then the step itself.
      for (const bool steps : {false, true})
        for (std::size_t lane = 0; !line.across && lane < lanes_.size(); ++lane) {
          const Cell& here = line.cells[lane];
          if (here.text.empty() || here.text == glyphs_.held || (here.style == Style::plain) != steps) continue;
          print(here.style == Style::plain ? line.label : "", timeline_.tasks[lanes_[lane]].name, here);
        }
    }
  }

  void print_verdict() {
    if (timeline_.failure == FailureKind::none) return;
    std::string text = timeline_.property;
    if (timeline_.failure == FailureKind::property)
      text += timeline_.failed_task == clock_task ? " is violated at the end" : " is violated";
    if (!timeline_.message.empty()) text += ": " + printable(timeline_.message);
    const std::size_t indent = label_width + separator_width;
    bool is_first = true;
    for (const std::string& part :
         wrap(text, std::max(options_.width, indent + least_lane_width) - indent, 12, glyphs_.cut)) {
      finish_line(paint(fmt::format("{:>{}}   {}", is_first ? glyphs_.bad : "", label_width, part), Style::bad,
                        options_.colour));
      is_first = false;
    }
  }

  const Timeline& timeline_;
  const LanesOptions& options_;
  const Glyphs& glyphs_;
  Selection selection_;
  std::vector<TaskId> lanes_;
  std::vector<std::size_t> lane_of_;
  std::vector<std::size_t> next_row_;  // of the same task
  std::vector<bool> held_;             // preempted, and has not run since
  std::size_t hidden_ = 0;
  TaskId hidden_lane_ = 0;
  std::vector<Line> lines_;
  std::vector<std::size_t> widths_;
  std::string out_;
};

}  // namespace

std::string render_lanes(const Timeline& timeline, const LanesOptions& options) {
  if (timeline.tasks.empty()) return {};
  return Lanes(timeline, options).render();
}

}  // namespace heddle::sim

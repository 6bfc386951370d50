// Runs every command that README.md and docs/ show, and compares what it prints. HEDDLE_UPDATE_DOCS=1 writes what was
// printed into the pages instead. (The complete C++ programs of the pages are compiled into this program, as tests.)
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/docs/console.hpp"
#include "tests/tools/process.hpp"

namespace heddle::test {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> pages() {
  const std::filesystem::path root = HEDDLE_SOURCE_DIR;
  std::vector<std::string> paths{"README.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md")
      paths.push_back(std::filesystem::relative(entry.path(), root).generic_string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A shell in a directory of its own, where `heddle` is this build's.
class Shell {
 public:
  Lines run(const std::string& command) {
    const std::string folder = std::filesystem::path(HEDDLE_BINARY).parent_path().string();
    const std::string script = "cd '" + directory_.path() + "'; PATH='" + folder + "':$PATH; export PATH; (exit " +
                               std::to_string(status_) + "); " + command;
    const Ended ended = run_process({"/bin/sh", "-c", "exec 2>&1; " + script});
    status_ = ended.exit_code;
    return lines_of(ended.out);
  }

 private:
  TemporaryDirectory directory_;
  int status_ = 0;
};

/// Blank lines at the end of a block are for its readers.
Lines without_blank_end(Lines lines) {
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string on_one_page(const std::string& command) {
  const std::string long_form = "build/release/heddle";
  return command.starts_with(long_form) ? "heddle" + command.substr(long_form.size()) : command;
}

class Docs : public ::testing::TestWithParam<std::string> {};

TEST_P(Docs, ShowWhatTheCommandsPrint) {
  const std::filesystem::path path = std::filesystem::path(HEDDLE_SOURCE_DIR) / GetParam();
  Lines page = lines_of(read_text(path.string()));
  const bool update = std::getenv("HEDDLE_UPDATE_DOCS") != nullptr;
  Shell shell;
  std::ptrdiff_t moved = 0;
  for (const Console& console : consoles_of(page)) {
    for (Command command : console) {
      ASSERT_EQ(command.text.find("script/"), std::string::npos)
          << GetParam() << ":" << command.line << ": use ```sh for what is not to be run";
      const Lines printed = shell.run(on_one_page(command.text));
      if (shows(without_blank_end(command.output), without_blank_end(printed))) continue;
      if (!update) {
        ADD_FAILURE() << GetParam() << ":" << command.line << ": `" << command.text << "` prints\n"
                      << joined(printed) << "and not\n"
                      << joined(command.output) << "(HEDDLE_UPDATE_DOCS=1 writes it into the page)";
        continue;
      }
      command.line = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(command.line) + moved);
      page = with_output(std::move(page), command, without_blank_end(printed));
      moved += std::ssize(without_blank_end(printed)) - std::ssize(command.output);
    }
  }
  if (update) std::ofstream(path) << joined(page);
}

INSTANTIATE_TEST_SUITE_P(Pages, Docs, ::testing::ValuesIn(pages()), [](const auto& instance) {
  std::string name = instance.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

const Lines example = {"# A page", "```console", "$ heddle run x", "violated: 12 executions, 0.003 s, 512 executions/s",
                       "",         "step 1",     "step 2",         "```"};

TEST(Consoles, AreCommandsAndTheirOutput) {
  const std::vector<Console> consoles = consoles_of(example);
  ASSERT_EQ(consoles.size(), 1U);
  ASSERT_EQ(consoles[0].size(), 1U);
  EXPECT_EQ(consoles[0][0].text, "heddle run x");
  EXPECT_EQ(consoles[0][0].line, 3U);
  EXPECT_EQ(consoles[0][0].output.size(), 4U);
}

TEST(Consoles, AreComparedWithoutTimesAndRates) {
  EXPECT_TRUE(shows({"12 executions, 0.003 s, 512 executions/s"}, {"12 executions, 1.2 s, 9 executions/s"}));
  EXPECT_FALSE(shows({"12 executions, 0.003 s"}, {"13 executions, 0.003 s"}));
}

TEST(Consoles, MayLeaveOutLinesAndTheEndOfALine) {
  EXPECT_TRUE(shows({"a", "  ...", "c"}, {"a", "b", "b", "c"}));
  EXPECT_TRUE(shows({"a", "...", "c"}, {"a", "c"}));
  EXPECT_FALSE(shows({"a", "...", "c"}, {"a", "b"}));
  EXPECT_FALSE(shows({"a"}, {"a", "b"}));
  EXPECT_TRUE(shows({"token h1:ab..."}, {"token h1:abcdef"}));
  EXPECT_FALSE(shows({"token h1:xb..."}, {"token h1:abcdef"}));
}

TEST(Consoles, AreUpdatedInPlace) {
  const Lines updated = with_output(example, consoles_of(example)[0][0], {"new"});
  EXPECT_EQ(updated, (Lines{"# A page", "```console", "$ heddle run x", "new", "```"}));
}

}  // namespace
}  // namespace heddle::test

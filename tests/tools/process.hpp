// Runs a program as its users do: a process, with what it prints and its exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace heddle::test {

struct Ended {
  int exit_code = -1;  ///< 128 + the signal that ended it
  std::string out;
  std::string err;
};

struct ProcessOptions {
  std::string input = {};                     ///< stdin
  std::vector<std::string> environment = {};  ///< "NAME=value", besides this process's own
  std::function<void(int pid)> started = {};  ///< called when it runs
};

/// `arguments[0]` is the path of the program.
[[nodiscard]] Ended run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

/// The command line over the catalogue, and over the scenarios of bad_scenarios/main.cpp.
[[nodiscard]] Ended heddle(std::vector<std::string> arguments, const ProcessOptions& options = {});
[[nodiscard]] Ended heddle_of_bad_scenarios(std::vector<std::string> arguments, const ProcessOptions& options = {});

/// A directory that is removed with all its files.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// The paths of its files, sorted.
  [[nodiscard]] std::vector<std::string> files() const;

 private:
  std::string path_;
};

[[nodiscard]] std::string read_text(const std::string& path);
/// What follows `before` in `text`, up to the end of the word.
[[nodiscard]] std::string word_after(const std::string& text, const std::string& before);

}  // namespace heddle::test

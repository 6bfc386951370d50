// The blocks of a page of documentation that show a terminal: ```console, in which `$ ` begins a command and the lines
// after it are what it prints.
//
// In the output, a line `...` stands for any number of lines, and `...` at the end of a line for the rest of it. Times
// and rates are not compared.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace heddle::test {

struct Command {
  std::size_t line = 0;  ///< of the page, from 1
  std::string text;
  std::vector<std::string> output;
};

/// One ```console block.
using Console = std::vector<Command>;

[[nodiscard]] std::vector<Console> consoles_of(const std::vector<std::string>& page);
/// Whether what a command printed is what the page shows.
[[nodiscard]] bool shows(const std::vector<std::string>& shown, const std::vector<std::string>& printed);
/// The page with the output of `command` replaced.
[[nodiscard]] std::vector<std::string> with_output(std::vector<std::string> page, const Command& command,
                                                   const std::vector<std::string>& printed);

}  // namespace heddle::test

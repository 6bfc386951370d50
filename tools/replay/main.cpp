#include "scenarios/scenario.hpp"
#include "tools/replay/command_line.hpp"

int main(int argc, char** argv) {
  return heddle::cli::run_command_line(argc, argv, heddle::scenarios::catalogue());
}

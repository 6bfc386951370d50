#include "tools/replay/output_directory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/core/error.hpp"

namespace heddle::cli {
namespace {

[[noreturn]] void refuse(const std::string& directory, const std::string& why) {
  throw sim::Error(
      sim::ErrorCode::io,
      fmt::format("failure files cannot be written to '{}': {}; give --out a directory that can be written to",
                  directory, why));
}

}  // namespace

void require_writable(const std::string& directory) {
  if (directory.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) refuse(directory, error.message());
  const std::filesystem::path probe = std::filesystem::path(directory) / fmt::format(".heddle-probe-{}", getpid());
  errno = 0;
  const bool written = static_cast<bool>(std::ofstream(probe) << "probe" << std::flush);
  const int reason = errno;
  std::filesystem::remove(probe, error);
  if (!written) refuse(directory, reason != 0 ? std::strerror(reason) : "it could not be written to");
}

}  // namespace heddle::cli

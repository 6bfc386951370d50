#include "tests/oracle/kv/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "sim/core/error.hpp"

namespace heddle::kv {
namespace {

using namespace std::chrono_literals;

constexpr int attempts = 5;  // somebody else may take the port that was free
constexpr int not_executable = 127;

std::string default_program() {
  const char* const chosen = std::getenv("HEDDLE_REDIS_SERVER");
  return chosen != nullptr && *chosen != '\0' ? chosen : "redis-server";
}

int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const bool is_bound = bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                        getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(socket_fd);
  if (!is_bound) throw sim::Error(sim::ErrorCode::io, "there is no free port on 127.0.0.1 for a redis-server");
  return ntohs(address.sin_port);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

RedisServer::RedisServer() : RedisServer(default_program()) {}

RedisServer::RedisServer(std::string program) {
  std::string path = (std::filesystem::temp_directory_path() / "heddle-redis.XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr)
    throw sim::Error(sim::ErrorCode::io, "cannot make a directory for a redis-server in " + path);
  folder_ = path;
  try {
    for (int attempt = 1;; ++attempt) {
      start(program, free_port());
      if (answers(program)) break;
      if (attempt == attempts)
        throw sim::Error(sim::ErrorCode::io, fmt::format("{} ended as soon as it was started, {} times; it said: {}",
                                                         program, attempts, read_file(folder_ + "/log")));
    }
  } catch (...) {
    stop(SIGKILL);
    std::filesystem::remove_all(folder_);
    throw;
  }
}

RedisServer::~RedisServer() {
  stop(SIGTERM);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::start(const std::string& program, int port) {
  address_.port = port;
  const std::string port_text = std::to_string(port);
  const std::string log = folder_ + "/log";
  const std::vector<const char*> arguments = {program.c_str(),
                                              "--port",
                                              port_text.c_str(),
                                              "--bind",
                                              "127.0.0.1",
                                              "--save",
                                              "",
                                              "--appendonly",
                                              "no",
                                              "--dir",
                                              folder_.c_str(),
                                              "--daemonize",
                                              "no",
                                              "--databases",
                                              "1",
                                              nullptr};
  const int parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw sim::Error(sim::ErrorCode::io, "cannot start another process for redis-server");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(program.c_str(), const_cast<char* const*>(arguments.data()));
  _exit(not_executable);
}

/// Waits for the first answer. False if the server has ended, as it does when somebody else has the port.
bool RedisServer::answers(const std::string& program) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < give_up) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      if (WIFEXITED(status) && WEXITSTATUS(status) == not_executable)
        throw sim::Error(sim::ErrorCode::io,
                         fmt::format("there is no program '{}'; install redis-server 7 (script/bootstrap does), or "
                                     "name it in HEDDLE_REDIS_SERVER",
                                     program));
      return false;
    }
    try {
      RedisClient client(address_);
      const std::string info = client.execute({"INFO", "server"}).text;
      if (info.find("redis_version:7.") == std::string::npos)
        throw sim::Error(sim::ErrorCode::io, program + " is not Redis 7, which is what the model is compared with");
      return true;
    } catch (const CallError&) {  // not yet
    } catch (const sim::Error& error) {
      if (std::string_view(error.what()).find("cannot connect") == std::string_view::npos) throw;
    }
    std::this_thread::sleep_for(5ms);
  }
  throw sim::Error(sim::ErrorCode::io, program + " was started but did not answer within 20 s");
}

void RedisServer::stop(int signal) noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisServer::kill() {
  stop(SIGKILL);
}

}  // namespace heddle::kv

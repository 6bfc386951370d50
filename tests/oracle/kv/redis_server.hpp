// A private redis-server 7 for tests: on the loopback interface, on a port that was free, with a directory of its own
// and without persistence. It ends with this object, or with the process that started it, and leaves nothing behind.
#pragma once

#include <memory>
#include <string>

#include "models/kv/live/redis_client.hpp"

namespace heddle::kv {

class RedisServer {
 public:
  /// Starts the server and waits until it answers. Throws `sim::Error` with a sentence if there is no such program, if
  /// it ends at once, or if it is not Redis 7. `program`: HEDDLE_REDIS_SERVER, or else redis-server.
  RedisServer();
  explicit RedisServer(std::string program);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  [[nodiscard]] const RedisAddress& address() const noexcept { return address_; }
  /// As if it had crashed.
  void kill();
  [[nodiscard]] bool is_running() const noexcept { return pid_ > 0; }

 private:
  void start(const std::string& program, int port);
  [[nodiscard]] bool answers(const std::string& program);
  void stop(int signal) noexcept;

  std::string folder_;
  RedisAddress address_;
  int pid_ = 0;
};

}  // namespace heddle::kv

// The key-value client on a real Redis server, through hiredis: the code that runs on the model runs on this, too. For
// oracles and for trying things out, not for exploration: a server's clock and its network are nobody's decisions, and
// a call blocks the thread.
//
// A library of its own (heddle::kv_live), so that what is only simulated does not link hiredis.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "models/kv/client.hpp"

namespace heddle::kv {

struct RedisAddress {
  std::string host = "127.0.0.1";
  int port = 6379;
};

class RedisClient final : public Client {
 public:
  /// Connects. Throws `sim::Error{io}` when nobody answers there.
  explicit RedisClient(RedisAddress address, std::chrono::milliseconds time_limit = std::chrono::seconds(10));
  ~RedisClient() override;

  using Client::call;
  using Client::execute;
  using Client::transaction;
  /// Throws `CallError` when the connection is lost or no answer comes in time: then a write may have been performed
  /// or not. A later call connects again; what was watched or queued is gone.
  Reply call(const Command& command, Where where) override;
  Reply execute(Arguments words, Where where) override;
  std::optional<std::vector<Reply>> transaction(std::span<const Command> commands, Where where) override;

 private:
  struct Connection;

  void connect();
  Reply send(Arguments words);
  Reply send(const Command& command);

  RedisAddress address_;
  std::chrono::milliseconds time_limit_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace heddle::kv

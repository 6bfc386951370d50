// A connection that counts its calls and remembers which one failed: what the properties about calls and errors compare
// with.
#pragma once

#include <limits>
#include <string>

#include "models/kv/client.hpp"
#include "sim/core/world.hpp"

namespace heddle::scenarios {

class MeteredClient final : public kv::Client {
 public:
  /// After `limit` calls `acquire_terminates` is violated.
  explicit MeteredClient(kv::Client& inner, int limit = std::numeric_limits<int>::max())
      : inner_(inner), limit_(limit) {}

  using kv::Client::call;
  kv::Reply call(const kv::Command& command, Where where) override {
    count_call();
    try {
      return inner_.call(command, where);
    } catch (const kv::CallError&) {
      failed_key_ = command.key;
      throw;
    }
  }
  kv::Reply execute(kv::Arguments words, Where where) override {
    count_call();
    return inner_.execute(words, where);
  }
  std::optional<std::vector<kv::Reply>> transaction(std::span<const kv::Command> commands, Where where) override {
    count_call();
    return inner_.transaction(commands, where);
  }
  [[nodiscard]] int calls() const noexcept { return calls_; }
  /// The key or pattern of the latest call that failed; empty if none has.
  [[nodiscard]] const std::string& failed_key() const noexcept { return failed_key_; }

 private:
  void count_call() {
    ++calls_;
    sim::check("acquire_terminates", calls_ <= limit_,
               [&] { return "an acquisition goes on after " + std::to_string(limit_) + " calls"; });
  }

  kv::Client& inner_;
  int limit_;
  int calls_ = 0;
  std::string failed_key_;
};

}  // namespace heddle::scenarios

// Random sequences of commands over several connections, for the model and a real server to perform; among them
// malformed ones, transactions, watched keys, and keys that expire.
//
// The model's time is virtual, the server's is real. They are made comparable without sleeping for luck: deadlines lie
// in the past or far ahead, all far ahead ones at least 100 s apart, and are compared within a minute; and a key that
// is to expire gets a millisecond and is then watched until the server says that it is gone, while the model lets a few
// milliseconds pass.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/kv/client.hpp"
#include "sim/explore/rng.hpp"

namespace heddle::kv {

struct Act {
  enum class Kind : std::uint8_t {
    words,   ///< `words`, sent as they are
    call,    ///< the same, parsed and sent as a `Command`
    script,  ///< one of the built-in scripts: words are its name, key, expected, value, TTL in ms
    expire,  ///< sets words[0] to words[1] with a TTL that runs out before anything else happens
  };
  Kind kind = Kind::words;
  std::size_t connection = 0;
  std::vector<std::string> words;
};

inline constexpr std::size_t connections = 2;

[[nodiscard]] std::vector<Act> random_sequence(std::uint64_t seed, std::uint64_t index, std::size_t length);
/// On one line.
[[nodiscard]] std::string to_string(const Act& act);

/// What each act was answered, as text that can be compared: times rounded, lists without an order sorted.
using Answers = std::vector<std::string>;
[[nodiscard]] Answers perform_on_model(const std::vector<Act>& acts, Milliseconds now);
class RedisServer;
[[nodiscard]] Answers perform_on_server(const std::vector<Act>& acts, RedisServer& server);

/// The number of the first act that is answered differently, or the length if there is none.
[[nodiscard]] std::size_t first_difference(const Answers& model, const Answers& server);

}  // namespace heddle::kv

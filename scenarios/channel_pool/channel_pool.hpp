// The protocol under test: workers acquire one of N channels through leases in a key-value store, submit through it,
// and release it. Written as such a pool is written; each member of `Protocol` is a decision that its authors had to
// take, and each but the defaults is a mistake that one of the scenarios shows. Read channel_pool.cpp with the defaults
// in mind and you have the specification.
//
// Keys, with NET the network:
//   NET:channel:in-use:ID    the lease of a channel: its holder's token, with a TTL
//   NET:channel:claim:ID     held while somebody decides about the channel, with a short TTL
//   NET:channel:lru          one document: when each channel was last acquired
//   NET:channel:lru:lock     held while the document is changed, with a short TTL
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/kv/client.hpp"
#include "sim/sync/async_mutex.hpp"

namespace heddle::scenarios {

struct Protocol {
  enum class Claiming : std::uint8_t {
    global_mutex,     ///< one mutex of the process around a whole acquisition, and no claims
    without_recheck,  ///< claim, then write the lease
    with_recheck,     ///< claim, look whether there is a lease by now, then write it (the published design)
    set_if_absent,    ///< claim, then write the lease if there is none, in one command
  };
  enum class Release : std::uint8_t { delete_unconditionally, compare_and_delete };
  enum class Order : std::uint8_t { as_listed, lru_with_shuffle };
  enum class LruUpdate : std::uint8_t { none, unlocked, locked };
  enum class Catching : std::uint8_t {
    shared,    ///< one `try` around the listing and the document: both are lost if either fails
    separate,  ///< one each: the listing is needed, the document only helps
  };
  enum class Cooldown : std::uint8_t {
    none,           ///< an uncertain outcome releases the channel at once
    keeps_old_ttl,  ///< leaves the lease as it is
    unchecked,      ///< gives the key a short TTL, whoever's lease it is by now
    checked,        ///< gives the lease a short TTL if it is still its own
  };

  Claiming claiming = Claiming::set_if_absent;
  Release release = Release::compare_and_delete;
  Order order = Order::lru_with_shuffle;
  LruUpdate lru_update = LruUpdate::locked;
  Catching catching = Catching::separate;
  Cooldown cooldown = Cooldown::checked;
  bool names_pattern = true;  ///< a listing that fails says what was listed
  bool names_busy = true;     ///< a pool without a free channel says that all are busy
  bool gives_up = true;       ///< after `attempts`

  int channels = 2;
  int attempts = 1;
  std::optional<kv::Milliseconds> lease_ttl = kv::Milliseconds(10'000);  ///< none: as if it never ran out
  kv::Milliseconds claim_ttl{1'000};
  kv::Milliseconds cooldown_ttl{30};
  kv::Milliseconds pause{10};  ///< between two attempts, at least
  kv::Milliseconds jitter{0};  ///< or this much longer, which is a decision
};

struct Lease {
  int channel = 0;
  std::string token;
};

/// Why there is no channel.
class PoolError : public std::runtime_error {
 public:
  enum class Code : std::uint8_t { capacity, unavailable };
  PoolError(Code code, const std::string& reason);
  [[nodiscard]] Code code() const noexcept { return code_; }

 private:
  Code code_;
};

class ChannelPool {
 public:
  /// `process`: the mutex of the process, for `Claiming::global_mutex`.
  ChannelPool(kv::Client& client, const Protocol& protocol, sim::AsyncMutex* process = nullptr);

  /// Leases a free channel, the least recently acquired first. Throws `PoolError`.
  Lease acquire(const std::string& token);
  void release(const Lease& lease);
  /// For a submission of which nobody knows whether it will land: the channel stays blocked for a short while.
  void release_with_cooldown(const Lease& lease);
  /// The operator's view: the channels that are leased. Throws `PoolError`.
  [[nodiscard]] std::vector<int> locked_channels();

  /// What went wrong without failing an acquisition, the latest.
  [[nodiscard]] const std::string& warning() const noexcept { return warning_; }
  /// The channels in the order in which the latest acquisition tried them.
  [[nodiscard]] const std::vector<int>& tried() const noexcept { return tried_; }
  /// How long it has paused between attempts.
  [[nodiscard]] sim::Duration time_paused() const noexcept { return time_paused_; }

  using LruDocument = std::map<int, std::int64_t>;  ///< when each channel was last acquired, in ms
  [[nodiscard]] static LruDocument parse_lru(const std::string& text);
  [[nodiscard]] static std::string lru_text(const LruDocument& document);
  [[nodiscard]] static std::string in_use_key(int channel);
  static constexpr std::string_view in_use_pattern = "NET:channel:in-use:*";
  static constexpr std::string_view lru_key = "NET:channel:lru";

 private:
  struct Snapshot {
    std::vector<bool> in_use;  // by channel
    LruDocument lru;
  };

  std::optional<Lease> try_once(const std::string& token);
  Snapshot read();
  std::vector<bool> list_in_use();
  [[nodiscard]] int next_candidate(std::vector<int>& left, const LruDocument& lru) const;
  template <class Body>
  bool with_lock(const std::string& key, const std::string& token, Body body);
  bool try_claim(int channel, const std::string& token);
  bool take(int channel, const std::string& token);
  bool write_lease(int channel, const std::string& token, kv::SetIf condition);
  void record_acquisition(int channel);
  void change_lru(int channel);
  void pause_before_next_attempt();

  kv::Client& kv_;
  Protocol protocol_;
  sim::AsyncMutex* process_;
  std::string warning_;
  std::vector<int> tried_;
  sim::Duration time_paused_{};
};

}  // namespace heddle::scenarios

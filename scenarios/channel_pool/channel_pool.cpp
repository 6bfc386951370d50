#include "scenarios/channel_pool/channel_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/core/world.hpp"

namespace heddle::scenarios {
namespace {

using kv::CallError;
using kv::SetIf;

constexpr std::string_view in_use_prefix = "NET:channel:in-use:";
constexpr std::string_view lru_lock_key = "NET:channel:lru:lock";
constexpr int lru_lock_attempts = 20;
constexpr kv::Milliseconds lru_lock_pause{1};

std::string claim_key(int channel) {
  return fmt::format("NET:channel:claim:{}", channel);
}

}  // namespace

PoolError::PoolError(Code code, const std::string& reason)
    : std::runtime_error((code == Code::capacity ? "POOL_CAPACITY: " : "POOL_UNAVAILABLE: ") + reason), code_(code) {}

ChannelPool::ChannelPool(kv::Client& client, const Protocol& protocol, sim::AsyncMutex* process)
    : kv_(client), protocol_(protocol), process_(process) {}

Lease ChannelPool::acquire(const std::string& token) {
  for (int attempt = 1;; ++attempt) {
    try {
      if (const std::optional<Lease> lease = try_once(token)) return *lease;
    } catch (const CallError& error) {
      throw PoolError(PoolError::Code::unavailable, error.what());
    }
    if (attempt >= protocol_.attempts && protocol_.gives_up)
      throw PoolError(PoolError::Code::capacity, protocol_.names_busy ? "all_channels_busy" : "no channel");
    pause_before_next_attempt();
  }
}

std::optional<Lease> ChannelPool::try_once(const std::string& token) {
  sim::AsyncMutex::Guard alone;
  if (protocol_.claiming == Protocol::Claiming::global_mutex) alone = process_->lock();
  const Snapshot snapshot = read();
  tried_.clear();
  std::vector<int> left;
  for (int channel = 0; channel < protocol_.channels; ++channel)
    if (!snapshot.in_use[static_cast<std::size_t>(channel)]) left.push_back(channel);
  while (!left.empty()) {
    const int channel = next_candidate(left, snapshot.lru);
    tried_.push_back(channel);
    if (try_claim(channel, token)) return Lease{channel, token};
  }
  return std::nullopt;
}

ChannelPool::Snapshot ChannelPool::read() {
  Snapshot snapshot;
  if (protocol_.catching == Protocol::Catching::shared) {
    try {
      snapshot.in_use = list_in_use();
      snapshot.lru = parse_lru(kv_.get(lru_key).value_or(""));
    } catch (const CallError&) {
      warning_ = fmt::format("reading {} failed; channels are tried in any order", lru_key);
      snapshot = {std::vector<bool>(static_cast<std::size_t>(protocol_.channels)), {}};
    }
    return snapshot;
  }
  try {
    snapshot.in_use = list_in_use();
  } catch (const CallError& error) {
    throw PoolError(PoolError::Code::unavailable, fmt::format("listing {} failed: {}", in_use_pattern, error.what()));
  }
  try {
    snapshot.lru = parse_lru(kv_.get(lru_key).value_or(""));
  } catch (const CallError& error) {
    warning_ = fmt::format("reading {} failed, channels are tried in any order: {}", lru_key, error.what());
  }
  return snapshot;
}

std::vector<bool> ChannelPool::list_in_use() {
  std::vector<bool> in_use(static_cast<std::size_t>(protocol_.channels));
  for (const std::string& key : kv_.keys(in_use_pattern)) {
    const auto channel = kv::parse_integer(std::string_view(key).substr(in_use_prefix.size()));
    if (channel && *channel < protocol_.channels) in_use[static_cast<std::size_t>(*channel)] = true;
  }
  return in_use;
}

/// Takes the least recently acquired channel out of `left`. Ties are broken at random, so that workers which read the
/// same document do not all begin with the same channel.
int ChannelPool::next_candidate(std::vector<int>& left, const LruDocument& lru) const {
  std::size_t chosen = 0;
  if (protocol_.order == Protocol::Order::lru_with_shuffle) {
    std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
    std::vector<std::size_t> tied;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto known = lru.find(left[i]);
      const std::int64_t acquired = known == lru.end() ? -1 : known->second;
      if (acquired < earliest) tied.clear();
      if (acquired <= earliest) tied.push_back(i);
      earliest = std::min(earliest, acquired);
    }
    chosen = tied[sim::Execution::current().alternative(static_cast<std::uint32_t>(tied.size()))];
  }
  const int channel = left[chosen];
  left.erase(left.begin() + static_cast<std::ptrdiff_t>(chosen));
  return channel;
}

/// A lock in the store, with a TTL in case its holder dies. `body` is run under it; false if somebody else holds it.
template <class Body>
bool ChannelPool::with_lock(const std::string& key, const std::string& token, Body body) {
  if (!kv_.set(key, token, {.condition = SetIf::absent, .ttl = protocol_.claim_ttl})) return false;
  const auto unlock = [&] {
    try {
      kv_.compare_and_delete(key, token);
    } catch (const CallError& error) {
      warning_ = fmt::format("unlocking failed, its TTL will: {}", error.what());
    }
  };
  try {
    body();
  } catch (...) {
    unlock();
    throw;
  }
  unlock();
  return true;
}

bool ChannelPool::try_claim(int channel, const std::string& token) {
  if (protocol_.claiming == Protocol::Claiming::global_mutex) return take(channel, token);
  bool taken = false;
  return with_lock(claim_key(channel), token, [&] { taken = take(channel, token); }) && taken;
}

/// Under the claim of the channel.
bool ChannelPool::take(int channel, const std::string& token) {
  switch (protocol_.claiming) {
    case Protocol::Claiming::global_mutex:
    case Protocol::Claiming::without_recheck:
      write_lease(channel, token, SetIf::always);
      break;
    case Protocol::Claiming::with_recheck:
      if (kv_.exists(in_use_key(channel))) return false;
      write_lease(channel, token, SetIf::always);
      break;
    case Protocol::Claiming::set_if_absent:
      if (!write_lease(channel, token, SetIf::absent)) return false;
      break;
  }
  record_acquisition(channel);
  return true;
}

bool ChannelPool::write_lease(int channel, const std::string& token, SetIf condition) {
  return kv_.set(in_use_key(channel), token, {.condition = condition, .ttl = protocol_.lease_ttl});
}

/// The document only helps to choose well: an acquisition does not fail for it.
void ChannelPool::record_acquisition(int channel) {
  if (protocol_.lru_update == Protocol::LruUpdate::none) return;
  try {
    if (protocol_.lru_update == Protocol::LruUpdate::unlocked) return change_lru(channel);
    const std::string token = fmt::format("acquisition of {}", channel);
    for (int attempt = 0; attempt < lru_lock_attempts; ++attempt) {
      if (with_lock(std::string(lru_lock_key), token, [&] { change_lru(channel); })) return;
      sim::sleep(lru_lock_pause);
    }
    warning_ = fmt::format("{} is held too long: the acquisition of {} is not recorded", lru_lock_key, channel);
  } catch (const CallError& error) {
    warning_ = fmt::format("changing {} failed: {}", lru_key, error.what());
  }
}

void ChannelPool::change_lru(int channel) {
  LruDocument document = parse_lru(kv_.get(lru_key).value_or(""));
  document[channel] = std::chrono::duration_cast<kv::Milliseconds>(sim::now()).count();
  kv_.set(lru_key, lru_text(document));
}

void ChannelPool::pause_before_next_attempt() {
  const bool longer = protocol_.jitter.count() > 0 && sim::Execution::current().alternative(2) == 1;
  const kv::Milliseconds pause = longer ? protocol_.pause + protocol_.jitter : protocol_.pause;
  time_paused_ += pause;
  sim::sleep(pause);
}

void ChannelPool::release(const Lease& lease) {
  if (protocol_.release == Protocol::Release::delete_unconditionally) {
    kv_.del(in_use_key(lease.channel));
  } else {
    kv_.compare_and_delete(in_use_key(lease.channel), lease.token);
  }
}

void ChannelPool::release_with_cooldown(const Lease& lease) {
  const std::string key = in_use_key(lease.channel);
  switch (protocol_.cooldown) {
    case Protocol::Cooldown::none:
      return release(lease);
    case Protocol::Cooldown::keeps_old_ttl:
      kv_.compare_and_set(key, lease.token, lease.token, {.keep_ttl = true});
      break;
    case Protocol::Cooldown::unchecked:
      kv_.expire(key, protocol_.cooldown_ttl);
      break;
    case Protocol::Cooldown::checked:
      kv_.compare_and_expire(key, lease.token, protocol_.cooldown_ttl);
      break;
  }
}

std::vector<int> ChannelPool::locked_channels() {
  try {
    const std::vector<bool> in_use = list_in_use();
    std::vector<int> locked;
    for (int channel = 0; channel < protocol_.channels; ++channel)
      if (in_use[static_cast<std::size_t>(channel)]) locked.push_back(channel);
    return locked;
  } catch (const CallError& error) {
    throw PoolError(PoolError::Code::unavailable,
                    protocol_.names_pattern
                        ? fmt::format("listing the locked channels ({}) failed: {}", in_use_pattern, error.what())
                        : std::string("listing the locked channels failed"));
  }
}

std::string ChannelPool::in_use_key(int channel) {
  return std::string(in_use_prefix) + std::to_string(channel);
}

/// "3=120;7=95"
ChannelPool::LruDocument ChannelPool::parse_lru(const std::string& text) {
  LruDocument document;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find('=', at);
    const std::size_t end = std::min(text.find(';', at), text.size());
    const std::string_view whole(text);
    const auto channel = kv::parse_integer(whole.substr(at, equals - at));
    const auto acquired = kv::parse_integer(whole.substr(equals + 1, end - equals - 1));
    document.emplace_hint(document.end(), static_cast<int>(channel.value_or(0)), acquired.value_or(0));
    at = end + 1;
  }
  return document;
}

std::string ChannelPool::lru_text(const LruDocument& document) {
  std::string text;
  for (const auto& [channel, acquired] : document) {
    if (!text.empty()) text += ';';
    text += std::to_string(channel);
    text += '=';
    text += std::to_string(acquired);
  }
  return text;
}

}  // namespace heddle::scenarios

// One connection to a `Store`: what MULTI has queued and WATCH looks at.
#pragma once

#include <span>
#include <vector>

#include "models/kv/store.hpp"

namespace heddle::kv {

class Session {
 public:
  explicit Session(Store& store) : store_(store) {}

  /// Performs a command that has arrived at `entry`, or queues it in a transaction. `is_refused`: it is not even
  /// queued, and spoils the transaction.
  Reply perform(const Command& command, Store::Entry& entry, bool is_refused = false);
  /// All of `commands` as a transaction: a list of replies, or nil if a watched key has changed.
  Reply perform_all(std::span<const Command> commands);
  [[nodiscard]] Store& store() noexcept { return store_; }

 private:
  struct Watched {
    Store::Entry* entry = nullptr;
    std::uint64_t version = 0;
  };

  Reply refuse(const Command& command);
  Reply watch(const Command& command);
  Reply exec();
  void forget();
  [[nodiscard]] bool watched_has_changed();

  Store& store_;
  bool in_multi_ = false;
  bool is_spoilt_ = false;
  std::vector<OwnedCommand> queued_;
  std::vector<Watched> watched_;
};

/// A connection that never fails.
class StoreClient final : public Client {
 public:
  explicit StoreClient(Store& store) : session_(store) {}
  using Client::call;
  using Client::execute;
  using Client::transaction;
  Reply call(const Command& command, Where where) override {
    Store::Entry* const entry = session_.store().arrive(command, where);
    return entry != nullptr ? session_.perform(command, *entry) : Store::inert_reply();
  }
  Reply execute(Arguments words, Where where) override;
  std::optional<std::vector<Reply>> transaction(std::span<const Command> commands, Where where) override;

 private:
  Session session_;
};

}  // namespace heddle::kv

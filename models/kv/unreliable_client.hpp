// A connection that is slow or can fail: how long a call takes, which call fails, and how, are decisions of the
// explorer. The caller gets a `CallError`; after a time-out it does not know whether its write was performed, and it
// may even be performed later, while the caller has long gone on.
#pragma once

#include <cstdint>

#include "models/kv/session.hpp"

namespace heddle::kv {

struct FaultPolicy {
  bool refuses = false;       ///< a call may fail without having been performed
  bool times_out = false;     ///< a call may go unanswered; a write is then performed at once or not at all
  bool applies_late = false;  ///< a write that went unanswered may also be performed at any later step
  std::uint32_t at_most = 1;  ///< faults of this connection; bounds the search
  Milliseconds latency{};     ///< of a round trip: half before the command is performed, half after
  Milliseconds slow{};        ///< a call may also take this long instead; zero: it may not
  std::uint32_t slow_at_most = ~std::uint32_t{0};  ///< slow calls of this connection
  Milliseconds time_limit{};                       ///< how long the caller waits before it gives up on an answer

  [[nodiscard]] bool is_none() const noexcept { return at_most == 0 || !(refuses || times_out || applies_late); }
};

class UnreliableClient final : public Client {
 public:
  UnreliableClient(Store& store, const FaultPolicy& policy, sim::Name name = "kv connection");
  using Client::call;
  using Client::execute;
  using Client::transaction;
  Reply call(const Command& command, Where where) override;
  Reply execute(Arguments words, Where where) override;
  std::optional<std::vector<Reply>> transaction(std::span<const Command> commands, Where where) override;
  /// The virtual time that its calls have taken, or its caller has waited for an answer.
  [[nodiscard]] Milliseconds time_spent() const noexcept { return time_spent_; }

 private:
  enum class Fate : std::uint8_t { performed, refused, lost_request, lost_answer, late };

  Fate decide(const Command& command);
  /// `perform` does what the call is for; `later` does it when nobody waits for it any more.
  template <class Perform, class Later>
  Reply round_trip(const Command& command, Where where, Perform perform, Later later);
  [[nodiscard]] Milliseconds latency();
  void wait(Milliseconds duration, Where where);

  Session session_;
  FaultPolicy policy_;
  sim::Execution& execution_;
  sim::ObjectId object_;  // how many faults are left: shared if tasks share the connection
  std::uint32_t faults_ = 0;
  std::uint32_t slow_calls_ = 0;
  Milliseconds time_spent_{};
};

}  // namespace heddle::kv

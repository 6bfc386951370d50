// `CancellationToken`: tokio_util's, for code under test. Cancelling a token cancels its children, not its parent.
// Copies are the same token. Nothing is dropped by it: a task that wants to stop asks `is_cancelled`, or awaits
// `cancelled` (usually in a `select`).
#pragma once

#include "sim/sync/await.hpp"
#include "sim/sync/shared.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op cancel{"cancel", Unwinds::never};
inline constexpr Op is_cancelled{"is_cancelled", Unwinds::if_endless};
inline constexpr Op cancelled{"cancelled", Unwinds::at_once};
}  // namespace ops

class CancellationToken {
  struct Node;

 public:
  /// The awaitable behind `cancelled`.
  class Cancellation {
   public:
    using Result = void;
    static constexpr bool queues = false;
    explicit Cancellation(std::shared_ptr<Node> node) : node_(std::move(node)) {}
    [[nodiscard]] const Op& op() const noexcept { return ops::cancelled; }
    [[nodiscard]] ObjectId object() const noexcept;
    void start(Execution&) {}
    [[nodiscard]] bool is_ready() const noexcept;
    [[nodiscard]] TaskSet* waiters() noexcept;
    void observe(Execution& execution) const;
    void finish(Execution& execution) { observe(execution); }
    static void inert() {}

   private:
    std::shared_ptr<Node> node_;
  };

  explicit CancellationToken(Name name = {});

  /// A token that is cancelled with this one, and can be cancelled without it.
  [[nodiscard]] CancellationToken child(Name name = {}) const;
  void cancel(std::source_location where = std::source_location::current()) const noexcept;
  [[nodiscard]] bool is_cancelled(std::source_location where = std::source_location::current()) const;
  /// Waits until the token is cancelled.
  void cancelled(std::source_location where = std::source_location::current()) const { await(cancellation(), where); }
  /// For `select`.
  [[nodiscard]] Cancellation cancellation() const { return Cancellation(node_); }
  /// Whether it is cancelled, without a scheduling point: for properties and checks.
  [[nodiscard]] bool peek() const noexcept;

 private:
  explicit CancellationToken(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  std::shared_ptr<Node> node_;
};

/// Cancels a token when it is destroyed.
class [[nodiscard]] CancelOnDrop {
 public:
  explicit CancelOnDrop(CancellationToken token) : token_(std::move(token)) {}
  ~CancelOnDrop() { token_.cancel(); }
  CancelOnDrop(const CancelOnDrop&) = delete;
  CancelOnDrop& operator=(const CancelOnDrop&) = delete;

 private:
  CancellationToken token_;
};

}  // namespace heddle::sim

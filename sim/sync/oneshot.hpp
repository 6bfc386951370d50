// `oneshot`: tokio::sync::oneshot for code under test: one message, one sender, one receiver.
//
//     auto answer = sim::oneshot<int>("answer");
//     answer.sender.send(42);                        // false when the receiver is gone
//     std::optional<int> a = answer.receiver.recv(); // awaits it; empty when the sender was dropped without sending
#pragma once

#include <optional>

#include "sim/sync/channel_state.hpp"
#include "sim/sync/shared.hpp"

namespace heddle::sim {

namespace detail {

/// As a channel with room for one message.
template <class T>
struct OneMessage : ChannelState {
  explicit OneMessage(Name name) : ChannelState(1, name) {}
  std::optional<T> message;
};

}  // namespace detail

template <class T>
class OneshotSender {
 public:
  explicit OneshotSender(std::shared_ptr<detail::OneMessage<T>> state) : state_(std::move(state)) {}
  OneshotSender(OneshotSender&&) noexcept = default;
  OneshotSender& operator=(OneshotSender&& other) noexcept {
    drop();
    state_ = std::move(other.state_);
    return *this;
  }
  ~OneshotSender() { drop(); }

  /// Sends and ends this sender, without waiting. False: the receiver is gone, or something was sent before.
  bool send(T message, std::source_location where = std::source_location::current()) {
    if (!state_) return false;
    const bool sent = state_->try_send(where) == ChannelState::Room::free;
    if (sent) {
      state_->message = std::move(message);
      state_->senders = 0;
    }
    state_.reset();
    return sent;
  }
  void drop(std::source_location where = std::source_location::current()) noexcept {
    if (!state_) return;
    state_->drop_sender(where);
    state_.reset();
  }

 private:
  std::shared_ptr<detail::OneMessage<T>> state_;
};

template <class T>
class OneshotReceiver {
 public:
  /// The awaitable behind `recv`.
  class Receiving {
   public:
    using Result = std::optional<T>;
    static constexpr bool queues = false;
    explicit Receiving(detail::OneMessage<T>& state) : state_(state) {}
    [[nodiscard]] const Op& op() const noexcept { return ops::recv; }
    [[nodiscard]] ObjectId object() const noexcept { return state_.object; }
    void start(Execution&) {}
    [[nodiscard]] bool is_ready() const noexcept { return state_.can_receive(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return &state_.receivers; }
    void observe(Execution& execution) const { execution.touch(state_.object, Access::read); }
    std::optional<T> finish(Execution& execution) {
      if (!state_.finish_recv(execution)) return std::nullopt;
      return std::exchange(state_.message, std::nullopt);
    }
    static std::optional<T> inert() { return std::nullopt; }

   private:
    detail::OneMessage<T>& state_;
  };

  explicit OneshotReceiver(std::shared_ptr<detail::OneMessage<T>> state) : state_(std::move(state)) {}
  OneshotReceiver(OneshotReceiver&&) noexcept = default;
  OneshotReceiver& operator=(OneshotReceiver&& other) noexcept {
    drop();
    state_ = std::move(other.state_);
    return *this;
  }
  ~OneshotReceiver() { drop(); }

  std::optional<T> recv(std::source_location where = std::source_location::current()) {
    return await(receiving(), where);
  }
  /// For `select`.
  [[nodiscard]] Receiving receiving() { return Receiving(*state_); }
  [[nodiscard]] std::optional<T> try_recv(std::source_location where = std::source_location::current()) {
    return state_->try_recv(where) ? std::exchange(state_->message, std::nullopt) : std::nullopt;
  }
  void drop(std::source_location where = std::source_location::current()) noexcept {
    if (!state_) return;
    state_->drop_receiver(where);
    state_.reset();
  }

 private:
  std::shared_ptr<detail::OneMessage<T>> state_;
};

template <class T>
struct OneshotEnds {
  OneshotSender<T> sender;
  OneshotReceiver<T> receiver;
};

template <class T>
[[nodiscard]] OneshotEnds<T> oneshot(Name name = {}) {
  auto state = make_shared_in_arena<detail::OneMessage<T>>(name);
  return {OneshotSender<T>(state), OneshotReceiver<T>(state)};
}

}  // namespace heddle::sim

// Channels: tokio::sync::mpsc for code under test. Any number of senders, one receiver.
//
//     auto jobs = sim::channel<Job>(16, "jobs");      // or sim::unbounded_channel<Job>("jobs")
//     jobs.sender.send(job);                          // awaits room; false when the receiver has closed
//     while (auto job = jobs.receiver.recv()) ...     // awaits a message; empty when all senders are gone and all
//     messages received
//
// Senders that wait for room get it first come, first served. Dropping a sender or the receiver is visible to the
// others, so it is a step. Messages of a dropped receiver are dropped.
#pragma once

#include <optional>

#include "sim/sync/channel_state.hpp"
#include "sim/sync/shared.hpp"

namespace heddle::sim {

enum class TrySend : std::uint8_t { sent, full, closed };

/// What `try_recv` found: a message, nothing yet (`!closed`), or nothing any more (`closed`).
template <class T>
struct TryRecv {
  std::optional<T> message;
  bool closed = false;
};

namespace detail {

template <class T>
struct Messages : ChannelState {
  using ChannelState::ChannelState;
  Ring<T> queue;
};

}  // namespace detail

template <class T>
class Sender {
 public:
  /// The awaitable behind `send`.
  class Sending {
   public:
    using Result = bool;
    static constexpr bool queues = true;
    Sending(detail::Messages<T>& channel, T message) : channel_(channel), message_(std::move(message)) {}
    Sending(const Sending&) = delete;
    Sending& operator=(const Sending&) = delete;
    ~Sending() { channel_.leave_send(waiter_); }
    [[nodiscard]] const Op& op() const noexcept { return ops::send; }
    [[nodiscard]] ObjectId object() const noexcept { return channel_.object; }
    void start(Execution& execution) { channel_.start_send(execution, waiter_); }
    [[nodiscard]] bool is_ready() const noexcept { return waiter_.is_granted(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return nullptr; }
    void observe(Execution& execution) const { waiter_.observe(execution); }
    bool finish(Execution& execution) {
      if (!channel_.finish_send(execution, waiter_)) return false;
      channel_.queue.push(std::move(message_));
      return true;
    }
    static bool inert() noexcept { return false; }

   private:
    detail::Messages<T>& channel_;
    T message_;
    Waiter waiter_;
  };

  explicit Sender(std::shared_ptr<detail::Messages<T>> channel) : channel_(std::move(channel)) {}
  Sender(const Sender& other) : channel_(other.channel_) {
    if (channel_) channel_->add_sender();
  }
  Sender(Sender&&) noexcept = default;
  Sender& operator=(Sender other) noexcept {
    channel_.swap(other.channel_);
    return *this;
  }
  ~Sender() { drop(); }

  /// Awaits room, then sends. False: the receiver has closed, and the message is dropped.
  bool send(T message, std::source_location where = std::source_location::current()) {
    return await(sending(std::move(message)), where);
  }
  /// For `select`.
  [[nodiscard]] Sending sending(T message) { return {*channel_, std::move(message)}; }
  [[nodiscard]] TrySend try_send(T message, std::source_location where = std::source_location::current()) {
    const ChannelState::Room room = channel_->try_send(where);
    if (room == ChannelState::Room::free) channel_->queue.push(std::move(message));
    return room == ChannelState::Room::free   ? TrySend::sent
           : room == ChannelState::Room::none ? TrySend::full
                                              : TrySend::closed;
  }
  /// Drops this sender now.
  void drop(std::source_location where = std::source_location::current()) noexcept {
    if (!channel_) return;
    channel_->drop_sender(where);
    channel_.reset();
  }
  [[nodiscard]] ObjectId object() const noexcept { return channel_->object; }

 private:
  std::shared_ptr<detail::Messages<T>> channel_;
};

template <class T>
class Receiver {
 public:
  /// The awaitable behind `recv`.
  class Receiving {
   public:
    using Result = std::optional<T>;
    static constexpr bool queues = false;
    explicit Receiving(detail::Messages<T>& channel) : channel_(channel) {}
    [[nodiscard]] const Op& op() const noexcept { return ops::recv; }
    [[nodiscard]] ObjectId object() const noexcept { return channel_.object; }
    void start(Execution&) {}
    [[nodiscard]] bool is_ready() const noexcept { return channel_.can_receive(); }
    [[nodiscard]] TaskSet* waiters() noexcept { return &channel_.receivers; }
    void observe(Execution& execution) const { execution.touch(channel_.object, Access::read); }
    std::optional<T> finish(Execution& execution) {
      if (!channel_.finish_recv(execution)) return std::nullopt;
      return channel_.queue.pop();
    }
    static std::optional<T> inert() { return std::nullopt; }

   private:
    detail::Messages<T>& channel_;
  };

  explicit Receiver(std::shared_ptr<detail::Messages<T>> channel) : channel_(std::move(channel)) {}
  Receiver(const Receiver&) = delete;
  Receiver(Receiver&&) noexcept = default;
  Receiver& operator=(Receiver&& other) noexcept {
    drop();
    channel_ = std::move(other.channel_);
    return *this;
  }
  ~Receiver() { drop(); }

  /// Awaits a message. Empty: all senders are gone, or this receiver has closed, and all messages were received.
  std::optional<T> recv(std::source_location where = std::source_location::current()) {
    return await(receiving(), where);
  }
  /// For `select`.
  [[nodiscard]] Receiving receiving() { return Receiving(*channel_); }
  [[nodiscard]] TryRecv<T> try_recv(std::source_location where = std::source_location::current()) {
    TryRecv<T> result;
    if (channel_->try_recv(where)) {
      result.message = channel_->queue.pop();
    } else {
      result.closed = channel_->is_closed();
    }
    return result;
  }
  /// No more sends succeed; what was sent can still be received.
  void close(std::source_location where = std::source_location::current()) noexcept { channel_->close(where); }
  /// Closes, and drops the messages that nobody will receive.
  void drop(std::source_location where = std::source_location::current()) noexcept {
    if (!channel_) return;
    channel_->drop_receiver(where);
    channel_->queue.clear();
    channel_.reset();
  }
  /// How many messages wait, without a scheduling point: for properties and checks.
  [[nodiscard]] std::size_t size() const noexcept { return channel_->length; }
  [[nodiscard]] ObjectId object() const noexcept { return channel_->object; }

 private:
  std::shared_ptr<detail::Messages<T>> channel_;
};

template <class T>
struct ChannelEnds {
  Sender<T> sender;
  Receiver<T> receiver;
};

/// A channel that holds at most `capacity` (at least 1) messages.
template <class T>
[[nodiscard]] ChannelEnds<T> channel(std::uint32_t capacity, Name name = {}) {
  auto state = make_shared_in_arena<detail::Messages<T>>(capacity, name);
  return {Sender<T>(state), Receiver<T>(state)};
}

template <class T>
[[nodiscard]] ChannelEnds<T> unbounded_channel(Name name = {}) {
  return channel<T>(ChannelState::unbounded, name);
}

}  // namespace heddle::sim

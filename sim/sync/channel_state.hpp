// The part of a channel that does not depend on the type of its messages: who may send, who may receive, who waits.
#pragma once

#include <limits>

#include "sim/sync/await.hpp"
#include "sim/sync/wait_queue.hpp"

namespace heddle::sim {

namespace ops {
inline constexpr Op send{"send", Unwinds::if_endless};
inline constexpr Op recv{"recv", Unwinds::at_once};
inline constexpr Op try_send{"try_send", Unwinds::if_endless, true};
inline constexpr Op try_recv{"try_recv", Unwinds::if_endless, true};
inline constexpr Op close{"close", Unwinds::never};
inline constexpr Op drop_sender{"drop sender", Unwinds::never};
inline constexpr Op drop_receiver{"drop receiver", Unwinds::never};
}  // namespace ops

struct ChannelState {
  static constexpr std::uint32_t unbounded = std::numeric_limits<std::uint32_t>::max();
  enum class Room : std::uint8_t { free, none, closed };

  ObjectId object;
  Permits room;
  std::uint32_t senders = 1;
  std::size_t length = 0;
  bool closed = false;  ///< by the receiver
  TaskSet receivers;

  ChannelState(std::uint32_t capacity, Name name);

  [[nodiscard]] bool is_closed() const noexcept { return closed || senders == 0; }
  [[nodiscard]] bool can_receive() const noexcept { return length > 0 || is_closed(); }
  void add_sender();
  void drop_sender(std::source_location where) noexcept;
  void drop_receiver(std::source_location where) noexcept;
  void close(std::source_location where) noexcept;

  void start_send(Execution& execution, Waiter& waiter);
  /// Whether a message is to be added to the queue now.
  [[nodiscard]] bool finish_send(Execution& execution, Waiter& waiter);
  void leave_send(Waiter& waiter) noexcept;
  /// `free`: a message is to be added to the queue now.
  [[nodiscard]] Room try_send(std::source_location where);
  /// Whether a message is to be taken from the queue now.
  [[nodiscard]] bool finish_recv(Execution& execution);
  [[nodiscard]] bool try_recv(std::source_location where);

 private:
  void note_sent(Execution& execution);
  void shut(Execution& execution);
};

}  // namespace heddle::sim

#include "sim/sync/channel_state.hpp"

namespace heddle::sim {

ChannelState::ChannelState(std::uint32_t capacity, Name name) : room(capacity) {
  if (capacity == 0)
    throw Error(ErrorCode::usage,
                "channel " + name.str() + " has room for no message; give it a capacity of at least 1");
  object = Execution::current().add_object("channel", name);
}

void ChannelState::add_sender() {
  Execution::current().touch(object, Access::commute);
  ++senders;
}

void ChannelState::drop_sender(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::drop_sender, object, Access::write, where) && execution.tearing_down()) return;
  const bool is_last = --senders == 0;
  execution.touch(object, is_last ? Access::write : Access::commute);
  if (!is_last) return;
  execution.note([] { return std::string("the last one"); });
  execution.refresh(receivers);
}

void ChannelState::drop_receiver(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::drop_receiver, object, Access::write, where) && execution.tearing_down()) return;
  execution.note([&] { return std::to_string(length) + " messages dropped"; });
  length = 0;
  shut(execution);
}

void ChannelState::close(std::source_location where) noexcept {
  Execution& execution = Execution::current();
  if (!execution.step(ops::close, object, Access::write, where) && execution.tearing_down()) return;
  shut(execution);
}

void ChannelState::shut(Execution& execution) {
  execution.touch(object, Access::write);
  closed = true;
  room.wake_all(execution);
  execution.refresh(receivers);
}

void ChannelState::start_send(Execution& execution, Waiter& waiter) {
  if (waiter.state != Waiter::State::idle) return;
  if (closed) {
    execution.touch(object, Access::read);
    waiter.amount = 0;
    waiter.grant_at_once();
  } else {
    execution.touch(object, Access::write);
    room.request(execution, waiter);
  }
}

bool ChannelState::finish_send(Execution& execution, Waiter& waiter) {
  waiter.finish(execution);
  if (closed) {
    execution.touch(object, Access::read);
    execution.note([] { return std::string("closed"); });
    return false;
  }
  note_sent(execution);
  return true;
}

void ChannelState::leave_send(Waiter& waiter) noexcept {
  if (waiter.state != Waiter::State::queued && waiter.state != Waiter::State::granted) return;
  Execution& execution = Execution::current();
  if (execution.tearing_down()) return;
  execution.touch(object, Access::write);
  room.leave(execution, waiter);
}

void ChannelState::note_sent(Execution& execution) {
  execution.touch(object, Access::write);
  ++length;
  execution.note([&] { return std::to_string(length) + " in the channel"; });
  execution.refresh(receivers);
}

ChannelState::Room ChannelState::try_send(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_send, object, Access::write, where) && execution.tearing_down()) return Room::closed;
  if (!closed && room.try_take(1)) {
    note_sent(execution);
    return Room::free;
  }
  execution.touch(object, Access::read);
  execution.note([&] { return std::string(closed ? "closed" : "full"); });
  return closed ? Room::closed : Room::none;
}

bool ChannelState::finish_recv(Execution& execution) {
  if (length == 0) {
    execution.touch(object, Access::read);
    execution.note([&] { return std::string(is_closed() ? "closed" : "empty"); });
    return false;
  }
  execution.touch(object, Access::write);
  --length;
  execution.note([&] { return std::to_string(length) + " left"; });
  room.give(execution, 1);
  execution.refresh(receivers);
  return true;
}

bool ChannelState::try_recv(std::source_location where) {
  Execution& execution = Execution::current();
  if (!execution.step(ops::try_recv, object, Access::write, where) && execution.tearing_down()) return false;
  return finish_recv(execution);
}

}  // namespace heddle::sim

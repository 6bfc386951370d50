#include "models/kv/unreliable_client.hpp"

#include <array>

#include "sim/core/world.hpp"

namespace heddle::kv {

UnreliableClient::UnreliableClient(Store& store, const FaultPolicy& policy, sim::Name name)
    : session_(store),
      policy_(policy),
      execution_(sim::Execution::current()),
      object_(execution_.add_object("kv connection", name)) {}

UnreliableClient::Fate UnreliableClient::decide(const Command& command) {
  if (policy_.is_none()) return Fate::performed;
  execution_.touch(object_, sim::Access::read);
  if (faults_ >= policy_.at_most) return Fate::performed;
  const bool writes = !only_reads(command.verb);
  std::array<Fate, 5> fates{Fate::performed};
  std::uint32_t count = 1;
  if (policy_.refuses) fates[count++] = Fate::refused;
  if (policy_.times_out) fates[count++] = Fate::lost_request;
  if (policy_.times_out && writes) fates[count++] = Fate::lost_answer;
  if (policy_.applies_late && writes) fates[count++] = Fate::late;
  const Fate fate = fates[execution_.alternative(count)];
  if (fate == Fate::performed) return fate;
  ++faults_;
  execution_.touch(object_, sim::Access::write);
  return fate;
}

Milliseconds UnreliableClient::latency() {
  if (policy_.slow.count() == 0 || slow_calls_ >= policy_.slow_at_most) return policy_.latency;
  if (execution_.alternative(2) == 0) return policy_.latency;
  ++slow_calls_;
  return policy_.slow;
}

void UnreliableClient::wait(Milliseconds duration, Where where) {
  if (duration.count() == 0) return;
  time_spent_ += duration;
  sim::sleep(duration, where);
}

template <class Perform, class Later>
Reply UnreliableClient::round_trip(const Command& command, Where where, Perform perform, Later later) {
  const bool under_test = execution_.in_task();  // outside of a task nothing fails
  const Milliseconds delay = under_test ? latency() : Milliseconds{};
  wait(delay / 2, where);
  Store::Entry* const entry = session_.store().arrive(command, where);
  if (entry == nullptr) return Store::inert_reply();
  const Fate fate = under_test ? decide(command) : Fate::performed;
  switch (fate) {
    case Fate::performed: {
      Reply reply = perform(*entry);
      wait(delay - delay / 2, where);
      return reply;
    }
    case Fate::refused:
      execution_.note([] { return std::string("refused"); });
      throw CallError(CallError::Kind::refused, command);
    case Fate::lost_request:
      execution_.note([] { return std::string("timed out; not performed"); });
      break;
    case Fate::lost_answer:
      perform(*entry);
      execution_.note([] { return std::string("timed out, but performed"); });
      break;
    case Fate::late:
      execution_.note([] { return std::string("timed out; may yet be performed"); });
      later();
      break;
  }
  if (!only_reads(command.verb)) session_.store().tell_lost_reply(command, fate == Fate::lost_answer);
  wait(policy_.time_limit, where);
  throw CallError(CallError::Kind::timed_out, command);
}

namespace {

constexpr sim::TaskOptions nobody_waits{.pool = nullptr, .background = true};

}  // namespace

Reply UnreliableClient::call(const Command& command, Where where) {
  return round_trip(
      command, where, [&](Store::Entry& entry) { return session_.perform(command, entry); },
      [&] {
        const auto late = [session = session_, in_flight = OwnedCommand(command), where]() mutable {
          if (Store::Entry* const entry = session.store().arrive(in_flight.command(), where))
            session.perform(in_flight.command(), *entry);
        };
        execution_.add_task("kv-in-flight", late, nobody_waits);
      });
}

Reply UnreliableClient::execute(Arguments words, Where where) {
  Parsed parsed;
  parse(words, parsed);
  if (!parsed.is_refused) return call(parsed.command, where);
  Store::Entry* const entry = session_.store().arrive(parsed.command, where);
  return entry != nullptr ? session_.perform(parsed.command, *entry, true) : Store::inert_reply();
}

std::optional<std::vector<Reply>> UnreliableClient::transaction(std::span<const Command> commands, Where where) {
  const Command exec{.verb = Verb::exec};
  Reply reply = round_trip(
      exec, where, [&](Store::Entry&) { return session_.perform_all(commands); },
      [&] {
        const std::vector<OwnedCommand> in_flight(commands.begin(), commands.end());
        const auto late = [session = session_, in_flight, where]() mutable {
          if (session.store().arrive({.verb = Verb::exec}, where) == nullptr) return;
          std::vector<Command> views;
          for (const OwnedCommand& command : in_flight) views.push_back(command.command());
          session.perform_all(views);
        };
        execution_.add_task("kv-in-flight", late, nobody_waits);
      });
  if (reply.kind != Reply::Kind::list) return std::nullopt;
  return std::move(reply.list);
}

}  // namespace heddle::kv

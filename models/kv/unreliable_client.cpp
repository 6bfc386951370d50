#include "models/kv/unreliable_client.hpp"

#include <array>

namespace heddle::kv {
namespace {

/// A command that outlives its caller.
struct InFlight {
  explicit InFlight(const Command& command)
      : command_(command),
        key_(command.key),
        value_(command.value),
        expected_(command.expected),
        counter_(command.counter) {}
  [[nodiscard]] Command command() const {
    Command copy = command_;
    copy.key = key_;
    copy.value = value_;
    copy.expected = expected_;
    copy.counter = counter_;
    return copy;
  }

 private:
  Command command_;
  std::string key_;
  std::string value_;
  std::string expected_;
  std::string counter_;
};

}  // namespace

UnreliableClient::UnreliableClient(Store& store, const FaultPolicy& policy, sim::Name name)
    : store_(store),
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

void UnreliableClient::perform_later(const Command& command, Where where) {
  const sim::TaskOptions nobody_waits{.pool = nullptr, .background = true};
  const auto late = [&store = store_, in_flight = InFlight(command), where] {
    const Command copy = in_flight.command();
    if (Store::Entry* const entry = store.arrive(copy, where)) store.apply(copy, *entry);
  };
  execution_.add_task("kv-in-flight", late, nobody_waits);
}

Reply UnreliableClient::call(const Command& command, Where where) {
  Store::Entry* const entry = store_.arrive(command, where);
  if (entry == nullptr) return Store::inert_reply();
  // Outside of a task nothing is under test, and nothing fails.
  switch (execution_.in_task() ? decide(command) : Fate::performed) {
    case Fate::performed:
      return store_.apply(command, *entry);
    case Fate::refused:
      execution_.note([] { return std::string("refused"); });
      throw CallError(CallError::Kind::refused, command.verb);
    case Fate::lost_request:
      execution_.note([] { return std::string("timed out; not performed"); });
      break;
    case Fate::lost_answer:
      store_.apply(command, *entry);
      execution_.note([] { return std::string("timed out, but performed"); });
      break;
    case Fate::late:
      execution_.note([] { return std::string("timed out; may yet be performed"); });
      perform_later(command, where);
      break;
  }
  throw CallError(CallError::Kind::timed_out, command.verb);
}

}  // namespace heddle::kv

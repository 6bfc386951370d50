#include "scenarios/home_channel/stale_snapshot.hpp"

#include <algorithm>
#include <array>

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

/// How far a status is on the way to Closed.
std::ptrdiff_t progress_of(std::string_view status) {
  constexpr std::array<std::string_view, 5> order = {"Void", "Open", "Challenged", "Closing", "Closed"};
  return std::find(order.begin(), order.end(), status) - order.begin();
}

/// What an event makes of the status that the handler has read.
using NextStatus = std::string_view (*)(std::string_view);

std::string_view challenged(std::string_view status) {
  return progress_of(status) < progress_of("Challenged") ? "Challenged" : status;
}

// The chain has paid out. If the user did not ask for it, the channel is in dispute until that is settled.
std::string_view closed(std::string_view status) {
  return status == "Closing" ? "Closed" : "Challenged";
}

/// The event handler. Returns the status that it has committed.
std::string on_event(pg::Connection& db, ReadChannel read, NextStatus next) {
  auto tx = db.begin();
  Channel channel = read(tx);
  channel.status = next(channel.status);
  write_back(tx, channel);
  tx.commit();
  return channel.status;
}

void run(sim::World& world, ReadChannel read, NextStatus next) {
  pg::Database database(node_with_open_channel());
  std::string committed;
  world.task("event", [&] {
    auto connection = database.connect();
    committed = on_event(connection, read, next);
  });
  world.task("submit_state", [&] {
    auto connection = database.connect();
    submit_state_finalize(connection);
  });
  world.run();
  auto connection = database.connect();
  const Channel channel = read_channel(connection);
  sim::sometimes("the event comes first", committed == next("Open"));
  const std::string furthest = progress_of(committed) > progress_of("Closing") ? committed : "Closing";
  world.check("status_never_goes_back", progress_of(channel.status) >= progress_of(furthest), [&] {
    return "channel " + std::string(channel_id) + " was '" + furthest + "' and is '" + channel.status + "' again";
  });
}

Scenario overwrites(std::string name, std::string summary, NextStatus next) {
  const auto variant = [next](std::string variant_name, std::string what, ReadChannel read, Expectation expected) {
    return make_variant(std::move(variant_name), std::move(what), std::move(expected),
                        [read, next](sim::World& world) { run(world, read, next); });
  };
  return make_scenario(std::move(name), std::move(summary), {"status_never_goes_back"},
                       {
                           variant("read_before_lock", "read the channel, lock the user's balance, decide and write",
                                   read_before_lock, {.violates = {"status_never_goes_back"}}),
                           variant("lock_then_read", "lock the balance, read the channel, decide and write",
                                   lock_then_read, {.holds = {"status_never_goes_back"}}),
                       });
}

}  // namespace

Scenario challenged_overwrites() {
  return overwrites("challenged_overwrites",
                    "the handler of Challenged decides on a snapshot from before the user's finalization", challenged);
}

Scenario closed_overwrites() {
  return overwrites("closed_overwrites",
                    "the handler of Closed takes a close that the user has asked for as one that nobody asked for",
                    closed);
}

}  // namespace heddle::scenarios

#include "scenarios/home_channel/vacuous_regression.hpp"

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;
using namespace std::chrono_literals;

/// How often the node looks for new events: longer than the test cares to sleep.
constexpr auto event_poll_interval = 250ms;

/// How the test waits until the handler is blocked by the lock that the test holds.
using Wait = void (*)(const pg::Database&);

void sleep_for_a_while(const pg::Database&) {
  sim::sleep(100ms);
}

void poll_until_blocked(const pg::Database& database) {
  while (database.waiting_sessions() == 0) sim::sleep(10ms);
}

void run(sim::World& world, Wait wait) {
  pg::Database database(node_with_open_channel());
  world.task("node", [&] {
    auto connection = database.connect();
    sim::sleep(event_poll_interval);
    auto tx = connection.begin();
    write_back(tx, lock_then_read(tx));
    tx.commit();
  });
  world.task("test", [&] {
    auto connection = database.connect();
    auto tx = connection.begin();
    lock_user_state(tx);
    wait(database);
    sim::sometimes("handler waited for the balance lock", database.waiting_sessions() > 0);
    finalize(tx);
    tx.commit();
  });
  world.run();
  auto connection = database.connect();
  world.check("finalized_never_reopens", read_channel(connection).status == "Closing");
}

Variant variant(std::string name, std::string summary, Wait wait, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [wait](sim::World& world) { run(world, wait); });
}

}  // namespace

Scenario vacuous_regression() {
  const std::vector<std::string> all = {"sometimes(handler waited for the balance lock)"};
  return make_scenario("vacuous_regression",
                       "a test holds the balance lock while the handler runs into it, or so it hopes", all,
                       {
                           variant("sleep", "the test sleeps for 100 ms, and the node looks for events every 250 ms",
                                   sleep_for_a_while, {.violates = all}),
                           variant("poll_until_blocked", "the test asks the server until somebody waits for a lock",
                                   poll_until_blocked, {.holds = all}),
                       });
}

}  // namespace heddle::scenarios

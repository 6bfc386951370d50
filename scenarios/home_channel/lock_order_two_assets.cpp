#include "scenarios/home_channel/lock_order_two_assets.hpp"

#include <algorithm>

#include "scenarios/home_channel/node.hpp"

namespace heddle::scenarios {
namespace {

using namespace home_channel;

constexpr std::string_view weth = "weth";

const pg::Blueprint& node_with_two_balances() {
  static const pg::Blueprint blueprint(
      tables() + "INSERT INTO user_balances VALUES ('alice', 'usdc', 100), ('alice', 'weth', 100);");
  return blueprint;
}

/// The assets that an event is about, in the order in which it names them.
using Assets = std::array<std::string_view, 2>;

enum class Order { of_the_event, sorted };

/// The event handler: credits 1 of each asset.
void on_event(pg::Connection& db, Assets assets, Order order) {
  if (order == Order::sorted) std::sort(assets.begin(), assets.end());
  auto tx = db.begin();
  for (const std::string_view asset : assets) lock_user_state(tx, asset);
  for (const std::string_view asset : assets)
    tx.exec("UPDATE user_balances SET amount = amount + 1 WHERE wallet = $1 AND asset = $2", wallet, asset);
  tx.commit();
}

void run(sim::World& world, Order order) {
  pg::Database database(node_with_two_balances());
  const std::array<Assets, 2> events = {Assets{usdc, weth}, Assets{weth, usdc}};
  std::array<std::optional<pg::SqlError>, 2> failed;
  for (std::size_t i = 0; i < events.size(); ++i)
    world.task(i == 0 ? "usdc-weth" : "weth-usdc", [&, i] {
      auto connection = database.connect();
      failed[i] = failure_of([&] { on_event(connection, events[i], order); });
    });
  world.run();
  world.check("every_event_is_applied", !failed[0] && !failed[1], [&] {
    return "the handler of event " + std::string(failed[0] ? "usdc-weth" : "weth-usdc") + " ends with ERROR " +
           (failed[0] ? failed[0] : failed[1])->what();
  });
}

Variant variant(std::string name, std::string summary, Order order, Expectation expected) {
  return make_variant(std::move(name), std::move(summary), std::move(expected),
                      [order](sim::World& world) { run(world, order); });
}

}  // namespace

Scenario lock_order_two_assets() {
  const std::vector<std::string> all = {"every_event_is_applied"};
  return make_scenario(
      "lock_order_two_assets", "two handlers lock two balances in opposite order, and the deadlock's victim gives up",
      all,
      {
          variant("event_order", "lock the balances in the order in which the event names them", Order::of_the_event,
                  {.violates = all}),
          variant("sorted_order", "lock them in the order of their names", Order::sorted, {.holds = all}),
      });
}

}  // namespace heddle::scenarios

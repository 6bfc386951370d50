// Two clears of one key overlap. Each holds the registry's clearing latch from before its wipe until after it.
//
// Properties:
//  - latch_held_while_any_holder_lives: whoever holds the latch finds it raised.
#include "scenarios/quiesce/nested_clear.hpp"

#include "scenarios/quiesce/clearing_latch.hpp"

namespace heddle::scenarios {
namespace {

using quiesce::ClearingLatch;
using quiesce::LatchKind;

void run(sim::World& world, LatchKind kind) {
  ClearingLatch latch(kind);
  int holders = 0;
  bool overlapped = false;
  const auto clear = [&] {
    const auto held = latch.hold();
    overlapped = overlapped || ++holders == 2;
    sim::yield("wiping the store");
    sim::check("latch_held_while_any_holder_lives", latch.is_raised(),
               [] { return std::string("the other clear took the latch away from one that is still wiping"); });
    --holders;
  };
  world.task({"clear", 1}, clear);
  world.task({"clear", 2}, clear);
  world.run();
  world.sometimes("both clears held the latch", overlapped);
}

Variant variant(std::string name, std::string summary, LatchKind kind, Expectation expected) {
  return {
      std::move(name), std::move(summary), std::move(expected), [kind](sim::World& world) { run(world, kind); }, {}};
}

}  // namespace

Scenario nested_clear() {
  Scenario scenario;
  scenario.family = "quiesce";
  scenario.name = "nested_clear";
  scenario.summary = "two clears of one key overlap, and each lets go of the clearing latch when it is done";
  scenario.properties = {"latch_held_while_any_holder_lives"};
  scenario.variants = {
      variant("latch_as_set", "the latch is a set of keys: whoever lets go first takes the key out", LatchKind::set,
              {.violates = scenario.properties}),
      variant("latch_refcounted", "the latch counts its holders", LatchKind::refcounted,
              {.holds = scenario.properties}),
  };
  return scenario;
}

}  // namespace heddle::scenarios

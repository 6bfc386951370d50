// `heddle` over scenarios that users must never see: bodies that throw, that are not deterministic, that never end; and
// a program that can be "changed" between recording and replaying, by environment variables.
#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "scenarios/scenario.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/atomic.hpp"
#include "tools/replay/command_line.hpp"

namespace heddle {
namespace {

using scenarios::Expectation;
using scenarios::Scenario;
using scenarios::Variant;

std::uint64_t times_run() {
  static std::atomic<std::uint64_t> count{0};
  return count++;
}

void lost_update(sim::World& world) {
  sim::Atomic<int> balance(0, "balance");
  for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.store(balance.load() + 1); });
  if (std::getenv("TEST_MORE_TASKS") != nullptr) world.task("auditor", [&] { static_cast<void>(balance.load()); });
  world.run();
  const bool is_checked = std::getenv("TEST_NO_CHECK") == nullptr;
  world.check("no_lost_update", !is_checked || balance.peek() == 2,
              [&] { return "the balance is " + std::to_string(balance.peek()); });
}

void atomic_update(sim::World& world) {
  sim::Atomic<int> balance(0, "balance");
  for (int i = 0; i < 2; ++i) world.task({"deposit", i}, [&] { balance.fetch_add(1); });
  world.run();
  world.check("no_lost_update", balance.peek() == 2);
}

void body_throws(sim::World&) {
  throw std::runtime_error("no configuration");
}

void task_throws(sim::World& world) {
  world.task("reader", [] { throw std::runtime_error("no such channel"); });
  world.task("other", [] { sim::yield(); });
  world.run();
}

/// The number of its steps depends on how often it has been run.
void counts_its_runs(sim::World& world) {
  const std::uint64_t steps = 2 + times_run() % 3;
  for (int i = 0; i < 2; ++i)
    world.task({"task", i}, [steps] {
      for (std::uint64_t k = 0; k < steps; ++k) sim::yield();
    });
  world.run();
}

/// The number of its tasks does.
void counts_its_tasks(sim::World& world) {
  const std::uint64_t tasks = 2 + times_run() % 2;
  for (std::uint64_t i = 0; i < tasks; ++i) world.task({"task", static_cast<int>(i)}, [] { sim::yield(); });
  world.run();
}

void never_ends(sim::World& world) {
  sim::Atomic<bool> stop(false, "stop");
  for (int i = 0; i < 2; ++i)
    world.task({"spinner", i}, [&] {
      while (!stop.load()) {
      }
    });
  world.run();
}

void does_not_run(sim::World& world) {
  world.task("idle", [] { sim::yield(); });
}

void many_steps(sim::World& world) {
  sim::Atomic<int> counter(0, "counter");
  for (int i = 0; i < 4; ++i)
    world.task({"task", i}, [&] {
      for (int k = 0; k < 20; ++k) counter.store(k);
    });
  world.run();
}

/// Goes on after the timeout that was to drop it.
void swallows(sim::World& world) {
  world.task("careless", [] {
    sim::timeout(std::chrono::seconds(1), [] {
      try {
        sim::sleep(std::chrono::seconds(5));
      } catch (...) {  // NOLINT(bugprone-empty-catch)
      }
      sim::yield();
    });
  });
  world.run();
}

/// Nobody else ever holds what it asks for.
void never_contended(sim::World& world) {
  world.task("only", [] { sim::yield(); });
  world.run();
  world.sometimes("contended", false);
  world.sometimes("ran", true);
}

Scenario scenario(const std::string& name, std::vector<Variant> variants) {
  Scenario made;
  made.family = "test";
  made.name = name;
  made.summary = "for tests of the command line";
  made.properties = {"no_lost_update"};
  made.variants = std::move(variants);
  return made;
}

Variant variant(const std::string& name, sim::Program program, Expectation expected = {}) {
  sim::ExecutionOptions options;
  options.step_limit = 500;
  return {name, "as its name says", std::move(expected), std::move(program), options};
}

std::vector<Scenario> bad_catalogue() {
  const Expectation violates_it{.violates = {"no_lost_update"}};
  return {
      scenario("lost_update", {variant("racy", lost_update, violates_it), variant("atomic", atomic_update)}),
      scenario("throws", {variant("body", body_throws), variant("task", task_throws)}),
      scenario("not_deterministic", {variant("steps", counts_its_runs), variant("tasks", counts_its_tasks)}),
      scenario("never_ends", {variant("spin", never_ends)}),
      scenario("does_not_run", {variant("forgotten", does_not_run)}),
      scenario("large", {variant("many_steps", many_steps)}),
      scenario("swallows", {variant("cancellation", swallows)}),
      scenario("vacuous", {variant("never_contended", never_contended)}),
      scenario("wrong_expectation",
               {variant("holds_after_all", atomic_update, violates_it), variant("violates_after_all", lost_update)}),
  };
}

}  // namespace
}  // namespace heddle

int main(int argc, char** argv) {
  return heddle::cli::run_command_line(argc, argv, heddle::bad_catalogue());
}

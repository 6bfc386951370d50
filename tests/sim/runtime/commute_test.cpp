// Operations on tasks, on the clock and on cancellation whose footprints do not conflict commute.
#include "sim/runtime/cancellable.hpp"
#include "sim/runtime/cancellation_token.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/atomic.hpp"
#include "tests/support/commute_fuzz.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;
using heddle::testing::Actor;
using heddle::testing::expect_commutes;
template <class Object>
using Operations = std::vector<heddle::testing::Operation<Object>>;

/// Tasks of a runtime (the first two; the others are threads) that await, join, abort and spawn.
template <std::uint32_t workers>
struct RuntimeObject {
  explicit RuntimeObject(World&) {}
  [[nodiscard]] std::string state() const {
    return std::to_string(number.peek()) + " " + std::to_string(runtime.idle_workers());
  }
  template <class Body>
  void add_task(World& world, const Actor& actor, const Body& body) {
    if (actor.number() < 2) {
      handles.push_back(runtime.spawn({"async", static_cast<int>(actor.number())}, body));
    } else {
      world.task({"thread", static_cast<int>(actor.number())}, body);
    }
  }
  static Operations<RuntimeObject> operations() {
    return {
        {"fetch_add", [](auto& o, auto& a) { a.saw(o.number.fetch_add(1)); }},
        {"load", [](auto& o, auto& a) { a.saw(o.number.load()); }},
        {"yield_now", [](auto&, auto&) { yield_now(); }},
        {"sleep", [](auto&, auto&) { sleep(1ms); }},
        {"work", [](auto&, auto&) { work(1ms); }},
        {"abort the first",
         [](auto& o, auto& a) {
           if (a.number() != 0) o.handles.front().abort();
         }},
        {"is_finished", [](auto& o, auto& a) { a.saw(o.handles.front().is_finished() ? 1 : 0); }},
        {"join the first",
         [](auto& o, auto& a) {
           if (a.number() == 1) a.saw(o.handles.front().join_result() ? 1 : 0);
         }},
        {"spawn and join",
         [](auto& o, auto& a) { a.saw(o.runtime.spawn("child", [&o] { return o.number.fetch_add(10); }).join()); }},
        {"spawn and abort",
         [](auto& o, auto& a) {
           auto child = o.runtime.spawn("child", [] { sleep(1ms); });
           child.abort();
           a.saw(child.join_result() ? 1 : 0);
         }},
        {"spawn_blocking",
         [](auto& o, auto& a) {
           a.saw(o.runtime
                     .spawn_blocking("blocking",
                                     [] {
                                       work(1ms);
                                       return 3;
                                     })
                     .join());
         }},
        {"block on a thread",
         [](auto& o, auto& a) { spawn("child thread", [&o, &a] { a.saw(o.number.load()); }).join(); }},
    };
  }
  Runtime runtime{workers, "pool"};
  Atomic<int> number{0, "number"};
  std::vector<JoinHandle<void>> handles;
};

/// Tokens, time limits, marked scopes, and what time it is.
struct CancellationObject {
  explicit CancellationObject(World&) {}
  [[nodiscard]] std::string state() const {
    return std::to_string(number.peek()) + (token.peek() ? " cancelled" : "") + (child.peek() ? " child" : "");
  }
  static Operations<CancellationObject> operations() {
    return {
        {"fetch_add", [](auto& o, auto& a) { a.saw(o.number.fetch_add(1)); }},
        {"cancel", [](auto& o, auto&) { o.token.cancel(); }},
        {"cancel the child", [](auto& o, auto&) { o.child.cancel(); }},
        {"is_cancelled", [](auto& o, auto& a) { a.saw(o.token.is_cancelled() ? 1 : 0); }},
        {"is the child cancelled", [](auto& o, auto& a) { a.saw(o.child.is_cancelled() ? 1 : 0); }},
        {"cancelled", [](auto& o, auto&) { o.child.cancelled(); }},
        {"cancelled, with a time limit",
         [](auto& o, auto& a) { a.saw(timeout(2ms, [&] { o.child.cancelled(); }) ? 1 : 0); }},
        {"select",
         [](auto& o, auto& a) { a.saw(static_cast<int>(select(o.token.cancellation(), sleeping(1ms)).index())); }},
        {"nested time limits",
         [](auto& o, auto& a) {
           a.saw(timeout(3ms,
                         [&] {
                           timeout(1ms, [&] { o.child.cancelled(); });
                           sleep(1ms);
                         })
                     ? 1
                     : 0);
         }},
        {"cancellable", [](auto&, auto& a) { a.saw(cancellable([] { sleep(1ms); }) ? 1 : 0); }},
        {"sleep", [](auto&, auto&) { sleep(1ms); }},
        {"now", [](auto&, auto& a) { yield(), a.saw(now().count()); }},
        {"choose", [](auto&, auto& a) { a.saw(choose(3)); }},
    };
  }
  CancellationToken token{"token"};
  CancellationToken child = token.child("child");
  Atomic<int> number{0, "number"};
};

TEST(Commute, RuntimeWithManyWorkers) {
  expect_commutes<RuntimeObject<Runtime::unbounded>>();
}
TEST(Commute, RuntimeWithTwoWorkers) {
  expect_commutes<RuntimeObject<2>>();
}
TEST(Commute, RuntimeWithOneWorker) {
  expect_commutes<RuntimeObject<1>>();
}
TEST(Commute, CancellationAndTheClock) {
  expect_commutes<CancellationObject>();
}
TEST(Commute, CancellationAtEachAwait) {
  expect_commutes<CancellationObject>(
      {.seed = 2, .execution = {.step_limit = 400, .time = TimeMode::any_time, .cancel = Cancel::each}});
}
TEST(Commute, CancellationWhileTimeStandsStill) {
  expect_commutes<CancellationObject>({.seed = 3, .execution = {.step_limit = 400}});
}

}  // namespace
}  // namespace heddle::sim

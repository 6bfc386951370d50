// A test double of the store, for unit tests of a pool, whose `with_lock` awaits between its check and its set: two
// holders are inside at once, and the pool under test is blamed for it. Code between two awaits is atomic, as in any
// single-threaded async runtime.
//
// Property: one_holder_per_channel.
#include "scenarios/channel_pool/chain.hpp"
#include "scenarios/channel_pool/scenarios.hpp"

namespace heddle::scenarios {
namespace {

constexpr sim::Op await_op{"double.await", sim::Unwinds::at_once};

enum class Double : std::uint8_t { check_await_set, check_and_set };

/// Locks and values of one key.
class FakeStore {
 public:
  explicit FakeStore(Double kind)
      : kind_(kind), execution_(sim::Execution::current()), object_(execution_.add_object("kv double", {})) {}

  /// Runs `body` unless somebody is inside.
  template <class Body>
  void with_lock(Body body) {
    await();
    if (is_locked()) return;
    if (kind_ == Double::check_await_set) await();
    lock(true);
    body();
    lock(false);
  }
  [[nodiscard]] std::string get() {
    await();
    execution_.touch(object_, sim::Access::read);
    return value_;
  }
  void set(const std::string& value) {
    await();
    execution_.touch(object_, sim::Access::write);
    value_ = value;
  }

 private:
  void await() { execution_.step(await_op, object_, sim::Access::write, std::source_location::current()); }
  [[nodiscard]] bool is_locked() {
    execution_.touch(object_, sim::Access::read);
    return locked_;
  }
  void lock(bool locked) {
    execution_.touch(object_, sim::Access::write);
    execution_.note([&] { return std::string(locked ? "locks" : "unlocks"); });
    locked_ = locked;
  }

  Double kind_;
  sim::Execution& execution_;
  sim::ObjectId object_;
  bool locked_ = false;
  std::string value_;
};

Variant variant(std::string name, std::string summary, Double kind, Expectation expected) {
  const auto run = [kind](sim::World& world, const Protocol&) {
    FakeStore store(kind);
    Chain chain(1);
    int acquired = 0;
    for (int i = 0; i < 2; ++i)
      world.task({"worker", i}, [&, i] {
        const std::string me = "worker-" + std::to_string(i);
        bool is_mine = false;
        store.with_lock([&] {
          if (!store.get().empty()) return;
          store.set(me);
          is_mine = true;
        });
        if (!is_mine) return;
        ++acquired;
        chain.submit(0, me);
        store.set("");
      });
    world.run();
    world.sometimes("both workers had the channel in turn", acquired == 2);
    world.sometimes("one worker was turned away", acquired == 1);
  };
  return channel_pool::make_variant(std::move(name), std::move(summary), {}, std::move(expected), run);
}

}  // namespace

Scenario with_lock_double() {
  const std::vector<std::string> property = {"one_holder_per_channel"};
  return channel_pool::make_scenario("with_lock_double", "a fake store for unit tests that lets two holders in",
                                     property,
                                     {
                                         variant("check_await_set", "looks whether it is locked, awaits, and locks",
                                                 Double::check_await_set, {.violates = property}),
                                         variant("check_and_set", "looks and locks without an await in between",
                                                 Double::check_and_set, {.holds = property}),
                                     });
}

}  // namespace heddle::scenarios

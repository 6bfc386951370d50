// Operations of every primitive whose footprints do not conflict commute.
#include <memory>

#include "sim/runtime/select.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/async_rw_lock.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/barrier.hpp"
#include "sim/sync/channel.hpp"
#include "sim/sync/condition_variable.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/once.hpp"
#include "sim/sync/oneshot.hpp"
#include "sim/sync/plain.hpp"
#include "sim/sync/rw_lock.hpp"
#include "sim/sync/semaphore.hpp"
#include "sim/sync/shared_state.hpp"
#include "tests/support/commute_fuzz.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;
using heddle::testing::Actor;
using heddle::testing::commute_fuzz;
using heddle::testing::CommuteReport;
using heddle::testing::expect_commutes;
template <class Object>
using Operations = std::vector<heddle::testing::Operation<Object>>;

std::string text(std::initializer_list<std::int64_t> numbers) {
  std::string all;
  for (const std::int64_t number : numbers) all += std::to_string(number) + " ";
  return all;
}

/// What every object has beside it: an atomic, so that there are independent steps and results that tell orders apart.
struct Beside {
  Atomic<int> number{0, "number"};

  template <class Object>
  static void add_to(Operations<Object>& operations) {
    operations.push_back({"number.fetch_add", [](Object& o, Actor& a) { a.saw(o.number.fetch_add(1)); }});
    operations.push_back({"number.load", [](Object& o, Actor& a) { a.saw(o.number.load()); }});
    operations.push_back({"yield", [](Object&, Actor&) { yield(); }});
  }
};

/// Two of a kind: pairs on different ones are independent.
template <class T>
struct Two {
  T& at(std::size_t i) { return i == 0 ? first : second; }
  const T& at(std::size_t i) const { return i == 0 ? first : second; }
  T first;
  T second;
};

struct AtomicObject : Beside {
  explicit AtomicObject(World&) {}
  [[nodiscard]] std::string state() const { return text({x.peek(), number.peek(), flag.peek() ? 1 : 0}); }
  static Operations<AtomicObject> operations() {
    Operations<AtomicObject> all = {
        {"x.load", [](auto& o, auto& a) { a.saw(o.x.load()); }},
        {"x.store", [](auto& o, auto& a) { o.x.store(static_cast<int>(a.number())); }},
        {"x.exchange", [](auto& o, auto& a) { a.saw(o.x.exchange(3)); }},
        {"x.fetch_or", [](auto& o, auto& a) { a.saw(o.x.fetch_or(4)); }},
        {"x.fetch_and", [](auto& o, auto& a) { a.saw(o.x.fetch_and(5)); }},
        {"x.fetch_sub", [](auto& o, auto& a) { a.saw(o.x.fetch_sub(1)); }},
        {"x.compare_exchange",
         [](auto& o, auto& a) {
           int expected = 1;
           a.saw(o.x.compare_exchange(expected, 2) ? 1 : 0);
           a.saw(expected);
         }},
        {"flag.exchange", [](auto& o, auto& a) { a.saw(o.flag.exchange(true) ? 1 : 0); }},
        {"flag.load", [](auto& o, auto& a) { a.saw(o.flag.load() ? 1 : 0); }},
    };
    add_to(all);
    return all;
  }
  Atomic<int> x{1, "x"};
  Atomic<bool> flag{false, "flag"};
};

struct SharedStateObject : Beside {
  explicit SharedStateObject(World&) {}
  [[nodiscard]] std::string state() const { return text({left.peek(), right.peek(), plain.peek(), number.peek()}); }
  static Operations<SharedStateObject> operations() {
    Operations<SharedStateObject> all = {
        {"read left", [](auto& o, auto& a) { yield(), a.saw(o.left.read()); }},
        {"read both", [](auto& o, auto& a) { yield(), a.saw(o.left.read() + 10 * o.right.read()); }},
        {"write left", [](auto& o, auto&) { yield(), ++o.left.write(); }},
        {"copy", [](auto& o, auto&) { yield(), o.right.write() = o.left.read(); }},
        {"plain under lock",
         [](auto& o, auto& a) {
           const LockGuard held(o.mutex);
           a.saw(o.plain.read());
           o.plain.write(o.plain.read() + 1);
         }},
    };
    add_to(all);
    return all;
  }
  SharedState<int> left{0, "left"};
  SharedState<int> right{0, "right"};
  Mutex mutex{"mutex"};
  Plain<int> plain{0, "plain"};
};

struct MutexObject : Beside {
  explicit MutexObject(World&) {}
  [[nodiscard]] std::string state() const { return text({number.peek()}); }
  template <std::size_t i>
  static void update(MutexObject& o, Actor& a) {
    const LockGuard held(o.mutexes.at(i));
    a.saw(o.number.fetch_add(1));
  }
  template <std::size_t i>
  static void try_update(MutexObject& o, Actor& a) {
    const bool locked = o.mutexes.at(i).try_lock();
    a.saw(locked ? 1 : 0);
    if (locked) o.mutexes.at(i).unlock();
  }
  static void nested(MutexObject& o, Actor&) {
    const LockGuard outer(o.mutexes.first);
    const LockGuard inner(o.mutexes.second);
  }
  static void wait_a_while(MutexObject& o, Actor& a) {
    const bool locked = o.mutexes.first.try_lock_for(2ms);
    a.saw(locked ? 1 : 0);
    if (locked) o.mutexes.first.unlock();
  }
  static Operations<MutexObject> operations() {
    Operations<MutexObject> all = {{"lock 0", update<0>},         {"lock 1", update<1>},
                                   {"try_lock 0", try_update<0>}, {"try_lock 1", try_update<1>},
                                   {"lock both", nested},         {"try_lock_for 0", wait_a_while}};
    add_to(all);
    return all;
  }
  Two<Mutex> mutexes{Mutex{"left"}, Mutex{"right"}};
};

template <RwPolicy policy>
struct RwLockObject : Beside {
  explicit RwLockObject(World&) {}
  [[nodiscard]] std::string state() const {
    return text({lock.readers(), lock.is_write_locked() ? 1 : 0, number.peek()});
  }
  static Operations<RwLockObject> operations() {
    Operations<RwLockObject> all = {
        {"read",
         [](auto& o, auto& a) {
           const ReadGuard held(o.lock);
           a.saw(o.number.load());
         }},
        {"write",
         [](auto& o, auto& a) {
           const WriteGuard held(o.lock);
           a.saw(o.number.fetch_add(1));
         }},
        {"try_lock_shared",
         [](auto& o, auto& a) {
           const bool locked = o.lock.try_lock_shared();
           a.saw(locked ? 1 : 0);
           if (locked) o.lock.unlock_shared();
         }},
        {"try_lock",
         [](auto& o, auto& a) {
           const bool locked = o.lock.try_lock();
           a.saw(locked ? 1 : 0);
           if (locked) o.lock.unlock();
         }},
    };
    Beside::add_to(all);
    return all;
  }
  RwLock lock{"lock", policy};
};

struct AsyncLocksObject : Beside {
  explicit AsyncLocksObject(World&) {}
  [[nodiscard]] std::string state() const {
    return text({mutex.is_locked() ? 1 : 0, semaphore.available(), number.peek()});
  }
  static Operations<AsyncLocksObject> operations() {
    Operations<AsyncLocksObject> all = {
        {"lock",
         [](auto& o, auto& a) {
           const auto held = o.mutex.lock();
           a.saw(o.number.fetch_add(1));
         }},
        {"try_lock", [](auto& o, auto& a) { a.saw(o.mutex.try_lock().has_value() ? 1 : 0); }},
        {"lock, with a time limit",
         [](auto& o, auto& a) { a.saw(timeout(2ms, [&] { return o.mutex.lock(); }).has_value() ? 1 : 0); }},
        {"read",
         [](auto& o, auto& a) {
           const auto held = o.rw.read();
           a.saw(o.number.load());
         }},
        {"write",
         [](auto& o, auto& a) {
           const auto held = o.rw.write();
           a.saw(o.number.fetch_add(1));
         }},
        {"try_read", [](auto& o, auto& a) { a.saw(o.rw.try_read().has_value() ? 1 : 0); }},
        {"try_write", [](auto& o, auto& a) { a.saw(o.rw.try_write().has_value() ? 1 : 0); }},
        {"acquire",
         [](auto& o, auto& a) {
           const auto permit = o.semaphore.acquire();
           a.saw(o.number.load());
         }},
        {"acquire 2", [](auto& o, auto&) { static_cast<void>(o.semaphore.acquire(2)); }},
        {"acquire 2, with a time limit",
         [](auto& o, auto& a) { a.saw(timeout(1ms, [&] { return o.semaphore.acquire(2); }).has_value() ? 1 : 0); }},
        {"try_acquire", [](auto& o, auto& a) { a.saw(o.semaphore.try_acquire().has_value() ? 1 : 0); }},
        {"add_permits", [](auto& o, auto&) { o.semaphore.add_permits(1); }},
    };
    add_to(all);
    return all;
  }
  AsyncMutex mutex{"mutex"};
  AsyncRwLock rw{"rw"};
  Semaphore semaphore{2, "semaphore"};
};

struct SignalsObject : Beside {
  explicit SignalsObject(World&) {}
  [[nodiscard]] std::string state() const { return text({number.peek(), once.is_done() ? 1 : 0}); }
  static Operations<SignalsObject> operations() {
    Operations<SignalsObject> all = {
        {"notified", [](auto& o, auto&) { o.notify.notified(); }},
        {"notified, with a time limit",
         [](auto& o, auto& a) { a.saw(timeout(1ms, [&] { o.notify.notified(); }) ? 1 : 0); }},
        {"notify_one", [](auto& o, auto&) { o.notify.notify_one(); }},
        {"notify_waiters", [](auto& o, auto&) { o.notify.notify_waiters(); }},
        {"barrier.wait", [](auto& o, auto& a) { a.saw(o.barrier.wait() ? 1 : 0); }},
        {"once.call", [](auto& o, auto& a) { o.once.call([&] { a.saw(o.number.fetch_add(1)); }); }},
        {"cv.wait",
         [](auto& o, auto&) {
           std::unique_lock lock(o.mutex);
           o.changed.wait(lock);
         }},
        {"cv.wait_for",
         [](auto& o, auto& a) {
           std::unique_lock lock(o.mutex);
           a.saw(o.changed.wait_for(lock, 1ms) == CvStatus::timeout ? 1 : 0);
         }},
        {"cv.notify_one", [](auto& o, auto&) { o.changed.notify_one(); }},
        {"cv.notify_all", [](auto& o, auto&) { o.changed.notify_all(); }},
    };
    add_to(all);
    return all;
  }
  Notify notify{"notify"};
  Barrier barrier{2, "barrier"};
  Once once{"once"};
  Mutex mutex{"mutex"};
  ConditionVariable changed{"changed", 1};
};

struct ChannelsObject : Beside {
  explicit ChannelsObject(World&) {}
  [[nodiscard]] std::string state() const {
    return text({static_cast<std::int64_t>(jobs.receiver.size()), static_cast<std::int64_t>(wide.receiver.size()),
                 number.peek()});
  }
  static Operations<ChannelsObject> operations() {
    Operations<ChannelsObject> all = {
        {"send", [](auto& o, auto& a) { a.saw(o.jobs.sender.send(static_cast<int>(a.number())) ? 1 : 0); }},
        {"send to the unbounded", [](auto& o, auto& a) { a.saw(o.wide.sender.send(1) ? 1 : 0); }},
        {"try_send", [](auto& o, auto& a) { a.saw(static_cast<int>(o.jobs.sender.try_send(9))); }},
        {"recv", [](auto& o, auto& a) { a.saw(o.jobs.receiver.recv().value_or(-1)); }},
        {"recv from the unbounded", [](auto& o, auto& a) { a.saw(o.wide.receiver.recv().value_or(-1)); }},
        {"recv, with a time limit",
         [](auto& o, auto& a) {
           a.saw(timeout(1ms, [&] { return o.jobs.receiver.recv().value_or(-1); }).value_or(-2));
         }},
        {"try_recv",
         [](auto& o, auto& a) {
           const auto tried = o.jobs.receiver.try_recv();
           a.saw(tried.message.value_or(tried.closed ? -1 : -2));
         }},
        {"close", [](auto& o, auto&) { o.jobs.receiver.close(); }},
        {"select",
         [](auto& o, auto& a) {
           a.saw(static_cast<int>(
               select(o.jobs.receiver.receiving(), o.wide.receiver.receiving(), sleeping(1ms)).index()));
         }},
        // Each end of a oneshot belongs to one task.
        {"oneshot.send", [](auto& o, auto& a) { a.saw(a.number() == 0 && o.answer.sender.send(5) ? 1 : 0); }},
        {"oneshot.recv", [](auto& o, auto& a) { a.saw(a.number() == 1 ? o.answer.receiver.recv().value_or(-1) : 0); }},
        {"oneshot.try_recv",
         [](auto& o, auto& a) { a.saw(a.number() == 1 ? o.answer.receiver.try_recv().value_or(-1) : 0); }},
    };
    add_to(all);
    return all;
  }
  ChannelEnds<int> jobs = channel<int>(1, "jobs");
  ChannelEnds<int> wide = unbounded_channel<int>("wide");
  OneshotEnds<int> answer = oneshot<int>("answer");
};

TEST(Commute, Atomic) {
  expect_commutes<AtomicObject>();
}
TEST(Commute, SharedState) {
  expect_commutes<SharedStateObject>();
}
TEST(Commute, Mutex) {
  expect_commutes<MutexObject>();
}
TEST(Commute, RwLocks) {
  expect_commutes<RwLockObject<RwPolicy::unfair>>();
  expect_commutes<RwLockObject<RwPolicy::fair>>();
  expect_commutes<RwLockObject<RwPolicy::writer_preferring>>();
}
TEST(Commute, AsyncLocks) {
  expect_commutes<AsyncLocksObject>();
}
TEST(Commute, NotifyBarrierOnceConditionVariable) {
  expect_commutes<SignalsObject>();
}
TEST(Commute, Channels) {
  expect_commutes<ChannelsObject>();
}

/// A register whose writes say that they read.
struct Liar {
  explicit Liar(World&) {}
  [[nodiscard]] std::string state() const { return std::to_string(value); }
  void step(Actor& actor, bool writes, bool is_honest) {
    constexpr static Op access{"access", Unwinds::at_once};
    Execution& execution = Execution::current();
    if (!execution.step(access, object, Access::read, std::source_location::current())) return;
    execution.touch(object, writes && is_honest ? Access::write : Access::read);
    if (writes) value = 10 * value + static_cast<int>(actor.number()) + 1;
    actor.saw(value);
  }
  static Operations<Liar> operations() {
    return {{"read", [](auto& o, auto& a) { o.step(a, false, true); }},
            {"write", [](auto& o, auto& a) { o.step(a, true, true); }},
            {"write secretly", [](auto& o, auto& a) { o.step(a, true, false); }}};
  }
  ObjectId object = Execution::current().add_object("liar", "liar");
  int value = 0;
};

TEST(Commute, AFootprintThatLeavesOutAWriteIsFoundAndPrintedWithItsSeed) {
  const CommuteReport report = commute_fuzz<Liar>({.seed = 7});
  EXPECT_NE(report.counterexample.find("HEDDLE_COMMUTE_SEED=7, program "), std::string::npos) << report.counterexample;
  EXPECT_NE(report.counterexample.find("write secretly"), std::string::npos) << report.counterexample;
}

}  // namespace
}  // namespace heddle::sim

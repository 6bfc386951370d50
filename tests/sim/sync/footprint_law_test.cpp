// Footprints tell the truth: two executions with the same happens-before trace are the same execution to all its tasks,
// and what can follow depends on the trace alone. Random small programs over every primitive are explored; executions
// of equal trace hash must have seen equal results, and a search that does not branch twice after equal prefixes must
// reach the same traces as one that does.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>

#include "sim/runtime/cancellation_token.hpp"
#include "sim/runtime/runtime.hpp"
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
#include "sim/sync/rw_lock.hpp"
#include "sim/sync/semaphore.hpp"
#include "tests/support/census.hpp"

namespace heddle::sim {
namespace {

using namespace std::chrono_literals;

/// One of each primitive, and what each task saw.
struct Shared {
  Mutex mutex{"mutex"};
  RwLock unfair{"unfair"};
  RwLock fair{"fair", RwPolicy::fair};
  RwLock writers_first{"writers first", RwPolicy::writer_preferring};
  AsyncMutex async_mutex{"async mutex"};
  AsyncRwLock async_rw_lock{"async rw lock"};
  Semaphore semaphore{2, "semaphore"};
  ConditionVariable changed{"changed", 1};
  Notify notify{"notify"};
  Barrier barrier{2, "barrier"};
  ChannelEnds<int> jobs = channel<int>(1, "jobs");
  OneshotEnds<int> answer = oneshot<int>("answer");
  CancellationToken token{"token"};
  Once once{"once"};
  Atomic<int> number{0, "number"};
  Runtime runtime;
  std::vector<JoinHandle<void>> handles;
  std::vector<std::string> logs;

  explicit Shared(std::uint32_t workers) : runtime(workers, "pool") {}
};

struct Context {
  Shared& shared;
  std::size_t self;
  void log(int result) const { shared.logs[self] += std::to_string(result) + ","; }
  /// The result of an optional or a boolean.
  template <class T>
  void log_whether(const T& result) const {
    log(static_cast<bool>(result) ? 1 : 0);
  }
};

using Action = void (*)(const Context&);

template <class Lock>
void read_twice(const Context& c, Lock& lock) {
  const ReadGuard reading(lock);
  c.log(c.shared.number.load());
}
template <class Lock>
void update(const Context& c, Lock& lock) {
  const WriteGuard writing(lock);
  c.log(c.shared.number.fetch_add(1));
}

constexpr Action blocking_actions[] = {
    [](const Context& c) { c.log(c.shared.number.load()); },
    [](const Context& c) { c.shared.number.store(static_cast<int>(c.self)); },
    [](const Context& c) { c.log(c.shared.number.fetch_add(1)); },
    [](const Context& c) {
      int expected = 1;
      c.log_whether(c.shared.number.compare_exchange(expected, 2));
    },
    [](const Context& c) {
      const LockGuard held(c.shared.mutex);
      c.log(c.shared.number.load());
    },
    [](const Context& c) {
      const bool locked = c.shared.mutex.try_lock();
      c.log_whether(locked);
      if (locked) c.shared.mutex.unlock();
    },
    [](const Context& c) {
      const bool locked = c.shared.mutex.try_lock_for(2ms);
      c.log_whether(locked);
      if (locked) c.shared.mutex.unlock();
    },
    [](const Context& c) { read_twice(c, c.shared.unfair); },
    [](const Context& c) { update(c, c.shared.unfair); },
    [](const Context& c) { read_twice(c, c.shared.fair); },
    [](const Context& c) { update(c, c.shared.fair); },
    [](const Context& c) { read_twice(c, c.shared.writers_first); },
    [](const Context& c) { update(c, c.shared.writers_first); },
    [](const Context& c) {
      const bool locked = c.shared.writers_first.try_lock_shared();
      c.log_whether(locked);
      if (locked) c.shared.writers_first.unlock_shared();
    },
    [](const Context& c) {
      const bool locked = c.shared.fair.try_lock();
      c.log_whether(locked);
      if (locked) c.shared.fair.unlock();
    },
    [](const Context& c) {
      std::unique_lock lock(c.shared.mutex);
      c.shared.changed.wait(lock);
    },
    [](const Context& c) {
      std::unique_lock lock(c.shared.mutex);
      c.log_whether(c.shared.changed.wait_for(lock, 1ms) == CvStatus::timeout);
    },
    [](const Context& c) { c.shared.changed.notify_one(); },
    [](const Context& c) { c.shared.changed.notify_all(); },
    [](const Context& c) { c.shared.once.call([&] { c.log(c.shared.number.fetch_add(1)); }); },
    [](const Context& c) { c.log(static_cast<int>(choose(2))); },
};

constexpr Action async_actions[] = {
    [](const Context& c) {
      const auto held = c.shared.async_mutex.lock();
      c.log(c.shared.number.load());
    },
    [](const Context& c) { c.log_whether(c.shared.async_mutex.try_lock()); },
    [](const Context& c) { c.log_whether(timeout(2ms, [&] { return c.shared.async_mutex.lock(); })); },
    [](const Context& c) {
      const auto reading = c.shared.async_rw_lock.read();
      c.log(c.shared.number.load());
    },
    [](const Context& c) {
      const auto writing = c.shared.async_rw_lock.write();
      c.shared.number.store(7);
    },
    [](const Context& c) { c.log_whether(c.shared.async_rw_lock.try_read()); },
    [](const Context& c) {
      const auto permits = c.shared.semaphore.acquire(2);
      c.log(c.shared.number.load());
    },
    [](const Context& c) { c.log_whether(c.shared.semaphore.try_acquire()); },
    [](const Context& c) { c.shared.notify.notified(); },
    [](const Context& c) { c.log_whether(timeout(1ms, [&] { c.shared.notify.notified(); })); },
    [](const Context& c) { c.shared.notify.notify_one(); },
    [](const Context& c) { c.shared.notify.notify_waiters(); },
    [](const Context& c) { c.log_whether(c.shared.barrier.wait()); },
    [](const Context& c) { c.log_whether(c.shared.jobs.sender.send(static_cast<int>(c.self))); },
    [](const Context& c) { c.log(static_cast<int>(c.shared.jobs.sender.try_send(9))); },
    [](const Context& c) { c.log(c.shared.jobs.receiver.recv().value_or(-1)); },
    [](const Context& c) {
      c.log(timeout(1ms, [&] { return c.shared.jobs.receiver.recv().value_or(-1); }).value_or(-2));
    },
    [](const Context& c) {
      const auto tried = c.shared.jobs.receiver.try_recv();
      c.log(tried.message.value_or(tried.closed ? -1 : -2));
    },
    [](const Context& c) { c.shared.jobs.receiver.close(); },
    [](const Context& c) {  // the sender and the handle below belong to one task each
      if (c.self == 0) c.log_whether(c.shared.answer.sender.send(5));
    },
    [](const Context& c) { c.log(c.shared.answer.receiver.recv().value_or(-1)); },
    [](const Context& c) { c.log_whether(c.shared.token.is_cancelled()); },
    [](const Context& c) { c.shared.token.cancel(); },
    [](const Context& c) {
      c.log(static_cast<int>(
          select(c.shared.token.cancellation(), c.shared.jobs.receiver.receiving(), sleeping(1ms)).index()));
    },
    [](const Context& c) {
      c.log(static_cast<int>(select(c.shared.notify.notification(), c.shared.async_mutex.locking()).index()));
    },
    [](const Context&) { sleep(1ms); },
    [](const Context&) { yield_now(); },
    [](const Context& c) { c.log(static_cast<int>(now().count())); },
    [](const Context& c) { c.shared.handles.front().abort(); },
    [](const Context& c) { c.log_whether(c.shared.handles.front().is_finished()); },
    [](const Context& c) {
      if (c.self == 1) c.log_whether(c.shared.handles.front().join_result());
    },
};

Action action(std::uint32_t index) {
  return index < std::size(blocking_actions) ? blocking_actions[index]
                                             : async_actions[index - std::size(blocking_actions)];
}
constexpr std::uint32_t actions = std::size(blocking_actions) + std::size(async_actions);

struct Draft {
  std::uint32_t workers = 1;
  std::vector<std::vector<std::uint32_t>> tasks;  ///< the first is async; the others are threads if `threads`
  bool threads = false;
};

void run_draft(World& world, const Draft& draft, std::string& observed) {
  Shared shared(draft.workers);
  shared.logs.resize(draft.tasks.size());
  for (std::size_t i = 0; i < draft.tasks.size(); ++i) {
    const auto body = [&, i] {
      for (const std::uint32_t index : draft.tasks[i]) action(index)({shared, i});
    };
    if (i == 0 || !draft.threads) {
      shared.handles.push_back(shared.runtime.spawn({"async", static_cast<int>(i)}, body));
    } else {
      world.task({"thread", static_cast<int>(i)}, body);
    }
  }
  struct Collect {
    const Shared& shared;
    std::string& observed;
    ~Collect() {
      observed.clear();
      for (const std::string& log : shared.logs) observed += log + ";";
    }
  } collect{shared, observed};
  world.run();
}

struct Seen {
  std::map<std::uint64_t, std::string> by_trace;
  bool exhausted = false;
};

Seen explore_draft(const Draft& draft, Dfs search, std::uint64_t limit) {
  Seen seen;
  std::string observed;
  const Program program = [&](World& world) { run_draft(world, draft, observed); };
  Execution execution({.step_limit = 200, .time = TimeMode::any_time, .slack = 1});
  for (std::uint64_t i = 0; i < limit; ++i) {
    if (!search.begin_execution(i)) {
      seen.exhausted = true;
      break;
    }
    const ExecutionResult& result = execution.run(program, search);
    search.end_execution(result);
    if (result.failure == FailureKind::step_limit) continue;
    observed += std::to_string(static_cast<int>(result.failure)) + std::string(result.property);
    const auto [known, is_new] = seen.by_trace.emplace(result.trace_hash, observed);
    RC_ASSERT(is_new || known->second == observed);
  }
  return seen;
}

/// Mostly actions that stand near each other in the tables, since those share an object.
Draft any_draft() {
  Draft draft;
  draft.workers = *rc::gen::inRange(0U, 3U);
  draft.threads = *rc::gen::arbitrary<bool>();
  const std::uint32_t family = *rc::gen::inRange(0U, actions);
  const auto related =
      rc::gen::map(rc::gen::inRange(0U, 6U), [family](std::uint32_t step) { return (family + step) % actions; });
  const auto any_action = rc::gen::weightedOneOf<std::uint32_t>({{4, related}, {1, rc::gen::inRange(0U, actions)}});
  const int tasks = *rc::gen::inRange(2, 4);
  for (int i = 0; i < tasks; ++i)
    draft.tasks.push_back(*rc::gen::resize(3, rc::gen::container<std::vector<std::uint32_t>>(any_action)));
  return draft;
}

RC_GTEST_PROP(FootprintLaw, EqualTracesAreEqualExecutions, ()) {
  constexpr std::uint64_t limit = 3000;
  const Draft draft = any_draft();
  const Seen plain = explore_draft(draft, Dfs{}, limit);
  if (!plain.exhausted) return;
  const Seen cached = explore_draft(draft, Dfs().cached(), limit);
  RC_ASSERT(cached.by_trace == plain.by_trace);
}

}  // namespace
}  // namespace heddle::sim

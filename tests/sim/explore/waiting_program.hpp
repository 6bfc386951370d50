// Random small programs of everything that waits: channels, semaphores, reader-writer locks, condition variables,
// notifications, timeouts, async tasks that are aborted or joined, cancellation tokens.
#pragma once

#include <array>
#include <deque>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/world.hpp"
#include "sim/explore/rng.hpp"
#include "sim/runtime/cancellation_token.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/runtime/time.hpp"
#include "sim/sync/async_mutex.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/channel.hpp"
#include "sim/sync/condition_variable.hpp"
#include "sim/sync/mutex.hpp"
#include "sim/sync/notify.hpp"
#include "sim/sync/rw_lock.hpp"
#include "sim/sync/semaphore.hpp"

namespace heddle::sim::testing {

enum class Wait : std::uint8_t {
  send,
  receive,
  try_send,
  try_receive,
  permit,
  try_permit,
  read_locked,
  write_locked,
  async_locked,
  notify_one,
  notify_waiters,
  notified,
  cv_notify,
  cv_wait,
  spawn_and_join,
  spawn_and_abort,
  cancel_token,
  token_cancelled,
  sleep,
  count
};

struct WaitingStep {
  Wait kind = Wait::send;
  bool is_limited = false;  ///< by a timeout
  int value = 0;
};

struct WaitingProgram {
  std::vector<std::vector<WaitingStep>> tasks;
  std::uint32_t workers = 0;      ///< of the runtime that the async tasks run on
  std::uint32_t async_tasks = 0;  ///< so many of the tasks are async
  RwPolicy policy = RwPolicy::unfair;
  TimeMode time = TimeMode::as_soon_as_idle;

  static WaitingProgram make(std::uint64_t seed) {
    Rng rng(0x3a17, seed);
    WaitingProgram program;
    program.time = rng.below(4) == 0 ? TimeMode::any_time : TimeMode::as_soon_as_idle;
    program.policy = static_cast<RwPolicy>(rng.below(3));
    program.workers = rng.below(3);
    program.tasks.resize(2 + rng.below(2));
    program.async_tasks = rng.below(static_cast<std::uint32_t>(program.tasks.size()) + 1);
    const std::uint32_t most_steps = program.tasks.size() == 2 ? 3 : 2;
    for (auto& task : program.tasks) {
      const std::uint32_t length = 1 + rng.below(most_steps);
      for (std::uint32_t i = 0; i < length; ++i)
        task.push_back({static_cast<Wait>(rng.below(static_cast<std::uint32_t>(Wait::count))), rng.below(3) == 0,
                        static_cast<int>(rng.below(2))});
    }
    return program;
  }

  [[nodiscard]] std::string describe() const {
    static constexpr const char* names[] = {
        "send",           "receive",         "try_send",     "try_receive",     "permit",   "try_permit", "read_locked",
        "write_locked",   "async_locked",    "notify_one",   "notify_waiters",  "notified", "cv_notify",  "cv_wait",
        "spawn_and_join", "spawn_and_abort", "cancel_token", "token_cancelled", "sleep"};
    std::string text = time == TimeMode::any_time ? "any_time" : "as_soon_as_idle";
    text += ", " + std::to_string(workers) + " workers for " + std::to_string(async_tasks) + " tasks, rw policy " +
            std::to_string(static_cast<int>(policy));
    for (const auto& task : tasks) {
      text += " | ";
      for (const WaitingStep& step : task)
        text += std::string(names[static_cast<int>(step.kind)]) + (step.is_limited ? "(limited," : "(") +
                std::to_string(step.value) + ") ";
    }
    return text;
  }
};

class WaitingProgramRun {
 public:
  WaitingProgramRun(const WaitingProgram& program, World& world, std::vector<int>& out)
      : program_(program),
        ends_(channel<int>(1, "channel")),
        rw_("rw", program.policy),
        runtime_(program.workers, "pool") {
    results_.resize(program.tasks.size() * 4, 0);
    children_.resize(program.tasks.size(), 0);
    out.clear();
    for (std::size_t t = 0; t < program.tasks.size(); ++t) {
      const Name name{"task", static_cast<int>(t)};
      const auto body = [this, t] {
        for (const WaitingStep& step : program_.tasks[t]) perform(t, step);
      };
      if (t < program.async_tasks) {
        runtime_.spawn(name, body).detach();
      } else {
        world.task(name, body);
      }
    }
    world.run();
    out.push_back(cell_.peek());
    out.push_back(static_cast<int>(ends_.receiver.size()));
    out.push_back(static_cast<int>(permits_.available()));
    for (const int result : results_) out.push_back(result);
  }

 private:
  using Milliseconds = std::chrono::milliseconds;

  void observe(std::size_t t, int value) { results_[t] = results_[t] * 7 + value + 1; }
  void perform(std::size_t t, const WaitingStep& step) {
    if (!step.is_limited) {
      observe(t, run(t, step));
      return;
    }
    const std::optional<int> result = timeout(Milliseconds(1 + step.value), [&] { return run(t, step); });
    observe(t, result.value_or(5));
  }
  int run(std::size_t t, const WaitingStep& step) {
    const int own = static_cast<int>(t) + 1;
    switch (step.kind) {
      case Wait::send:
        return ends_.sender.send(own) ? 1 : 0;
      case Wait::receive:
        return ends_.receiver.recv().value_or(0);
      case Wait::try_send:
        return static_cast<int>(ends_.sender.try_send(own));
      case Wait::try_receive:
        return ends_.receiver.try_recv().message.value_or(0);
      case Wait::permit: {
        const Semaphore::Permit permit = permits_.acquire();
        return cell_.fetch_add(1);
      }
      case Wait::try_permit: {
        const auto permit = permits_.try_acquire();
        return permit ? cell_.fetch_add(1) : 6;
      }
      default:
        return run_more(t, step);
    }
  }
  int run_more(std::size_t t, const WaitingStep& step) {
    const int own = static_cast<int>(t) + 1;
    switch (step.kind) {
      case Wait::read_locked: {
        const std::shared_lock<RwLock> lock(rw_);
        return cell_.load();
      }
      case Wait::write_locked: {
        const std::lock_guard<RwLock> lock(rw_);
        cell_.store(own);
        return 0;
      }
      case Wait::async_locked: {
        const auto held = async_.lock();
        sim::sleep(Milliseconds(step.value));
        return cell_.load();
      }
      case Wait::notify_one:
        notify_.notify_one();
        return 0;
      case Wait::notify_waiters:
        notify_.notify_waiters();
        return 0;
      case Wait::notified:
        notify_.notified();
        return 0;
      case Wait::cv_notify: {
        const LockGuard held(mutex_);
        flag_.store(1);
        if (step.value == 0) {
          condition_.notify_one();
        } else {
          condition_.notify_all();
        }
        return 0;
      }
      case Wait::cv_wait: {
        std::unique_lock<Mutex> lock(mutex_);
        return condition_.wait_for(lock, Milliseconds(1), [this] { return flag_.load() == 1; }) ? 1 : 0;
      }
      case Wait::spawn_and_join:
      case Wait::spawn_and_abort:
        return spawn(t, step);
      case Wait::cancel_token:
        token_.cancel();
        return 0;
      case Wait::token_cancelled:
        if (step.value == 0) return token_.is_cancelled() ? 1 : 0;
        token_.cancelled();
        return 1;
      case Wait::sleep:
        sim::sleep(Milliseconds(1 + step.value));
        return 0;
      default:
        return 0;
    }
  }
  int spawn(std::size_t t, const WaitingStep& step) {
    const std::size_t slot = program_.tasks.size() + 3 * t + children_[t]++ % 3;
    auto handle = runtime_.spawn("child", [this, slot, step] {
      if (step.value == 1) notify_.notified();
      results_[slot] = cell_.fetch_add(2) + 1;
    });
    if (step.kind == Wait::spawn_and_abort) handle.abort();
    if (step.kind == Wait::spawn_and_join || step.value == 0) return handle.join_result() ? 1 : 0;
    handle.detach();
    return 2;
  }

  const WaitingProgram& program_;
  Atomic<int> cell_{0, "cell"};
  Atomic<int> flag_{0, "flag"};
  ChannelEnds<int> ends_;
  Semaphore permits_{1, "permits"};
  RwLock rw_;
  Mutex mutex_{"mutex"};
  AsyncMutex async_{"async"};
  ConditionVariable condition_{"condition"};
  Notify notify_{"notify"};
  CancellationToken token_{"token"};
  std::vector<int> results_;
  std::vector<std::size_t> children_;
  Runtime runtime_;
};

}  // namespace heddle::sim::testing

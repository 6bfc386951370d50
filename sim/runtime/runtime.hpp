// `Runtime`: an async executor with k worker threads, for code under test.
//
//     sim::Runtime runtime(2, "server");
//     auto handle = runtime.spawn("fetch", [&] { return cache.get(key); });   // JoinHandle<Value>
//     world.run();
//
// A task runs only while it holds one of the workers. It gets one to start, gives it back at an await that has to wait,
// and needs one again to go on; what blocks (a `Mutex`, `work`) keeps it. The tasks of a runtime with `unbounded`
// workers never lack one. Differences from tokio: workers have no queues of their own, any waiting task may be the next
// to get a free one, as the strategy decides; and a runtime does not abort its tasks: to destroy it while one lives is
// reported (`runtime_outlived`).
#pragma once

#include <utility>

#include "sim/runtime/join_handle.hpp"
#include "sim/sync/shared.hpp"

namespace heddle::sim {

namespace detail {

struct RuntimeState {
  Name name;
  WorkerPool pool;
  std::uint32_t live = 0;  ///< tasks and blocking threads that have not ended
};

/// The end of a task, when all it captured is gone.
class TaskEnd {
 public:
  TaskEnd(std::shared_ptr<JoinState> join, std::shared_ptr<RuntimeState> runtime)
      : join_(std::move(join)), runtime_(std::move(runtime)) {}
  TaskEnd(TaskEnd&&) noexcept = default;
  TaskEnd& operator=(TaskEnd&&) = delete;
  ~TaskEnd();

 private:
  std::shared_ptr<JoinState> join_;
  std::shared_ptr<RuntimeState> runtime_;
};

template <class F, class T>
struct TaskBody {
  TaskEnd end;  // first, so that it is destroyed last
  std::shared_ptr<JoinStateOf<T>> join;
  F body;

  void operator()() {
    try {
      if constexpr (std::is_void_v<T>) {
        body();
        join->value.emplace();
      } else {
        join->value.emplace(body());
      }
    } catch (const Cancelled&) {
      throw;
    } catch (const Unwind&) {
      throw;
    } catch (...) {
      join->panic = std::current_exception();
    }
  }
};

}  // namespace detail

class Runtime {
 public:
  static constexpr std::uint32_t unbounded = 0;

  explicit Runtime(std::uint32_t workers = unbounded, Name name = {});
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// Starts an async task; it does nothing before it has been given a worker.
  template <class F>
  JoinHandle<std::invoke_result_t<std::decay_t<F>&>> spawn(Name name, F&& body) {
    return launch(name, std::forward<F>(body), {.pool = &state_->pool, .background = false});
  }
  /// One of a group of async tasks that differ in nothing (see `Alike`).
  template <class F>
  JoinHandle<std::invoke_result_t<std::decay_t<F>&>> spawn(Name name, F&& body, Alike& group) {
    return launch(name, std::forward<F>(body), {.pool = &state_->pool, .background = false, .alike = &group});
  }
  /// An async task that the execution does not wait for: it is unwound when all others have ended.
  template <class F>
  JoinHandle<std::invoke_result_t<std::decay_t<F>&>> spawn_background(Name name, F&& body) {
    return launch(name, std::forward<F>(body), {.pool = &state_->pool, .background = true});
  }
  /// Runs `body` on a thread of its own, which is not a worker and may block. It cannot be aborted.
  template <class F>
  JoinHandle<std::invoke_result_t<std::decay_t<F>&>> spawn_blocking(Name name, F&& body) {
    return launch(name, std::forward<F>(body), {});
  }
  /// How many workers are idle, without a scheduling point: for properties and checks. Meaningless when they are
  /// unbounded.
  [[nodiscard]] std::uint32_t idle_workers() const noexcept { return state_->pool.free; }

 private:
  template <class F>
  auto launch(Name name, F&& body, const TaskOptions& options) {
    using Body = std::decay_t<F>;
    using T = std::invoke_result_t<Body&>;
    auto join = make_shared_in_arena<detail::JoinStateOf<T>>();
    join->is_thread = options.pool == nullptr;
    ++state_->live;
    Execution& execution = Execution::current();
    // A new task may run before `add_task` returns, so its id is told beforehand.
    join->task = execution.task_count();
    const TaskId id = execution.add_task(
        name, detail::TaskBody<Body, T>{detail::TaskEnd(join, state_), join, std::forward<F>(body)}, options);
    HEDDLE_CHECK(id == join->task);
    return JoinHandle<T>(std::move(join));
  }

  std::shared_ptr<detail::RuntimeState> state_;
};

}  // namespace heddle::sim

// What tasks may do: exceptions, cancellation, deep stacks, and being many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "sim/core/stack_guard.hpp"
#include "sim/explore/replay.hpp"
#include "sim/runtime/runtime.hpp"
#include "sim/sync/atomic.hpp"
#include "sim/sync/mutex.hpp"
#include "tests/support/explore.hpp"

namespace heddle::sim {
namespace {

using testing::exhaust;
using testing::find_failure;
using namespace std::chrono_literals;

TEST(Tasks, TwoThatYieldInCatchBlocksKeepTheirOwnExceptions) {
  exhaust([](World& world) {
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [i] {
        try {
          throw std::runtime_error(std::to_string(i));
        } catch (const std::runtime_error& outer) {
          yield();
          try {
            throw std::logic_error(std::to_string(10 + i));
          } catch (const std::logic_error& inner) {
            yield();
            check("inner", inner.what() == std::to_string(10 + i));
          }
          yield();
          check("outer", outer.what() == std::to_string(i));
          try {
            throw;
          } catch (const std::runtime_error& again) {
            check("rethrown", again.what() == std::to_string(i));
          }
        }
        check("none_left", std::current_exception() == nullptr && std::uncaught_exceptions() == 0);
      });
    world.run();
  });
}

TEST(Tasks, OneThatYieldsWhileItUnwindsKeepsItsException) {
  exhaust([](World& world) {
    struct YieldsInDestructor {
      ~YieldsInDestructor() { yield(); }
    };
    for (int i = 0; i < 2; ++i)
      world.task({"task", i}, [i] {
        try {
          const YieldsInDestructor guard;
          throw std::runtime_error(std::to_string(i));
        } catch (const std::runtime_error& error) {
          check("own", error.what() == std::to_string(i));
        }
      });
    world.run();
  });
}

TEST(Tasks, AnUncaughtExceptionIsAFailureThatNamesTheTask) {
  const Failure failure = find_failure([](World& world) {
    world.task("loader", [] { throw std::runtime_error("no such file"); });
    world.run();
  });
  EXPECT_EQ(failure.kind, FailureKind::exception);
  EXPECT_EQ(failure.message, "task loader threw: no such file");
}

TEST(Tasks, AnAbortedOneThatCatchesEverythingIsReported) {
  const Failure failure = find_failure([](World& world) {
    Runtime runtime(1, "pool");
    auto handle = runtime.spawn("greedy", [] {
      for (;;) {
        try {
          sleep(1h);
        } catch (...) {  // NOLINT(bugprone-empty-catch): the mistake under test
        }
      }
    });
    world.task("main", [&] {
      sleep(1s);
      handle.abort();
    });
    world.run();
  });
  EXPECT_EQ(failure.signature(), "misuse:cancellation_swallowed");
  EXPECT_EQ(failure.message,
            "task greedy caught its own cancellation and went on; a catch (...) around an await must rethrow what it "
            "does not know");
}

int overflow(int depth) {  // NOLINT(misc-no-recursion): on purpose
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow(depth + 1) + page[0];
}

TEST(TasksDeathTest, AStackOverflowIsOneSentenceWithTheTasksName) {
  const Program program = [](World& world) {
    world.task({"worker", 7}, [] { check("never", overflow(0) == 0); });
    world.run();
  };
  EXPECT_EXIT(static_cast<void>(explore(program, Random{})), ::testing::ExitedWithCode(stack_overflow_exit_status),
              "heddle: task 'worker-7' overflowed its stack of [0-9]+ bytes; give tasks a larger one");
}

TEST(Tasks, FiveThousandRunInOneExecution) {
  const Program program = [](World& world) {
    constexpr int tasks = 5000;
    Atomic<int> counter(0, "counter");
    Mutex mutex("mutex");
    for (int i = 0; i < tasks; ++i)
      world.task({"task", i}, [&] {
        const LockGuard held(mutex);
        counter.fetch_add(1);
      });
    world.run();
    world.check("all_ran", counter.peek() == tasks);
  };
  const Verdict verdict =
      explore(program, Random{}, {.execution = {.stack_size = 32 * 1024}, .budget = {.executions = 2}});
  EXPECT_TRUE(verdict.holds()) << evidence_line(verdict);
}

TEST(Tasks, OneThatIsSpawnedByATaskRunsAtOnceToItsFirstSchedulingPoint) {
  exhaust([](World& world) {
    world.task("parent", [] {
      bool started = false;
      bool ended = false;
      const TaskHandle child = spawn("child", [&] {
        started = true;
        yield();
        ended = true;
      });
      check("started", started && !ended);
      child.join();
      check("ended", ended);
    });
    world.run();
  });
}

TEST(Tasks, JoiningItselfIsRefusedWithASentence) {
  const Program program = [](World& world) {
    TaskHandle self;
    self = world.task("narcissus", [&] { self.join(); });
    world.run();
  };
  const Failure failure = find_failure(program);
  EXPECT_EQ(failure.message, "task narcissus threw: task narcissus joins itself, which would wait for ever");
}

TEST(Tasks, AWaitOutsideOfAnyTaskIsRefusedWithASentence) {
  const Program program = [](World& world) {
    Mutex mutex("state");
    mutex.lock();
    mutex.lock();
    world.run();
  };
  EXPECT_THROW(static_cast<void>(explore(program, Dfs{})), Error);
}

}  // namespace
}  // namespace heddle::sim

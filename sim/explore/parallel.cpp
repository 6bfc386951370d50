#include "sim/explore/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "sim/core/error.hpp"
#include "sim/explore/divide.hpp"
#include "sim/explore/dpor.hpp"
#include "sim/explore/exploration.hpp"

namespace heddle::sim {
namespace {

/// How many executions are run before threads are started: many explorations end before that.
constexpr std::uint64_t executions_alone = 512;
/// How many numbers a thread takes at a time.
constexpr std::uint64_t executions_at_a_time = 256;
/// Into how many parts a search is divided, whatever the number of threads: enough to keep them busy to the end.
constexpr std::size_t divisions_of_a_search = 64;

/// Runs `work(worker)` for each of `jobs` threads, the calling one among them; rethrows what one of them threw.
template <class F>
void on_threads(unsigned jobs, F work) {
  std::mutex mutex;
  std::exception_ptr thrown;
  const auto guarded = [&](unsigned worker) {
    try {
      work(worker);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!thrown) thrown = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned worker = 1; worker < jobs; ++worker) threads.emplace_back(guarded, worker);
  guarded(0);
  for (std::thread& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

/// What threads have counted so far, for whoever watches.
class Watch {
 public:
  Watch(const ExploreOptions& options, const Stopwatch& stopwatch, const Evidence& before)
      : options_(options), stopwatch_(stopwatch), evidence_(before) {}

  /// Called after each execution. False: time to stop.
  bool count(unsigned worker, std::uint64_t steps) {
    executions_.fetch_add(1, std::memory_order_relaxed);
    steps_.fetch_add(steps, std::memory_order_relaxed);
    if (stopwatch_.is_over(options_.budget)) stop();
    if (worker == 0 && options_.progress) {
      Evidence so_far = evidence_;
      so_far.executions += executions_.load(std::memory_order_relaxed);
      so_far.steps += steps_.load(std::memory_order_relaxed);
      if (!options_.progress(so_far)) stop();
    }
    return !is_stopped();
  }
  [[nodiscard]] std::uint64_t executions() const {
    return evidence_.executions + executions_.load(std::memory_order_relaxed);
  }
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool is_stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

 private:
  const ExploreOptions& options_;
  const Stopwatch& stopwatch_;
  Evidence evidence_;
  std::atomic<std::uint64_t> executions_{0};
  std::atomic<std::uint64_t> steps_{0};
  std::atomic<bool> stopped_{false};
};

/// Executions by their numbers.
class Lottery {
 public:
  Lottery(const Strategy& strategy, const ExploreOptions& options, Watch& watch, std::uint64_t first)
      : strategy_(strategy), options_(options), watch_(watch), next_(first) {}

  void work(unsigned worker, Exploration& exploration) {
    const std::unique_ptr<Strategy> strategy = strategy_.clone();
    for (;;) {
      const std::uint64_t first = next_.fetch_add(executions_at_a_time);
      for (std::uint64_t index = first; index < first + executions_at_a_time; ++index) {
        if (options_.budget.executions != 0 && index >= options_.budget.executions) return;
        if (watch_.is_stopped() || index > lowest_failure_.load()) return;
        const std::uint64_t steps = exploration.evidence().steps;
        strategy->begin_execution(options_.first_execution + index);
        switch (exploration.perform(*strategy, options_.first_execution + index)) {
          case Exploration::Next::go_on:
            break;
          case Exploration::Next::stop:
            lower(index);
            return;
          case Exploration::Next::begin_again:
            must_begin_again_.store(true);
            watch_.stop();
            return;
        }
        if (!watch_.count(worker, exploration.evidence().steps - steps)) return;
      }
    }
  }
  [[nodiscard]] bool must_begin_again() const noexcept { return must_begin_again_.load(); }

 private:
  void lower(std::uint64_t index) {
    std::uint64_t known = lowest_failure_.load();
    while (index < known && !lowest_failure_.compare_exchange_weak(known, index)) {
    }
  }

  const Strategy& strategy_;
  const ExploreOptions& options_;
  Watch& watch_;
  std::atomic<std::uint64_t> next_;
  std::atomic<std::uint64_t> lowest_failure_{~std::uint64_t{0}};
  std::atomic<bool> must_begin_again_{false};
};

/// Divisions of one search, explored one by one.
class Shares {
 public:
  Shares(const std::vector<Division>& divisions, const ExploreOptions& options, Watch& watch)
      : divisions_(divisions), options_(options), watch_(watch) {}

  void work(unsigned worker, Exploration& exploration) {
    for (;;) {
      const std::size_t division = next_.fetch_add(1);
      if (division >= divisions_.size()) break;
      exploration.execution().impose(divisions_[division]);
      if (!explore(worker, exploration)) break;
    }
    exploration.execution().impose({});
  }
  [[nodiscard]] double explored_share() const noexcept {
    return static_cast<double>(over_.load()) / static_cast<double>(divisions_.size());
  }
  [[nodiscard]] bool failed() const noexcept { return failed_.load(); }
  [[nodiscard]] bool does_not_suit() const noexcept { return ended_early_.load(); }
  [[nodiscard]] std::size_t memory() const noexcept { return memory_.load(); }

 private:
  bool explore(unsigned worker, Exploration& exploration) {
    Dpor dpor;
    for (std::uint64_t index = 0; dpor.begin_execution(index); ++index) {
      if (watch_.is_stopped()) return false;
      const std::uint64_t steps = exploration.evidence().steps;
      if (exploration.perform(dpor, index) != Exploration::Next::go_on) failed_.store(true);
      if (dpor.ended_early()) ended_early_.store(true);
      if (failed_.load() || ended_early_.load()) watch_.stop();
      if (options_.budget.executions != 0 && watch_.executions() >= options_.budget.executions) watch_.stop();
      if (!watch_.count(worker, exploration.evidence().steps - steps)) return false;
    }
    memory_.fetch_add(dpor.memory());
    over_.fetch_add(1);
    return true;
  }

  const std::vector<Division>& divisions_;
  const ExploreOptions& options_;
  Watch& watch_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> over_{0};
  std::atomic<std::size_t> memory_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> ended_early_{false};
};

/// One for each thread but the first.
std::vector<std::unique_ptr<Exploration>> more_explorations(const Program& program, const Strategy& strategy,
                                                            const ExploreOptions& options, Memory memory) {
  std::vector<std::unique_ptr<Exploration>> result;
  for (unsigned worker = 1; worker < options.jobs; ++worker) {
    result.push_back(std::make_unique<Exploration>(program, strategy, options));
    result.back()->use_memory(memory);
  }
  return result;
}

Verdict draw(const Program& program, Strategy& strategy, const ExploreOptions& options, const Stopwatch& stopwatch,
             Exploration& exploration, std::uint64_t first) {
  Watch watch(options, stopwatch, exploration.evidence());
  Lottery lottery(strategy, options, watch, first);
  const auto others = more_explorations(program, strategy, options, exploration.verdict().options.memory);
  on_threads(options.jobs,
             [&](unsigned worker) { lottery.work(worker, worker == 0 ? exploration : *others[worker - 1]); });
  if (lottery.must_begin_again()) return explore_alone(program, strategy, options);
  for (const auto& other : others) exploration.merge(*other);
  return exploration.finish(strategy, false, stopwatch.seconds());
}

Verdict explore_divisions(const Program& program, Strategy& strategy, const ExploreOptions& options,
                          const Stopwatch& stopwatch, const std::vector<Division>& divisions, Memory memory) {
  ExploreOptions own = options;
  own.check_determinism = false;  // schedules that keep an order do not replay without it
  Exploration first(program, strategy, own);
  first.use_memory(memory);
  Watch watch(own, stopwatch, first.evidence());
  Shares shares(divisions, own, watch);
  const auto others = more_explorations(program, strategy, own, memory);
  on_threads(own.jobs, [&](unsigned worker) { shares.work(worker, worker == 0 ? first : *others[worker - 1]); });
  if (shares.failed()) {
    own = options;
    own.budget = {};  // there is a failure to be found
    return explore_alone(program, strategy, own);
  }
  if (shares.does_not_suit()) return explore_alone(program, strategy, options);
  for (const auto& other : others) first.merge(*other);
  Verdict verdict = first.finish(strategy, shares.explored_share() == 1, stopwatch.seconds());
  verdict.evidence.explored_share = shares.explored_share();
  verdict.evidence.memory = shares.memory();
  return verdict;
}

}  // namespace

Verdict explore_in_parallel(const Program& program, Strategy& strategy, const ExploreOptions& options) {
  const Stopwatch stopwatch;
  Exploration exploration(program, strategy, options);
  const std::uint64_t first = std::max(executions_alone, strategy.warm_up());
  const Progress progress = explore_first(first, exploration, strategy, options, stopwatch);
  if (progress != Progress::goes_on)
    return exploration.finish(strategy, progress == Progress::ran_out, stopwatch.seconds());
  if (!strategy.is_exhaustive())
    return strategy.clone() != nullptr ? draw(program, strategy, options, stopwatch, exploration, first)
                                       : explore_alone(program, strategy, options);
  // Worst cases are shown by schedules that have to replay without an imposed order.
  const bool is_divisible = strategy.name() == Dpor().name() && exploration.verdict().worst.empty();
  const std::vector<Division> divisions =
      is_divisible ? divide(program, exploration.execution(), divisions_of_a_search) : std::vector<Division>();
  if (divisions.size() < 2) return explore_alone(program, strategy, options);
  return explore_divisions(program, strategy, options, stopwatch, divisions, exploration.verdict().options.memory);
}

}  // namespace heddle::sim

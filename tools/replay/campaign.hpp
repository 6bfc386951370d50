// A random campaign over many variants on all cores. Threads take jobs: one variant, one strategy, one slice of
// execution numbers, with an `Execution` of their own. Each distinct failure (by variant and signature) is shrunk and
// kept the moment it is found.
//
// A failure hides others: once a property is violated, the variant's remaining properties are searched one at a time
// (`ExecutionOptions::only_property`), and the violated one no more. `sometimes` conditions are not judged: a slice is
// too small for that.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sim/explore/explorer.hpp"
#include "tools/replay/target.hpp"

namespace heddle::cli {

/// A distinct failure of one variant.
struct Found {
  Target target;
  std::string signature;
  std::string property;
  std::string message;
  bool is_expected = false;  ///< the variant's expectation names it
  std::string strategy;
  std::string file;     ///< where it was written
  std::string problem;  ///< not a failure of the variant, but of the exploration: its body is not deterministic, or
                        ///< uses the API wrongly
  std::uint64_t hits = 1;
};

struct CampaignOptions {
  std::chrono::nanoseconds time = std::chrono::seconds(60);
  unsigned jobs = 1;
  std::uint64_t seed = 0;
  std::string out;
};

class Campaign {
 public:
  struct Tally {
    std::uint64_t executions = 0;
    std::uint64_t steps = 0;
  };

  Campaign(std::vector<Target> targets, CampaignOptions options);
  ~Campaign() {
    on_found = nullptr;
    join();
  }
  Campaign(const Campaign&) = delete;
  Campaign& operator=(const Campaign&) = delete;

  /// Called, one at a time, for each new failure after it has been kept. Set before `start`.
  std::function<void(const Found&)> on_found;

  void start();
  /// Makes the threads end soon; may be called from anywhere.
  void stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }
  /// Waits until all threads have ended, at most `time`. Whether they have.
  bool wait(std::chrono::milliseconds time);
  /// Ends the threads, and judges the `sometimes` conditions over all that was run.
  void join();

  [[nodiscard]] Tally total() const;
  [[nodiscard]] Tally tally_of(std::size_t target) const;
  /// After `join`.
  [[nodiscard]] const std::vector<Found>& found() const noexcept { return found_; }
  [[nodiscard]] const std::vector<Target>& targets() const noexcept { return targets_; }
  [[nodiscard]] static const std::vector<std::string>& strategies();
  [[nodiscard]] double seconds() const;

 private:
  using WallClock = std::chrono::steady_clock;

  /// What is still searched of one variant.
  struct Progress {
    std::vector<std::string> modes{""};  ///< values of `only_property`; empty: nothing is left to find
    std::uint64_t slices = 0;
    Tally tally;
    /// `sometimes` conditions that no execution has reached; nothing before the first slice that ended without a
    /// failure.
    std::optional<std::vector<std::string>> unreached;
    std::uint64_t judged = 0;  ///< executions that could have reached them
  };
  struct Job {
    std::size_t target = 0;
    std::string only_property;
    std::string strategy;
    std::uint64_t first_execution = 0;
  };

  void work();
  std::optional<Job> next_job();
  void perform(const Job& job);
  sim::Verdict explore(const Job& job, sim::Strategy& strategy, WallClock::time_point slice_end);
  bool is_over() const { return stopping_.load(std::memory_order_relaxed) || WallClock::now() >= deadline_; }
  /// Whether the job goes on after this failure.
  bool note_failure(const Job& job, const sim::Verdict& verdict);
  void note_reached(const Job& job, const sim::Verdict& verdict);
  void judge_reachability();
  void note_problem(const Job& job, const std::string& problem);
  void keep(Found found, const Job& job, const sim::Verdict& verdict);
  void publish(Found found);
  void retire(std::size_t target, const sim::Failure& failure);
  [[nodiscard]] bool was_violated(std::size_t target, const std::string& property) const;

  std::vector<Target> targets_;
  CampaignOptions options_;
  std::atomic<bool> stopping_{false};
  WallClock::time_point start_;
  WallClock::time_point end_;
  WallClock::time_point deadline_;
  std::vector<std::thread> threads_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  unsigned running_ = 0;
  std::size_t turn_ = 0;
  std::vector<Progress> progress_;
  std::map<std::string, std::uint64_t> hits_;  // by variant and signature
  std::vector<Found> found_;
  std::mutex output_;  // files and `on_found`, one at a time
};

}  // namespace heddle::cli

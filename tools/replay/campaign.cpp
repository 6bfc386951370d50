#include "tools/replay/campaign.hpp"

#include <algorithm>

#include "sim/core/error.hpp"
#include "sim/replay/report.hpp"
#include "tools/replay/strategy_spec.hpp"
#include "tools/replay/verdict_output.hpp"

namespace heddle::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds slice_time = 200ms;
// Slices of one variant take disjoint ranges of execution numbers.
constexpr std::uint64_t slice_executions = std::uint64_t{1} << 24U;
// A condition that fewer executions did not reach may just be rare.
constexpr std::uint64_t executions_to_judge = 1'000;
constexpr sim::Budget shrink_budget{.executions = 10'000, .time = 1s};
constexpr sim::Budget explain_budget{.executions = 100, .time = 500ms};

std::string key_of(const Target& target, const std::string& signature) {
  return target.name() + " " + signature;
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

const std::vector<std::string>& Campaign::strategies() {
  static const std::vector<std::string> all = {"random", "pos", "surw", "pct:2", "pct:3", "urw", "pct:5"};
  return all;
}

Campaign::Campaign(std::vector<Target> targets, CampaignOptions options)
    : targets_(std::move(targets)), options_(std::move(options)), progress_(targets_.size()) {}

void Campaign::start() {
  start_ = end_ = WallClock::now();
  deadline_ = start_ + options_.time;
  running_ = options_.jobs;
  for (unsigned i = 0; i < options_.jobs; ++i) threads_.emplace_back([this] { work(); });
}

bool Campaign::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, time, [this] { return running_ == 0; });
}

void Campaign::join() {
  if (threads_.empty()) return;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  judge_reachability();
}

void Campaign::work() {
  while (const std::optional<Job> job = next_job()) {
    try {
      perform(*job);
    } catch (const sim::Error& error) {
      note_problem(*job, error.what());
    }
  }
  const std::lock_guard lock(mutex_);
  end_ = WallClock::now();
  if (--running_ == 0) ended_.notify_all();
}

std::optional<Campaign::Job> Campaign::next_job() {
  const std::lock_guard lock(mutex_);
  if (is_over()) return std::nullopt;
  for (std::size_t tried = 0; tried < targets_.size(); ++tried) {
    const std::size_t target = turn_++ % targets_.size();
    Progress& progress = progress_[target];
    if (progress.modes.empty()) continue;
    const std::uint64_t slice = progress.slices++;
    const std::uint64_t mode = slice % progress.modes.size();
    const std::uint64_t strategy = slice / progress.modes.size() % strategies().size();
    return Job{target, progress.modes[mode], strategies()[strategy], slice * slice_executions};
  }
  return std::nullopt;
}

sim::Verdict Campaign::explore(const Job& job, sim::Strategy& strategy, WallClock::time_point slice_end) {
  const Variant& variant = *targets_[job.target].variant;
  sim::ExploreOptions explore;
  explore.execution = variant.execution;
  explore.execution.only_property = job.only_property;
  explore.first_execution = job.first_execution;
  explore.budget.executions = slice_executions;
  explore.count_traces = false;
  explore.progress = [this, slice_end](const sim::Evidence&) { return !is_over() && WallClock::now() < slice_end; };
  return sim::explore(variant.program, strategy, explore);
}

void Campaign::perform(const Job& job) {
  const std::unique_ptr<sim::Strategy> strategy = make_strategy(job.strategy, options_.seed);
  const WallClock::time_point slice_end = WallClock::now() + slice_time;
  Job rest = job;
  for (;;) {
    const sim::Verdict verdict = explore(rest, *strategy, slice_end);
    {
      const std::lock_guard lock(mutex_);
      progress_[job.target].tally.executions += verdict.evidence.executions;
      progress_[job.target].tally.steps += verdict.evidence.steps;
    }
    if (verdict.outcome == sim::Outcome::not_deterministic) {
      note_problem(rest, verdict.problem);
      return;
    }
    const bool failed = verdict.failure && verdict.unreached.empty();
    if (!failed) note_reached(rest, verdict);
    if (!failed || !note_failure(rest, verdict)) return;
    rest.first_execution = verdict.failure->execution + 1;
    if (rest.first_execution >= job.first_execution + slice_executions) return;
  }
}

bool Campaign::note_failure(const Job& job, const sim::Verdict& verdict) {
  const sim::Failure& failure = *verdict.failure;
  const Target& target = targets_[job.target];
  {
    const std::lock_guard lock(mutex_);
    retire(job.target, failure);
    if (hits_[key_of(target, failure.signature())]++ > 0)
      return contains(progress_[job.target].modes, job.only_property);
  }
  Found found;
  found.target = target;
  found.signature = failure.signature();
  found.property = failure.property;
  found.message = failure.message;
  found.is_expected = contains(target.variant->expected.violates, failure.property);
  found.strategy = job.strategy;
  keep(std::move(found), job, verdict);
  return false;
}

void Campaign::keep(Found found, const Job& job, const sim::Verdict& verdict) {
  sim::ReportOptions report_options;
  report_options.shrink_budget = shrink_budget;
  report_options.explain_budget = explain_budget;
  report_options.strategy = job.strategy;
  report_options.seed = options_.seed;
  report_options.evidence = sim::evidence_line(verdict);
  // Exactly these executions: the file must replay under the property that was searched for.
  const sim::Report report = sim::make_report(found.target.variant->program, *verdict.failure, verdict.options,
                                              naming_of(found.target), report_options);
  const std::lock_guard lock(output_);
  found.file = write_report(report, options_.out);
  publish(std::move(found));
}

void Campaign::note_reached(const Job& job, const sim::Verdict& verdict) {
  const std::lock_guard lock(mutex_);
  Progress& progress = progress_[job.target];
  progress.judged += verdict.evidence.executions;
  if (verdict.evidence.executions == 0) return;
  if (!progress.unreached) {
    progress.unreached = verdict.unreached;
  } else {
    std::erase_if(*progress.unreached, [&](const std::string& name) { return !contains(verdict.unreached, name); });
  }
}

void Campaign::judge_reachability() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const Progress& progress = progress_[i];
    if (!progress.unreached || progress.judged < executions_to_judge) continue;
    for (const std::string& name : *progress.unreached) {
      Found found;
      found.target = targets_[i];
      found.property = "sometimes(" + name + ")";
      found.signature = "sometimes:" + name;
      found.message = "none of " + std::to_string(progress.judged) + " executions reached it";
      found.is_expected = contains(targets_[i].variant->expected.violates, found.property);
      found.strategy = "all";
      publish(std::move(found));
    }
  }
}

void Campaign::note_problem(const Job& job, const std::string& problem) {
  {
    const std::lock_guard lock(mutex_);
    progress_[job.target].modes.clear();
    if (hits_[key_of(targets_[job.target], "problem")]++ > 0) return;
  }
  Found found;
  found.target = targets_[job.target];
  found.signature = "problem";
  found.problem = problem;
  found.strategy = job.strategy;
  const std::lock_guard lock(output_);
  publish(std::move(found));
}

void Campaign::publish(Found found) {
  if (on_found) on_found(found);
  const std::lock_guard lock(mutex_);
  found_.push_back(std::move(found));
}

bool Campaign::was_violated(std::size_t target, const std::string& property) const {
  return hits_.contains(key_of(targets_[target], "property:" + property));
}

void Campaign::retire(std::size_t target, const sim::Failure& failure) {
  std::vector<std::string>& modes = progress_[target].modes;
  const bool searched_all = contains(modes, "");
  if (searched_all) {  // from now on one property at a time
    modes.clear();
    for (const std::string& property : targets_[target].scenario->properties)
      if (!was_violated(target, property)) modes.push_back(property);
  }
  if (failure.kind == sim::FailureKind::property) std::erase(modes, failure.property);
}

Campaign::Tally Campaign::tally_of(std::size_t target) const {
  const std::lock_guard lock(mutex_);
  return progress_[target].tally;
}

Campaign::Tally Campaign::total() const {
  const std::lock_guard lock(mutex_);
  Tally total;
  for (const Progress& progress : progress_) {
    total.executions += progress.tally.executions;
    total.steps += progress.tally.steps;
  }
  return total;
}

double Campaign::seconds() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::duration<double>((running_ == 0 ? end_ : WallClock::now()) - start_).count();
}

}  // namespace heddle::cli

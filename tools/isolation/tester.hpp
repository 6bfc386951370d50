// Runs one permutation of a specification's steps on sessions and prints what isolationtester prints (isolationtester.c
// of PostgreSQL 15: run_permutation, try_complete_steps, try_complete_step).
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tools/isolation/sessions.hpp"
#include "tools/isolation/spec.hpp"

namespace heddle::isolation {

/// A permutation that cannot be run to its end.
class CannotComplete : public sim::Error {
 public:
  explicit CannotComplete(const std::string& sentence) : Error(sim::ErrorCode::usage, sentence) {}
};

class Tester {
 public:
  /// Appends to `output`.
  Tester(const Spec& spec, Sessions& sessions, std::string& output);

  /// Everything, from "starting permutation" to the teardown. Throws `CannotComplete`.
  void run(const Permutation& permutation);

  // The parts of `run`.
  void set_up();
  /// Starts a step, waiting for the session's earlier one first, and reports all steps that are done.
  void launch(const PermutationStep& step);
  /// Waits for all steps that are left.
  void finish();
  void tear_down();

  /// Whether the session's last step has not been reported as completed.
  [[nodiscard]] bool is_busy(std::size_t session) const { return active_[session] != nullptr; }
  /// What each step came to: the text of its results, by the step's index; empty for those that were not run.
  [[nodiscard]] const std::vector<std::string>& results() const noexcept { return results_; }
  /// "step s1a: DO is not supported by the model": what the model could not execute.
  [[nodiscard]] const std::vector<std::string>& unsupported() const noexcept { return unsupported_; }

 private:
  [[nodiscard]] bool has_blocker(const PermutationStep& step) const;
  [[nodiscard]] bool is_waiting_after(const PermutationStep& step, bool is_first, bool may_block);
  void try_complete_waiting(bool may_block);
  void report(const PermutationStep& step, bool is_first);
  void print_notices(std::size_t session);
  void print_waiting(const PermutationStep& step);
  void expect_success(const std::vector<StatementOutcome>& outcomes, const std::string& what);
  void session_block(std::size_t session, const std::string& sql, const std::string& what, bool must_succeed);

  struct Target {
    const PermutationStep* step;
    std::size_t blocker;
    int notices;
  };

  const Spec& spec_;
  Sessions& sessions_;
  std::string& output_;
  std::deque<PermutationStep> steps_;            ///< launched; the pointers below point into it
  std::vector<const PermutationStep*> active_;   ///< per session
  std::vector<const PermutationStep*> waiting_;  ///< in the order in which they began to wait
  std::vector<int> notices_;                     ///< per session
  std::vector<Target> targets_;
  std::vector<std::string> results_;
  std::vector<std::string> unsupported_;
  bool any_new_notice_ = false;
};

}  // namespace heddle::isolation

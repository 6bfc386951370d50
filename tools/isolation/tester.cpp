#include "tools/isolation/tester.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace heddle::isolation {

Tester::Tester(const Spec& spec, Sessions& sessions, std::string& output)
    : spec_(spec),
      sessions_(sessions),
      output_(output),
      active_(spec.sessions.size()),
      notices_(spec.sessions.size()),
      results_(spec.steps.size()) {}

void Tester::run(const Permutation& permutation) {
  output_ += "\nstarting permutation:";
  for (const PermutationStep& step : permutation) output_ += " " + spec_.steps[step.step].name;
  output_ += "\n";
  set_up();
  for (const PermutationStep& step : permutation) launch(step);
  finish();
  tear_down();
}

void Tester::expect_success(const std::vector<StatementOutcome>& outcomes, const std::string& what) {
  if (!outcomes.empty() && outcomes.back().error)
    throw sim::Error(sim::ErrorCode::usage, fmt::format("{} failed: {}", what, *outcomes.back().error));
  if (!outcomes.empty() && outcomes.back().table) output_ += to_text(*outcomes.back().table);  // as PQexec: the last
}

void Tester::session_block(std::size_t session, const std::string& sql, const std::string& what, bool must_succeed) {
  sessions_.send(session, sql);
  sessions_.settle();
  if (!sessions_.is_done(session) && !sessions_.wait_for(session))
    throw CannotComplete(fmt::format("the {} of session {} waits for ever for a lock that another session holds", what,
                                     spec_.sessions[session].name));
  print_notices(session);
  const auto outcomes = sessions_.take_reply(session);
  if (!must_succeed && !outcomes.empty() && outcomes.back().error) return;
  expect_success(outcomes, fmt::format("{} of session {}", what, spec_.sessions[session].name));
}

void Tester::set_up() {
  for (const std::string& sql : spec_.setups) expect_success(sessions_.control(sql), "setup");
  for (std::size_t i = 0; i < spec_.sessions.size(); ++i)
    if (spec_.sessions[i].setup) session_block(i, *spec_.sessions[i].setup, "setup", true);
}

void Tester::tear_down() {
  for (std::size_t i = 0; i < spec_.sessions.size(); ++i)
    if (spec_.sessions[i].teardown) session_block(i, *spec_.sessions[i].teardown, "teardown", false);
  if (!spec_.teardown) return;
  const auto outcomes = sessions_.control(*spec_.teardown);
  if (!outcomes.empty() && outcomes.back().table) output_ += to_text(*outcomes.back().table);
}

void Tester::launch(const PermutationStep& wanted) {
  steps_.push_back(wanted);
  const PermutationStep& step = steps_.back();
  const std::size_t session = spec_.steps[step.step].session;
  while (active_[session] != nullptr) {
    const PermutationStep* const old = active_[session];
    if (!is_waiting_after(*old, false, false)) std::erase(waiting_, old);
    const std::size_t waiting = waiting_.size();
    try_complete_waiting(true);
    if (active_[session] == old && waiting_.size() == waiting)
      throw CannotComplete(fmt::format("step {} has to wait for step {}, which nothing that is left completes",
                                       spec_.steps[step.step].name, spec_.steps[old->step].name));
  }
  sessions_.send(session, spec_.steps[step.step].sql);
  active_[session] = &step;
  for (std::size_t i = 0; i < step.blockers.size(); ++i) {
    const Blocker& blocker = step.blockers[i];
    if (blocker.kind == Blocker::Kind::notices)
      targets_.push_back({&step, i, blocker.notices + notices_[spec_.steps[blocker.step].session]});
  }
  const bool must_wait = is_waiting_after(step, true, true);
  try_complete_waiting(true);
  if (must_wait) waiting_.push_back(&step);
}

void Tester::finish() {
  try_complete_waiting(false);
  if (!waiting_.empty()) throw CannotComplete("the last steps wait for each other by their markers");
}

void Tester::try_complete_waiting(bool may_block) {
  for (;;) {
    any_new_notice_ = false;
    const std::size_t before = waiting_.size();
    bool have_blocker = false;
    for (std::size_t i = 0; i < waiting_.size();) {
      if (is_waiting_after(*waiting_[i], false, may_block)) {
        have_blocker = have_blocker || !waiting_[i]->blockers.empty();
        ++i;
      } else {
        waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (!have_blocker || (waiting_.size() == before && !any_new_notice_)) return;
  }
}

/// try_complete_step: whether the step still waits. `may_block`: it is left waiting if it waits for a lock.
bool Tester::is_waiting_after(const PermutationStep& step, bool is_first, bool may_block) {
  const std::size_t session = spec_.steps[step.step].session;
  const auto is_once = [](const Blocker& blocker) { return blocker.kind == Blocker::Kind::once; };
  sessions_.settle();
  if (is_first && std::any_of(step.blockers.begin(), step.blockers.end(), is_once)) {
    print_waiting(step);
    return true;
  }
  if (!sessions_.is_done(session)) {
    if (may_block) {
      print_notices(session);
      if (is_first) print_waiting(step);
      return true;
    }
    if (!sessions_.wait_for(session))
      throw CannotComplete(fmt::format("step {} waits for ever for a lock", spec_.steps[step.step].name));
  }
  print_notices(session);
  if (has_blocker(step)) {
    if (is_first) print_waiting(step);
    return true;
  }
  report(step, is_first);
  active_[session] = nullptr;
  return false;
}

bool Tester::has_blocker(const PermutationStep& step) const {
  for (std::size_t i = 0; i < step.blockers.size(); ++i) {
    const Blocker& blocker = step.blockers[i];
    const std::size_t session = spec_.steps[blocker.step].session;
    if (blocker.kind == Blocker::Kind::step && active_[session] != nullptr && active_[session]->step == blocker.step)
      return true;
    if (blocker.kind != Blocker::Kind::notices) continue;
    for (const Target& target : targets_)
      if (target.step == &step && target.blocker == i && notices_[session] < target.notices) return true;
  }
  return false;
}

void Tester::report(const PermutationStep& step, bool is_first) {
  const Step& reported = spec_.steps[step.step];
  output_ += fmt::format("step {}: {}\n", reported.name, is_first ? reported.sql : "<... completed>");
  std::string result;
  for (const StatementOutcome& outcome : sessions_.take_reply(reported.session)) {
    if (outcome.table) result += to_text(*outcome.table);
    if (outcome.error) result += *outcome.error + "\n";
    if (outcome.is_unsupported)
      unsupported_.push_back(fmt::format("step {}: {}", reported.name, outcome.error->substr(8)));
  }
  output_ += result;
  results_[step.step] += result;
}

void Tester::print_waiting(const PermutationStep& step) {
  output_ += fmt::format("step {}: {} <waiting ...>\n", spec_.steps[step.step].name, spec_.steps[step.step].sql);
}

void Tester::print_notices(std::size_t session) {
  for (const std::string& notice : sessions_.take_notices(session)) {
    output_ += fmt::format("{}: {}\n", spec_.sessions[session].name, notice);
    ++notices_[session];
    any_new_notice_ = true;
  }
}

}  // namespace heddle::isolation

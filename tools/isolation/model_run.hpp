// A specification's sessions on the model of PostgreSQL: one execution, in which the tester is a task that goes on only
// when every session is done or waits for a lock.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/postgres/isolation.hpp"
#include "tools/isolation/sessions.hpp"
#include "tools/isolation/spec.hpp"

namespace heddle::isolation {

class ModelRun {
 public:
  /// Executes the set-up. Throws `sim::Error` if that fails. `level`: what transactions begin with that do not say.
  ModelRun(const Spec& spec, pg::Isolation level);
  ~ModelRun();
  ModelRun(const ModelRun&) = delete;
  ModelRun& operator=(const ModelRun&) = delete;

  using Body = std::function<void(Sessions&)>;
  /// Runs `body` as the tester. What the server leaves open is answered as it mostly does: whoever waits first goes on
  /// first. What sessions keep between permutations (settings, a transaction block) is kept.
  void run(const Body& body);
  /// Runs `body` in every way in which the server may go on, and calls `after` after each, until that returns false or
  /// nothing is left. `body` decides by `sim::choose`. True if nothing is left.
  bool run_all(const Body& body, const std::function<bool()>& after);

  /// The tables of the set-up, in the order in which they are created.
  [[nodiscard]] const std::vector<std::string>& tables() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace heddle::isolation

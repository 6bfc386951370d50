// `Sessions` on the model, within one execution. Private to model_run.cpp.
#pragma once

#include <deque>

#include "models/postgres/database.hpp"
#include "models/postgres/engine/session.hpp"
#include "sim/core/world.hpp"
#include "tools/isolation/sessions.hpp"

namespace heddle::isolation {

/// What a session keeps when it goes on to the next permutation.
struct KeptState {
  std::optional<pg::Settings> settings;
  pg::TransactionStatus status = pg::TransactionStatus::idle;
};

/// When each session was last sent a step: the order in which they began to wait.
using SendOrder = std::vector<std::uint64_t>;

class ModelSessions final : public Sessions {
 public:
  /// Adds a task for each session. `kept` must outlive the execution; `level_setting`: SET default_transaction_...
  ModelSessions(sim::World& world, pg::Database& database, std::vector<KeptState>& kept,
                const std::string& level_setting, SendOrder& order);

  std::vector<StatementOutcome> control(const std::string& sql) override;
  void send(std::size_t session, const std::string& sql) override;
  void settle() override { sim::yield(); }
  bool wait_for(std::size_t session) override;
  bool is_done(std::size_t session) override { return !boxes_[session].is_busy; }
  std::vector<StatementOutcome> take_reply(std::size_t session) override;
  std::vector<std::string> take_notices(std::size_t session) override;

 private:
  /// Between the tester and the task of a session.
  struct Box {
    explicit Box(pg::Database& database) : connection(database.connect()) {}
    pg::ModelConnection connection;
    std::optional<std::string> command;
    bool is_busy = false;
    std::vector<StatementOutcome> reply;
    std::vector<std::string> notices;
    sim::TaskSet waiters;
  };

  void serve(Box& box, KeptState& kept);

  pg::Database& database_;
  SendOrder& order_;
  std::uint64_t sent_ = 0;
  std::deque<Box> boxes_;
  sim::TaskSet tester_;
};

}  // namespace heddle::isolation

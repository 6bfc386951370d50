#include "tools/isolation/model_sessions.hpp"

#include <fmt/format.h>

#include <utility>

#include "models/postgres/sql/parser.hpp"
#include "sim/core/timer_wait.hpp"

namespace heddle::isolation {
namespace {

constexpr sim::Op take_command{"take command", sim::Unwinds::at_once};
constexpr sim::Op await_reply{"await reply", sim::Unwinds::at_once};

StatementOutcome outcome_of(const pg::StatementResult& result) {
  StatementOutcome outcome;
  if (result.error) {
    outcome.error = "ERROR:  " + result.error->message();
    outcome.is_unsupported = result.error->sqlstate() == pg::sqlstate::feature_not_supported &&
                             result.error->message().ends_with("by the model");
  }
  if (!result.rows || result.rows->width() == 0) return outcome;
  Table& table = outcome.table.emplace();
  table.columns = result.rows->column_names();
  for (const pg::RowView row : *result.rows) {
    auto& cells = table.rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.emplace_back();
      if (!row.value(i).is_null()) cells.back() = pg::to_text(row.value(i));
    }
  }
  return outcome;
}

/// Brings a new connection to where the session was.
void restore(pg::ModelConnection& connection, const KeptState& kept, const std::string& level_setting) {
  if (!level_setting.empty() && !kept.settings) connection.exec(level_setting);
  if (kept.settings) connection.adopt_settings(*kept.settings);
  if (kept.status != pg::TransactionStatus::idle) connection.run_script("BEGIN");
  if (kept.status == pg::TransactionStatus::failed) connection.run_script("SELECT 1/0");
}

}  // namespace

ModelSessions::ModelSessions(sim::World& world, pg::Database& database, std::vector<KeptState>& kept,
                             const std::string& level_setting, SendOrder& order)
    : database_(database), order_(order) {
  order.assign(kept.size(), 0);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    restore(boxes_.emplace_back(database).connection, kept[i], level_setting);
    world.background({"session", static_cast<int>(i)},
                     [this, &box = boxes_[i], &state = kept[i]] { serve(box, state); });
  }
}

void ModelSessions::serve(Box& box, KeptState& kept) {
  sim::Execution& execution = sim::Execution::current();
  pg::ModelConnection& connection = box.connection;
  for (;;) {
    const sim::Guard has_command{[](const void* self) { return static_cast<const Box*>(self)->command.has_value(); },
                                 &box};
    execution.wait_until(take_command, sim::Execution::no_object, sim::Access::write, has_command, box.waiters,
                         sim::WaitKind::block, std::source_location::current());
    const std::string command = *std::exchange(box.command, std::nullopt);
    for (const pg::StatementResult& result : connection.run_script(command)) box.reply.push_back(outcome_of(result));
    for (const pg::Notice& notice : connection.notices())
      box.notices.push_back(fmt::format("{}:  {}", notice.severity, notice.message));
    kept = {connection.session_settings(), connection.transaction_status()};
    box.is_busy = false;
    execution.refresh(tester_);
  }
}

std::vector<StatementOutcome> ModelSessions::control(const std::string& sql) {
  // The set-up has been executed once for all permutations, and each begins with a fresh copy of what it made; what is
  // left is to show the rows of a query at its end, as PQexec returns them.
  std::vector<pg::ParsedCommand> commands;
  try {
    commands = pg::parse(sql);
  } catch (const pg::SqlError&) {  // a teardown that the model does not know: it has nothing to remove
    return {};
  }
  if (commands.empty() || !std::holds_alternative<pg::ast::Select>(commands.back().command)) return {};
  pg::ModelConnection connection = database_.connect();
  std::vector<StatementOutcome> outcomes;
  for (const pg::StatementResult& result : connection.run_script(commands.back().text))
    outcomes.push_back(outcome_of(result));
  return outcomes;
}

void ModelSessions::send(std::size_t session, const std::string& sql) {
  Box& box = boxes_[session];
  box.command = sql;
  box.is_busy = true;
  order_[session] = ++sent_;
  sim::Execution::current().refresh(box.waiters);
}

bool ModelSessions::wait_for(std::size_t session) {
  struct Wait {
    const Box& box;
    const sim::TimerWait& timer;
  };
  sim::Execution& execution = sim::Execution::current();
  const sim::TimerWait timer(execution, patience);
  const Wait wait{boxes_[session], timer};
  const sim::Guard is_over{[](const void* self) {
                             const auto& waits = *static_cast<const Wait*>(self);
                             return !waits.box.is_busy || waits.timer.fired();
                           },
                           &wait};
  execution.wait_until(await_reply, sim::Execution::no_object, sim::Access::write, is_over, tester_,
                       sim::WaitKind::block, std::source_location::current());
  settle();
  return is_done(session);
}

std::vector<StatementOutcome> ModelSessions::take_reply(std::size_t session) {
  return std::exchange(boxes_[session].reply, {});
}

std::vector<std::string> ModelSessions::take_notices(std::size_t session) {
  return std::exchange(boxes_[session].notices, {});
}

}  // namespace heddle::isolation

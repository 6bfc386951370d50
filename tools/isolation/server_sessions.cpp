#include "tools/isolation/server_sessions.hpp"

#include <fmt/format.h>

namespace heddle::isolation {
namespace {

std::vector<StatementOutcome> outcomes_of(std::vector<pg::ServerResult> results) {
  std::vector<StatementOutcome> outcomes;
  for (pg::ServerResult& result : results) {
    StatementOutcome& outcome = outcomes.emplace_back();
    if (result.error) outcome.error = fmt::format("{}:  {}", result.severity, result.error->message());
    if (!result.has_rows) continue;
    outcome.table.emplace();
    for (const auto& column : result.columns) outcome.table->columns.push_back(column.name);
    outcome.table->rows = std::move(result.rows);
  }
  return outcomes;
}

}  // namespace

ServerSessions::ServerSessions(const std::string& uri, const Spec& spec, pg::Isolation level)
    : monitor_(uri), schema_(uri, "heddle_isolation"), control_(uri, "heddle isolation control") {
  schema_.enter(control_);
  for (const Session& session : spec.sessions) {
    pg::ServerSession& added = sessions_.emplace_back(uri, "heddle isolation " + session.name);
    schema_.enter(added);
    added.require(fmt::format("SET default_transaction_isolation = '{}'", name_of(level)));
  }
}

std::vector<StatementOutcome> ServerSessions::control(const std::string& sql) {
  control_.send_script(sql);
  return outcomes_of(control_.collect());
}

void ServerSessions::settle() {
  std::vector<pg::ServerSession*> all;
  for (pg::ServerSession& session : sessions_) all.push_back(&session);
  monitor_.settle(all);
}

bool ServerSessions::wait_for(std::size_t session) {
  return sessions_[session].poll() || sessions_[session].poll(patience);
}

std::vector<StatementOutcome> ServerSessions::take_reply(std::size_t session) {
  return outcomes_of(sessions_[session].collect());
}

std::vector<std::string> ServerSessions::take_notices(std::size_t session) {
  std::vector<std::string> texts;
  for (const pg::ServerNotice& notice : sessions_[session].take_notices()) {
    texts.push_back(notice.text);
    while (!texts.back().empty() && texts.back().back() == '\n') texts.back().pop_back();
  }
  return texts;
}

}  // namespace heddle::isolation

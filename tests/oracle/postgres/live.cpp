#include "tests/oracle/postgres/live.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace heddle::pg::oracle {
namespace {

std::string describe(const ServerResult& result) {
  if (result.error) return "ERROR " + std::string(result.error->sqlstate()) + " " + result.error->message();
  std::string text;
  for (const auto& row : result.rows) {
    text += text.empty() ? "(" : " (";
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? ", " : "") + row[i].value_or("NULL");
    text += ")";
  }
  if (result.tag.starts_with("SELECT") || result.tag == "SHOW") return text.empty() ? "no rows" : text;
  return text.empty() ? result.tag : result.tag + ": " + text;
}

using Edges = std::map<int, std::set<int>>;

/// Whether following "is blocked by" from some backend leads back to it.
bool has_cycle(const Edges& edges) {
  for (const auto& [start, first] : edges) {
    std::set<int> seen;
    std::vector<int> open(first.begin(), first.end());
    while (!open.empty()) {
      const int at = open.back();
      open.pop_back();
      if (at == start) return true;
      if (!seen.insert(at).second) continue;
      if (const auto next = edges.find(at); next != edges.end())
        open.insert(open.end(), next->second.begin(), next->second.end());
    }
  }
  return false;
}

constexpr const char* session_settings = "SET deadlock_timeout = '10ms'";

}  // namespace

Live::Live(std::string uri) : uri_(std::move(uri)), control_(uri_, "heddle oracle") {
  control("SET client_min_messages = error");
  control(
      "PREPARE blocking(int[]) AS SELECT s.pid, array_to_string(pg_blocking_pids(s.pid), ' ') FROM unnest($1) s(pid) "
      "WHERE EXISTS (SELECT FROM pg_stat_get_activity(s.pid))");
  for (std::size_t i = 1; i <= most_sessions; ++i) open(i);
}

Live::~Live() = default;

void Live::open(std::size_t index) {
  sessions_[index].server = std::make_unique<ServerSession>(uri_, "heddle oracle");
  sessions_[index].busy = false;
  static_cast<void>(sessions_[index].server->run_or_throw(session_settings));
}

void Live::control(const std::string& sql) {
  control_.send_script(sql);
  for (const ServerResult& result : control_.collect())
    if (result.error) throw std::runtime_error("the server refused '" + sql + "': " + result.error->what());
}

void Live::prepare(const Script& script) {
  if (!script.schema.empty()) control(script.schema);
  std::size_t last = 0;
  for (const Step& step : script.steps) last = std::max(last, step.session);
  for (std::size_t i = 1; i <= last; ++i) set_level(i);
}

void Live::set_level(std::size_t session) {
  static_cast<void>(sessions_[session].server->run_or_throw("SET default_transaction_isolation = '" +
                                                            std::string(level_name(level_)) + "'"));
}

void Live::reset(std::size_t index) {
  Session& session = sessions_[index];
  try {
    if (session.busy || session.server == nullptr) throw std::runtime_error("not idle");
    session.server->send_script("ROLLBACK");
    static_cast<void>(session.server->collect());
    session.server->send_script(std::string("RESET ALL; SELECT pg_advisory_unlock_all();") + session_settings);
    static_cast<void>(session.server->collect());
  } catch (const std::exception&) {
    if (session.server != nullptr) {
      control("SELECT pg_terminate_backend(" + std::to_string(session.server->pid()) + ", 5000)");
      session.server->abandon();
    }
    open(index);
  }
}

void Live::clean_up(const Script& script) {
  std::size_t last = 0;
  for (const Step& step : script.steps) last = std::max(last, step.session);
  for (const int pid : orphans_) control("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 5000)");
  orphans_.clear();
  for (std::size_t i = 1; i <= last; ++i) reset(i);
  std::string drop;
  for (const std::string& table : script.tables) drop += "DROP TABLE IF EXISTS " + table + " CASCADE;";
  if (!drop.empty()) control(drop);
}

std::vector<Observed> Live::run(const Script& script, Isolation level) {
  std::vector<Observed> seen;
  try {
    level_ = level;
    prepare(script);
    for (const Step& step : script.steps) seen.push_back(perform(step));
  } catch (...) {
    clean_up(script);
    throw;
  }
  clean_up(script);
  return seen;
}

void Live::start(const Step& step, Observed& seen) {
  Session& session = sessions_[step.session];
  if (step.command == "\\close") {
    orphans_.push_back(session.server->pid());
    session.server->abandon();
    session.busy = false;
  } else if (step.command == "\\open") {
    open(step.session);
    set_level(step.session);
  } else if (step.command == "\\cancel") {
    session.server->cancel();
  } else if (step.command == "\\terminate") {
    control("SELECT pg_terminate_backend(" + std::to_string(session.server->pid()) + ", 5000)");
  } else if (session.busy) {
    seen.outcome = skipped;
  } else {
    try {
      session.server->send_script(step.command);
      session.busy = true;
      static_cast<void>(session.server->poll(std::chrono::milliseconds(1)));
    } catch (const ServerError&) {
      seen.outcome = "connection lost";
    }
  }
}

Observed Live::perform(const Step& step) {
  Observed seen;
  Session& session = sessions_[step.session];
  const bool was_busy = session.busy;
  if (step.command != "\\await") start(step, seen);
  if (seen.outcome == skipped) return seen;
  const bool is_new = session.busy && !was_busy;
  const bool awaits =
      was_busy && (step.command == "\\await" || step.command == "\\cancel" || step.command == "\\terminate");
  settle(awaits ? std::optional<std::size_t>(step.session) : std::nullopt, seen);
  if (const auto ended = seen.released.find(step.session); ended != seen.released.end()) {
    seen.outcome = ended->second;
    seen.released.erase(ended);
  } else if (seen.outcome.empty()) {
    seen.outcome = is_new ? "waits" : "done";
  }
  return seen;
}

/// Takes what has arrived; true if somebody's reply is still missing.
bool Live::collect(Observed& seen) {
  bool any_busy = !orphans_.empty();
  for (std::size_t i = 1; i <= most_sessions; ++i) {
    Session& session = sessions_[i];
    if (!session.busy) continue;
    std::string text;
    try {
      if (!session.server->poll()) {
        any_busy = true;
        continue;
      }
      // The last statement's result, or the first error: others follow if it ended the connection.
      for (const ServerResult& result : session.server->collect()) {
        text = describe(result);
        if (result.error) break;
      }
    } catch (const ServerError&) {
      text = "connection lost";
    }
    session.busy = false;
    seen.released[i] = text;
  }
  return any_busy;
}

bool Live::all_blocked(Observed& seen) {
  std::string pids;
  std::map<int, std::size_t> index;
  std::size_t waiting = 0;
  for (std::size_t i = 1; i <= most_sessions; ++i) {
    const int pid = sessions_[i].server->pid();
    if (std::find(orphans_.begin(), orphans_.end(), pid) == orphans_.end()) index[pid] = i;
    if (!sessions_[i].busy) continue;
    ++waiting;
    pids += (pids.empty() ? "" : ",") + std::to_string(pid);
  }
  for (const int pid : orphans_) pids += (pids.empty() ? "" : ",") + std::to_string(pid);
  control_.send_script("EXECUTE blocking('{" + pids + "}')");
  Edges edges;
  seen.blocked_by.clear();
  for (const ServerResult& result : control_.collect()) {
    if (result.error) throw std::runtime_error(result.error->what());
    for (const auto& row : result.rows) {
      const int pid = std::stoi(*row[0]);
      std::istringstream blockers(row[1].value_or(""));
      edges[pid];
      for (int blocker = 0; blockers >> blocker;) {
        edges[pid].insert(blocker);
        if (index.contains(pid) && index.contains(blocker)) seen.blocked_by[index[pid]].insert(index[blocker]);
      }
      if (edges[pid].empty()) return false;  // it is at work
    }
  }
  return edges.size() >= waiting && !has_cycle(edges);
}

void Live::settle(std::optional<std::size_t> await, Observed& seen) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::map<std::size_t, std::set<std::size_t>> before;
  for (int quiet = 0; quiet < 2;) {
    const std::size_t ended = seen.released.size();
    if (!collect(seen)) {
      seen.blocked_by.clear();
      return;
    }
    // Twice in a row: a waiter that has just been woken may be about to let another one pass.
    const bool is_quiet = all_blocked(seen) && !(await && sessions_[*await].busy) && seen.released.size() == ended;
    quiet = !is_quiet ? 0 : seen.blocked_by == before ? quiet + 1 : 1;
    before = seen.blocked_by;
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("the server did not come to rest within 30 s");
  }
}

}  // namespace heddle::pg::oracle

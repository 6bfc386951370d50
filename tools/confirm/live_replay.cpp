#include "tools/confirm/live_replay.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace heddle::cli {
namespace {

using pg::RecordedReply;
using pg::TranscriptEvent;
using Rows = std::vector<std::vector<std::optional<std::string>>>;

/// What the server needs real time for.
constexpr std::chrono::seconds patience{60};

std::string shown(const Rows& rows) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    text += i == 0 ? ": (" : ", (";
    for (std::size_t k = 0; k < rows[i].size(); ++k) text += (k == 0 ? "" : ", ") + rows[i][k].value_or("NULL");
    text += ")";
  }
  return text + (rows.size() > most ? ", ..." : "");
}

std::string shown(const RecordedReply& reply) {
  if (!reply.sqlstate.empty()) return fmt::format("ERROR {}: {}", reply.sqlstate, reply.message);
  return reply.tag + shown(reply.rows);
}

std::string statement_of(const TranscriptEvent& event) {
  std::string text;
  for (const char c : event.sql) {
    const bool is_blank = c == ' ' || c == '\n' || c == '\t';
    if (!is_blank || (!text.empty() && text.back() != ' ')) text += is_blank ? ' ' : c;
  }
  for (std::size_t i = 0; i < event.params.size(); ++i)
    text += fmt::format("{}${}={}", i == 0 ? " [" : ", ", i + 1, event.params[i].value_or("NULL"));
  return text + (event.params.empty() ? "" : "]");
}

RecordedReply reply_of(std::vector<pg::ServerResult> results) {
  RecordedReply reply;
  for (pg::ServerResult& result : results) {
    if (result.error) {
      reply = {"", {}, std::string(result.error->sqlstate()), result.error->message()};
      break;
    }
    reply.tag = result.tag;
    reply.rows = std::move(result.rows);
  }
  return reply;
}

bool is_sorted_by_text(const std::string& sql) {
  std::string upper = sql;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return upper.find("ORDER BY") != std::string::npos;
}

/// Without ORDER BY, the order of rows is the server's own affair.
bool agree(const RecordedReply& model, const RecordedReply& server, const std::string& sql) {
  if (model.sqlstate != server.sqlstate || model.tag != server.tag) return false;
  if (model.rows == server.rows || is_sorted_by_text(sql)) return model.rows == server.rows;
  Rows a = model.rows;
  Rows b = server.rows;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

/// Errors that come when time has passed.
bool comes_late(const RecordedReply& reply) {
  return reply.sqlstate == pg::sqlstate::deadlock_detected || reply.sqlstate == pg::sqlstate::lock_not_available ||
         reply.sqlstate == pg::sqlstate::query_canceled;
}

}  // namespace

LiveReplay::LiveReplay(const pg::Transcript& transcript, const std::string& uri)
    : transcript_(transcript), uri_(uri), monitor_(uri), version_(monitor_.session().server_version()) {
  for (const std::string& setup : transcript.setups) {
    pg::ScratchSchema& schema = *schemas_.emplace_back(std::make_unique<pg::ScratchSchema>(uri, "heddle_confirm"));
    pg::ServerSession session(uri, "heddle set-up");
    schema.enter(session);
    session.send_script(setup);
    for (const pg::ServerResult& result : session.collect())
      if (result.error)
        throw pg::ServerError("the server refuses the scenario's tables: " + std::string(result.error->what()));
  }
  for (const TranscriptEvent& event : transcript.events)
    if (event.reply.sqlstate == pg::sqlstate::deadlock_detected) victims_.insert({event.database, event.session});
}

LiveReplay::Live& LiveReplay::live(const TranscriptEvent& event) {
  const Key key{event.database, event.session};
  const auto found = sessions_.find(key);
  if (found != sessions_.end()) return found->second;
  const std::string name = "heddle " + (event.task.empty() ? std::string("inspection") : event.task);
  Live& added = sessions_.emplace(key, Live{pg::ServerSession(uri_, name), {}}).first->second;
  schemas_[event.database]->enter(added.session);
  // The server's victim is whoever looks for the deadlock first. A role that may not say so gets the server's choice.
  if (!victims_.empty())
    added.session.run(victims_.contains(key) ? "SET deadlock_timeout = '100ms'" : "SET deadlock_timeout = '1h'");
  return added;
}

std::optional<std::string> LiveReplay::run(const std::function<void(const LiveStep&)>& show) {
  show_ = show;
  for (std::size_t i = 0; i < transcript_.events.size(); ++i) {
    const TranscriptEvent& event = transcript_.events[i];
    std::optional<std::string> found;
    switch (event.kind) {
      case TranscriptEvent::Kind::sent:
        found = send(i);
        break;
      case TranscriptEvent::Kind::answered:
        found = compare(event);
        break;
      case TranscriptEvent::Kind::closed:
        close(event);
        break;
    }
    if (found) return found;
  }
  return std::nullopt;
}

std::optional<std::string> LiveReplay::difference(const Live& of, const std::string& model,
                                                  const std::string& server) const {
  return fmt::format("statement {}, {} of {}: on the model {}, on the server {}", of.step.number, of.step.statement,
                     of.step.task, model, server);
}

std::string LiveReplay::names(const std::vector<int>& pids) const {
  std::string text;
  for (const int pid : pids) {
    std::string name = fmt::format("process {}", pid);
    for (const auto& [key, other] : sessions_)
      if (other.session.pid() == pid) name = other.step.task;
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

std::vector<int> LiveReplay::blockers_of(Live& of) {
  std::vector<pg::ServerSession*> all;
  for (auto& [key, other] : sessions_) all.push_back(&other.session);
  const auto blockers = monitor_.settle(all, patience);
  const auto place = std::find(all.begin(), all.end(), &of.session) - all.begin();
  return blockers[static_cast<std::size_t>(place)];
}

std::optional<std::string> LiveReplay::send(std::size_t index) {
  const TranscriptEvent& event = transcript_.events[index];
  Live& self = live(event);
  self.step = {++statements_, event.task.empty() ? "inspection" : event.task, statement_of(event), ""};
  self.session.send(event.sql, std::span<const std::optional<std::string>>(event.params));
  const TranscriptEvent* const next = index + 1 < transcript_.events.size() ? &transcript_.events[index + 1] : nullptr;
  const bool waits = next == nullptr || next->kind != TranscriptEvent::Kind::answered ||
                     next->session != event.session || next->database != event.database;
  const std::vector<int> blockers = blockers_of(self);
  if (!waits) return std::nullopt;
  if (blockers.empty()) {
    const RecordedReply reply = reply_of(self.session.collect());
    self.step.outcome = shown(reply);
    show_(self.step);
    return difference(self, "it waits for a lock", "it is answered at once: " + shown(reply));
  }
  self.step.outcome = "waits for " + names(blockers);
  show_(self.step);
  return std::nullopt;
}

std::optional<std::string> LiveReplay::compare(const TranscriptEvent& event) {
  Live& self = live(event);
  const std::vector<int> blockers = blockers_of(self);
  if (!blockers.empty() && !(comes_late(event.reply) && self.session.poll(patience))) {
    self.step.outcome = "waits for " + names(blockers);
    show_(self.step);
    return difference(self, "it is answered: " + shown(event.reply), "it waits for " + names(blockers));
  }
  const RecordedReply reply = reply_of(self.session.collect());
  self.step.outcome = shown(reply);
  show_(self.step);
  if (agree(event.reply, reply, self.step.statement)) return std::nullopt;
  return difference(self, shown(event.reply), shown(reply));
}

/// Returns when the server has noticed, unless the session's statement still waits there: then it will not (F40).
void LiveReplay::close(const TranscriptEvent& event) {
  const auto found = sessions_.find({event.database, event.session});
  if (found == sessions_.end()) return;
  const bool was_busy = !found->second.session.poll();
  const std::string pid = std::to_string(found->second.session.pid());
  found->second.session.abandon();
  if (was_busy) return;
  for (std::chrono::milliseconds waited{0}; waited < patience; ++waited) {
    if (monitor_.session().require("SELECT 1 FROM pg_catalog.pg_stat_activity WHERE pid = " + pid).rows.empty()) return;
  }
}

}  // namespace heddle::cli

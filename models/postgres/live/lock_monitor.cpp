#include <algorithm>
#include <charconv>

#include "models/postgres/live/server_session.hpp"

namespace heddle::pg {
namespace {

/// "{12,34}": the server's text form of an array of integers.
std::vector<int> parse_array(const std::string& text) {
  std::vector<int> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at != end) {
    int number = 0;
    const auto [rest, failure] = std::from_chars(at, end, number);
    if (failure == std::errc()) {
      numbers.push_back(number);
      at = rest;
    } else {
      ++at;
    }
  }
  return numbers;
}

}  // namespace

std::vector<std::vector<int>> LockMonitor::blockers(std::span<const int> pids) {
  std::string list = "{";
  for (const int pid : pids) list += (list.size() == 1 ? "" : ",") + std::to_string(pid);
  list += "}";
  const Value param = Value::of(std::string_view(list));
  const ServerResult result = session_.require(
      "SELECT pg_catalog.pg_blocking_pids(pid) || pg_catalog.pg_safe_snapshot_blocking_pids(pid) "
      "FROM pg_catalog.unnest($1::int[]) WITH ORDINALITY AS asked(pid, place) ORDER BY place",
      {&param, 1});
  std::vector<std::vector<int>> all;
  for (const auto& row : result.rows) all.push_back(parse_array(row[0].value_or("")));
  return all;
}

std::vector<int> LockMonitor::blockers(int pid) {
  return blockers(std::span<const int>(&pid, 1)).front();
}

using std::chrono::milliseconds;

std::vector<std::vector<int>> LockMonitor::settle(std::span<ServerSession* const> sessions, milliseconds patience) {
  // Asking costs about as long as waiting: a session that is at work is looked at every millisecond. A lock wait counts
  // when it was seen twice, with everybody else blocked or done before: a waiter that has just been woken may still be
  // seen behind one that is about to let it pass.
  std::vector<std::vector<int>> before;
  for (std::chrono::milliseconds::rep round = 0; round < patience.count(); ++round) {
    std::vector<int> pids;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (sessions[i]->poll(milliseconds(round == 0 ? 0 : 1))) continue;
      pids.push_back(sessions[i]->pid());
      places.push_back(i);
    }
    std::vector<std::vector<int>> now(sessions.size());
    bool all_blocked = true;
    if (!pids.empty()) {
      std::vector<std::vector<int>> found = blockers(pids);
      for (std::size_t i = 0; i < places.size(); ++i) {
        all_blocked = all_blocked && !found[i].empty();
        now[places[i]] = std::move(found[i]);
      }
    }
    if (pids.empty() || (all_blocked && now == before)) return now;
    before = all_blocked ? std::move(now) : std::vector<std::vector<int>>();
  }
  throw ServerError("a statement on the server is neither done nor waiting for a lock after " +
                    std::to_string(patience.count()) + " ms");
}

}  // namespace heddle::pg

// The live server's side of a comparison: several connections, one command at a time, and who is blocked by whom, as
// pg_blocking_pids tells. A step is over when every session is idle or blocked, and no cycle is left for the server's
// deadlock detector to break. Nothing is concluded from the time that something takes.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/postgres/live/server_session.hpp"
#include "tests/oracle/postgres/script.hpp"

namespace heddle::pg::oracle {

class Live {
 public:
  /// Throws `ServerError` if the server cannot be reached.
  explicit Live(std::string uri);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// Makes the schema, executes the steps, removes what was made.
  std::vector<Observed> run(const Script& script, Isolation level);

 private:
  struct Session {
    std::unique_ptr<ServerSession> server;
    bool busy = false;
  };

  void open(std::size_t session);
  void control(const std::string& sql);
  void prepare(const Script& script);
  void set_level(std::size_t session);
  void clean_up(const Script& script);
  void reset(std::size_t session);
  Observed perform(const Step& step);
  void start(const Step& step, Observed& seen);
  void settle(std::optional<std::size_t> await, Observed& seen);
  [[nodiscard]] bool collect(Observed& seen);
  [[nodiscard]] bool all_blocked(Observed& seen);

  std::string uri_;
  Isolation level_ = Isolation::read_committed;  ///< of the script
  ServerSession control_;
  std::array<Session, most_sessions + 1> sessions_;
  std::vector<int> orphans_;  ///< backends whose client has gone in the middle of a command
};

}  // namespace heddle::pg::oracle

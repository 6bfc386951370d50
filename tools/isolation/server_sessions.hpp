// `Sessions` on a real server, in a schema of their own that is dropped when they end.
#pragma once

#include <deque>

#include "models/postgres/isolation.hpp"
#include "models/postgres/live/scratch_schema.hpp"
#include "models/postgres/live/server_session.hpp"
#include "tools/isolation/sessions.hpp"
#include "tools/isolation/spec.hpp"

namespace heddle::isolation {

class ServerSessions final : public Sessions {
 public:
  /// Throws `pg::ServerError` if the server cannot be used; so may every other function.
  ServerSessions(const std::string& uri, const Spec& spec, pg::Isolation level);

  std::vector<StatementOutcome> control(const std::string& sql) override;
  void send(std::size_t session, const std::string& sql) override { sessions_[session].send_script(sql); }
  void settle() override;
  bool wait_for(std::size_t session) override;
  bool is_done(std::size_t session) override { return sessions_[session].poll(); }
  std::vector<StatementOutcome> take_reply(std::size_t session) override;
  std::vector<std::string> take_notices(std::size_t session) override;

 private:
  pg::LockMonitor monitor_;
  pg::ScratchSchema schema_;
  pg::ServerSession control_;
  std::deque<pg::ServerSession> sessions_;  // before the schema is dropped they are closed
};

}  // namespace heddle::isolation

// A schema of its own on a server that may be somebody's: what is created in it is dropped with it, whatever happens.
#pragma once

#include <string>

#include "models/postgres/live/server_session.hpp"

namespace heddle::pg {

class ScratchSchema {
 public:
  /// Creates the schema "PREFIX_PID". Throws `ServerError`, also if the role may not create a schema.
  ScratchSchema(const std::string& uri, const std::string& prefix);
  /// Ends the sessions that have entered it and are still in a transaction, and drops it.
  ~ScratchSchema();
  ScratchSchema(const ScratchSchema&) = delete;
  ScratchSchema& operator=(const ScratchSchema&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Lets the session find the schema's tables, and only these, by their bare names.
  void enter(ServerSession& session);

 private:
  void drop(ServerSession& session);

  std::string uri_;
  ServerSession session_;
  std::string name_;
  std::string pids_;
};

}  // namespace heddle::pg

#include "models/postgres/live/scratch_schema.hpp"

namespace heddle::pg {

ScratchSchema::ScratchSchema(const std::string& uri, const std::string& prefix)
    : uri_(uri), session_(uri, "heddle schema"), name_(prefix + "_" + std::to_string(session_.pid())) {
  const ServerResult created = session_.run("CREATE SCHEMA " + name_);
  if (created.error)
    throw ServerError("the schema " + name_ + " cannot be created on the server: " + created.error->message() +
                      "; connect to a database in which the role may create schemas");
}

ScratchSchema::~ScratchSchema() {
  try {
    try {
      drop(session_);
    } catch (const ServerError&) {  // perhaps only this session has been ended
      ServerSession another(uri_, "heddle schema");
      drop(another);
    }
  } catch (const std::exception&) {  // the server is gone: there is nobody to tidy up with
  }
}

void ScratchSchema::drop(ServerSession& session) {
  // A session that was left in the middle of a transaction would keep the schema's tables locked for ever.
  if (!pids_.empty())
    session.require(
        "SELECT pg_catalog.pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE pid IN (" + pids_ +
        ") AND application_name LIKE 'heddle%'");
  session.require("SET client_min_messages = warning");
  session.require("DROP SCHEMA IF EXISTS " + name_ + " CASCADE");
}

void ScratchSchema::enter(ServerSession& session) {
  session.require("SET search_path = " + name_);
  pids_ += (pids_.empty() ? "" : ",") + std::to_string(session.pid());
}

}  // namespace heddle::pg

// One comparison of the model with the live server.
#pragma once

#include <string>

#include "tests/oracle/postgres/live.hpp"
#include "tests/oracle/postgres/modelled.hpp"

namespace heddle::pg::oracle {

struct Comparison {
  bool agrees = false;
  bool server_is_stricter = false;  ///< see Agreement::stricter_at
  std::string report;               ///< for people, if they disagree
  std::vector<Observed> server;
};

[[nodiscard]] Comparison compare(Live& live, const Script& script, Isolation level);
/// The server's URI, from HEDDLE_POSTGRES_URI (script/with-postgres sets it).
[[nodiscard]] std::string server_uri();

}  // namespace heddle::pg::oracle

// Random schemas, transactions and interleavings, small enough to collide often. What is left out because the server
// promises no order for it: changes of several rows by one statement without an order.
#pragma once

#include <rapidcheck.h>

#include <iosfwd>
#include <string>
#include <vector>

#include "tests/oracle/postgres/script.hpp"

namespace heddle::pg::oracle {

/// One command as numbers, which shrink towards the simplest.
struct RandomStep {
  unsigned session = 0;
  unsigned statement = 0;
  unsigned a = 0;
  unsigned b = 0;
};

struct RandomProgram {
  unsigned schema = 0;
  unsigned sessions = 2;
  unsigned level = 0;
  std::vector<unsigned> starts;  ///< how each session begins
  std::vector<RandomStep> steps;

  [[nodiscard]] Script script() const;
  [[nodiscard]] Isolation isolation() const { return static_cast<Isolation>(level); }
};

[[nodiscard]] rc::Gen<RandomProgram> random_programs();
std::ostream& operator<<(std::ostream& out, const RandomProgram& program);

}  // namespace heddle::pg::oracle

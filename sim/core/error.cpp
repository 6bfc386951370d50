#include "sim/core/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace heddle::sim {

void invariant_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "heddle: internal invariant failed: %s (%s:%d). This is a defect in Heddle; please report it.\n",
               condition, file, line);
  std::abort();
}

}  // namespace heddle::sim

// Every interleaving of a specification's steps that can occur: a session whose step waits for a lock cannot begin its
// next one, and which of several waiters goes on first is open. isolationtester itself can only be given a list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/isolation/model_run.hpp"

namespace heddle::isolation {

/// Interleavings that cannot be told apart by what the steps came to and what the tables hold in the end.
struct Outcome {
  std::vector<std::string> results;  ///< by step
  std::string tables;                ///< what they hold in the end, printed
  std::uint64_t interleavings = 0;
  std::vector<std::size_t> example;  ///< the steps of the shortest-named first one, in the order of their beginning
  std::string transcript;            ///< what isolationtester prints for it
  bool is_certain = true;            ///< running the example's steps in this order can only come out like this
};

struct Exploration {
  std::uint64_t interleavings = 0;
  bool is_complete = true;
  std::string unsupported;        ///< the first step, if any, that the model could not execute, and why
  std::vector<Outcome> outcomes;  ///< in the order in which they were found
};

/// Stops after `most` interleavings.
[[nodiscard]] Exploration explore(const Spec& spec, ModelRun& model, std::uint64_t most);

}  // namespace heddle::isolation

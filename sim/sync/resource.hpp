// `Resource`: something that tasks hold and that is no primitive of Heddle's - a gate, a lease, a row lock, an advisory
// lock. The protocol that implements it says when it is taken and given back; then the ledger knows who holds it, and,
// if it is a lock, it has its place in the lock order and in the cycle that a deadlock prints. It decides nothing and
// is no scheduling point.
//
//     sim::Resource gate_{"gate", "quiescing"};      ...  holders_.fetch_add(1); gate_.taken();
#pragma once

#include <source_location>

#include "sim/core/execution.hpp"

namespace heddle::sim {

class Resource {
 public:
  /// `kind` is what people read ("gate", "lease").
  explicit Resource(std::string_view kind, Name name = {}, const Holding& how = holding::permit)
      : object_(Execution::current().add_object(kind, name)), how_(how) {}
  Resource(const Resource&) = delete;
  Resource& operator=(const Resource&) = delete;

  /// The running task holds it (once more) from now on.
  void taken(std::source_location where = std::source_location::current()) const {
    Execution::current().note_held(object_, how_, where);
  }
  /// It is given back: by who took it, or for whoever took it last.
  void given_back() const { Execution::current().note_released(object_); }
  [[nodiscard]] ObjectId object() const noexcept { return object_; }

 private:
  ObjectId object_;
  Holding how_;
};

}  // namespace heddle::sim

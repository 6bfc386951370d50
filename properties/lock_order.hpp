// The order in which tasks take locks. A task that takes B while it holds A draws an edge from A to B; a cycle whose
// edges are of different tasks, and whose tasks share no other lock ("gate") at that time, may deadlock under some
// other schedule, also when this one passed. After Havelund, "Using runtime analysis to guide model checking of Java
// programs" (SPIN 2000; the Goodlock algorithm), with the gates of Bensalem and Havelund (HVC 2005). Mutexes, async
// mutexes, read-write locks; a database's row locks, advisory locks and LOCK TABLE; the leases of a key-value store
// that a `kv::LeaseOracle` watches; and every `sim::Resource` that is a lock.
//
//     properties::LockOrder order(world);          // in the body, before run(): `no_lock_order_inversion`
//
// Differences: tries draw no edge to what they take, and two readers do not exclude each other. Not detected: readers
// of one lock that deadlock through a writer which waits between them; waits for the end of a transaction that inserted
// the same key. Reported although it cannot happen: a cycle that something other than a lock keeps from closing, such
// as a join; `check_lock_order` tries each. A lease is a gate only for as long as it does not run out.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include "sim/core/world.hpp"

namespace heddle::properties {

/// A task took one lock while it held another. Tasks and objects are named by their keys, which are the same in every
/// schedule.
struct LockOrderEdge {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t task = 0;
  bool from_shared = false;
  bool to_shared = false;
  std::vector<std::uint64_t> gates;  ///< the other locks that it held exclusively, sorted
  std::source_location from_where;
  std::source_location to_where;
  std::string from_name;
  std::string to_name;
  std::string task_name;

  /// Whether it says the same; not where in the source, nor the names.
  [[nodiscard]] bool says_the_same_as(const LockOrderEdge& other) const noexcept;
};

/// A cycle: each edge's `to` is the next one's `from`.
struct Inversion {
  std::vector<LockOrderEdge> edges;
  std::string gate;  ///< the lock that keeps it from closing; empty: nothing is known to

  /// "ab takes mutex b (x.cpp:7) while it holds mutex a (x.cpp:6), and ba ...".
  [[nodiscard]] std::string text() const;
};

/// Grows over any number of executions of one program.
class LockOrderGraph {
 public:
  static constexpr std::size_t max_inversions = 64;  ///< more than so many are not listed

  /// False if it is known already.
  bool add(LockOrderEdge edge);
  /// The names of locks and tasks, from edges of `other` that say the same.
  void take_names_of(const LockOrderGraph& other);
  [[nodiscard]] bool knows(const LockOrderEdge& edge) const noexcept;
  [[nodiscard]] const std::vector<LockOrderEdge>& edges() const noexcept { return edges_; }
  /// All elementary cycles of edges by different tasks, those kept open by a gate included.
  [[nodiscard]] std::vector<Inversion> inversions() const;

 private:
  std::vector<LockOrderEdge> edges_;
};

/// Watches one execution. When its tasks have ended, an inversion in what it saw violates `no_lock_order_inversion`.
class LockOrder final : public sim::Observer {
 public:
  static constexpr std::string_view property = "no_lock_order_inversion";

  explicit LockOrder(sim::World& world);
  /// Adds what it sees to `graph`, and fails nothing.
  LockOrder(sim::World& world, LockOrderGraph& graph);
  ~LockOrder() override;

  void on_held(const sim::Hold& hold) override;
  void on_released(const sim::Hold& hold, const sim::Task& by) override;
  void on_all_ended() override;

 private:
  struct Lost {
    sim::TaskId task = 0;
    sim::ObjectId lease;
  };
  /// Whether a lease has run out is part of what a later step of its holder shows.
  void look_at_leases(sim::TaskId task);

  sim::Execution& execution_;
  LockOrderGraph own_;
  LockOrderGraph* graph_;
  LockOrderEdge seen_;  // kept for its memory
  std::vector<Lost> lost_;
};

}  // namespace heddle::properties

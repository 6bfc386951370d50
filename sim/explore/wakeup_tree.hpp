// What optimal DPOR still has to explore from one prefix: an ordered tree of letters (Abdulla, Aronis, Jonsson, Sagonas, "Optimal
// Dynamic Partial Order Reduction", POPL 2014, section 6). A letter is a step of a task with the data alternatives it takes and the
// footprint it had when it was last seen. Tasks and objects are named by their keys, which no schedule changes.
//
// Trees of all prefixes share one pool of nodes.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/core/op.hpp"

namespace heddle::sim {

struct Touched {
  std::uint64_t object = 0;  ///< its key
  Access access = Access::read;
};
using Footprint = boost::container::small_vector<Touched, 4>;

/// One data alternative, out of how many.
struct Alternative {
  std::uint32_t chosen = 0;
  std::uint32_t options = 0;
  friend bool operator==(const Alternative&, const Alternative&) = default;
};

struct Letter {
  std::uint64_t task = 0;  ///< its key
  TaskId id = 0;           ///< what its id was when the letter was made
  std::vector<Alternative> alternatives;
  Footprint footprint;
  bool is_open = false;  ///< in the order it stands in, it may touch anything
};

[[nodiscard]] bool independent(const Letter& a, const Letter& b) noexcept;

/// A sequence of letters that belong to somebody else.
using Sequence = std::vector<const Letter*>;

/// Whether `letter` can come first in some sequence equivalent to `v`, or can be put before it without changing anything.
[[nodiscard]] bool is_weak_initial(const Letter& letter, std::span<const Letter* const> v) noexcept;

class WakeupForest {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// The roots of one tree, in order of exploration; empty is a list without head.
  struct Tree {
    std::uint32_t first = none;
    [[nodiscard]] bool empty() const noexcept { return first == none; }
  };

  [[nodiscard]] const Letter& letter(std::uint32_t node) const noexcept { return nodes_[node].letter; }
  /// Makes sure that the tree has a branch that some sequence equivalent to an extension of `v` follows. Consumes `v`.
  void insert(Tree& tree, Sequence& v);
  /// Adds a leaf at the right end.
  void append_leaf(Tree& tree, Letter letter);
  /// Takes away the leftmost root: moves its letter out and returns the tree below it.
  Tree pop_front(Tree& tree, Letter& letter);
  /// Takes away the leftmost root, whose letter cannot be performed here, and inserts what stood below it in its place.
  void drop_front(Tree& tree);
  void clear(Tree& tree);

  [[nodiscard]] std::size_t high_water() const noexcept { return nodes_.size(); }

 private:
  struct Node {
    Letter letter;
    std::uint32_t first_child = none;
    std::uint32_t next = none;
  };

  std::uint32_t allocate(Letter letter);
  void append(std::uint32_t& list, std::uint32_t node);
  void release(std::uint32_t node);
  void reinsert_paths(Tree& tree, std::uint32_t node, std::vector<Letter>& path);

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;
};

}  // namespace heddle::sim

// What optimal DPOR still has to explore from one prefix: an ordered tree of letters (Abdulla, Aronis, Jonsson,
// Sagonas, "Optimal Dynamic Partial Order Reduction", POPL 2014, section 6). Trees of all prefixes share one pool of
// nodes; letters that are being explored, or have been, stay in the pool until they are released.
//
// Ours differs in what it does about footprints that are guesses: the last letter of a reversal has the footprint it
// had behind the step that it now comes before. What is inserted beside such a letter is inserted in doubt, and judged
// again when it comes to be explored. A sequence that a leaf covers is put below the leaf, so that it is explored even
// if the leaf turns out to have been redundant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/explore/letter.hpp"

namespace heddle::sim {

class WakeupForest {
 public:
  using Node = std::uint32_t;
  static constexpr Node none = ~Node{0};

  /// The roots of one tree, in order of exploration; empty is a list without head.
  struct Tree {
    Node first = none;
    [[nodiscard]] bool empty() const noexcept { return first == none; }
  };

  [[nodiscard]] Letter& letter(Node node) noexcept { return at(node).letter; }
  [[nodiscard]] const Letter& letter(Node node) const noexcept { return at(node).letter; }
  /// A node outside of all trees. Its letter has the contents of some letter before it.
  Node allocate();
  void release(Node node) { free_.push_back(node); }
  /// Makes sure that the tree has a branch that some sequence equivalent to an extension of `v` follows. Consumes `v`.
  void insert(Tree& tree, Sequence& v);
  /// Puts a leaf at the left end.
  void prepend_leaf(Tree& tree, Node node) noexcept { at(node).next = std::exchange(tree.first, node); }
  /// Makes the branch that begins with this very step the first one. False: there is none.
  bool bring_to_front(Tree& tree, const Letter& letter) noexcept;
  /// All branches are to be judged again when they are taken.
  void doubt(const Tree& tree) noexcept;
  /// Takes the leftmost root out of the tree, and from what stands below it: the second member.
  struct Popped {
    Node node = none;
    Tree below;
  };
  Popped pop_front(Tree& tree) noexcept;
  /// Takes away the leftmost root, whose letter cannot be performed here, and inserts what stood below it in its place.
  void drop_front(Tree& tree);
  /// Takes away the leftmost root and what is below it.
  void drop_branch(Tree& tree);
  /// Judges again what was inserted in doubt: takes from the leftmost root all that a letter of `sleep` can be put
  /// before. False, and the root is gone, if nothing of it is left.
  bool prune_front(Tree& tree, std::span<const Node> sleep);
  void clear(Tree& tree);
  [[nodiscard]] std::size_t count_roots(const Tree& tree) const noexcept;
  /// Whether all that begins with `v` is explored where the letters of `sleep` were.
  [[nodiscard]] bool is_covered_by(std::span<const Node> sleep, std::span<const Letter* const> v) const;
  /// Of a task some of whose data alternatives sleep, the first one that does not; nothing if all do.
  [[nodiscard]] std::optional<Alternative> waking_alternative(std::span<const Node> sleep, std::uint32_t task) const;

  /// How many nodes are in use, and the most that ever were.
  [[nodiscard]] std::size_t size() const noexcept { return allocated_ - free_.size(); }
  [[nodiscard]] std::size_t high_water() const noexcept { return allocated_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return allocated_ * sizeof(Record); }

 private:
  struct Record {
    Letter letter;
    Node first_child = none;
    Node next = none;
    bool is_doubtful = false;
  };
  static constexpr std::size_t chunk_bits = 9;
  static constexpr std::size_t chunk_size = std::size_t{1} << chunk_bits;

  [[nodiscard]] Record& at(Node node) noexcept { return chunks_[node >> chunk_bits][node & (chunk_size - 1)]; }
  [[nodiscard]] const Record& at(Node node) const noexcept {
    return chunks_[node >> chunk_bits][node & (chunk_size - 1)];
  }
  void append(Node& list, Node node) noexcept;
  void release_branch(Node node);
  void prune(Node& list, Sequence& path, std::span<const Node> sleep);
  void reinsert_paths(Tree& tree, Node node, Sequence& path);

  std::vector<std::vector<Record>> chunks_;  // each of full size from the start, so that letters never move
  std::size_t allocated_ = 0;
  std::vector<Node> free_;
};

}  // namespace heddle::sim

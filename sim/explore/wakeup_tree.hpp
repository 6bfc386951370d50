// What optimal DPOR still has to explore from one prefix: an ordered tree of letters (Abdulla, Aronis, Jonsson,
// Sagonas, "Optimal Dynamic Partial Order Reduction", POPL 2014, section 6). Trees of all prefixes share one pool of
// nodes.
//
// Ours differs in what it does about footprints that are guesses: the last letter of a reversal has the footprint it
// had behind the step that it now comes before. What is inserted beside such a letter is inserted in doubt, and judged
// again when it comes to be explored. A sequence that a leaf covers is put below the leaf, so that it is explored even
// if the leaf turns out to have been redundant.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/explore/alphabet.hpp"

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

  [[nodiscard]] Alphabet& alphabet() noexcept { return alphabet_; }
  [[nodiscard]] const Alphabet& alphabet() const noexcept { return alphabet_; }

  /// The letter of the leftmost root.
  [[nodiscard]] LetterId front(const Tree& tree) const noexcept { return nodes_[tree.first].sign.letter; }
  /// Makes sure that the tree has a branch that some sequence equivalent to an extension of `v` follows. Consumes `v`.
  void insert(Tree& tree, Sequence& v);
  /// Makes sure that some root, or letter that was `explored` at the same place, can come first in a sequence
  /// equivalent to `v` ("source sets" of the same paper).
  void add_initial(Tree& tree, std::span<const LetterId> explored, const Sequence& v);
  /// Puts a leaf at the left end; its footprint is a guess.
  void prepend_leaf(Tree& tree, LetterId letter);
  /// Makes the branch that begins with this very step the first one. False: there is none.
  bool bring_to_front(Tree& tree, const Letter& letter) noexcept;
  /// All branches are to be judged again when they are taken.
  void doubt(const Tree& tree) noexcept;
  /// Takes the leftmost root out of the tree, and from what stands below it: the last member.
  struct Popped {
    LetterId letter = 0;
    bool opens_alternatives = false;
    Tree below;
  };
  Popped pop_front(Tree& tree) noexcept;
  /// Takes away the leftmost root, whose letter cannot be performed here, and inserts what stood below it in its place.
  void drop_front(Tree& tree);
  /// Takes away the leftmost root and what is below it.
  void drop_branch(Tree& tree);
  /// Judges again what was inserted in doubt: takes from the leftmost root all that a letter of `sleep` can be put
  /// before. False, and the root is gone, if nothing of it is left.
  bool prune_front(Tree& tree, std::span<const LetterId> sleep);
  void clear(Tree& tree);
  [[nodiscard]] std::size_t count_roots(const Tree& tree) const noexcept;

  /// How many nodes are in use, and the most that ever were.
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size() - free_.size(); }
  [[nodiscard]] std::size_t high_water() const noexcept { return nodes_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return nodes_.size() * sizeof(Record) + alphabet_.bytes(); }

 private:
  struct Record {
    Sign sign;
    bool opens_alternatives = false;  // where it is performed, its other data alternatives are to be explored, too
    bool is_doubtful = false;         // to be judged again when it comes to be explored
    Node first_child = none;
    Node next = none;
  };

  [[nodiscard]] WeakInitial covers(Sign sign, const Sequence& v) const;
  Node allocate(const Record& record);
  void release(Node node) { free_.push_back(node); }
  void append(Node& list, Node node) noexcept;
  void release_branch(Node node);
  void prune(Node& list, Sequence& path, std::span<const LetterId> sleep);
  void reinsert_paths(Tree& tree, Node node, Sequence& path);

  Alphabet alphabet_;
  std::vector<Record> nodes_;
  std::vector<Node> free_;
};

}  // namespace heddle::sim

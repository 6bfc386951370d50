#include "sim/explore/wakeup_tree.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace heddle::sim {

WakeupForest::Node WakeupForest::allocate(const Record& record) {
  if (free_.empty()) {
    nodes_.push_back(record);
    return static_cast<Node>(nodes_.size() - 1);
  }
  const Node node = free_.back();
  free_.pop_back();
  nodes_[node] = record;
  return node;
}

WeakInitial WakeupForest::covers(Sign sign, const Sequence& v) const {
  // What is not known to have alternatives does not stand for one of them.
  const bool is_guess =
      !sign.is_exact && (alphabet_.task(v.front().letter) != alphabet_.task(sign.letter) ||
                         (!alphabet_.has_alternatives(sign.letter) && alphabet_.has_alternatives(v.front().letter)));
  return is_guess ? WeakInitial::no_as_far_as_known : alphabet_.weak_initial(sign, v);
}

void WakeupForest::insert(Tree& tree, Sequence& v) {
  Node owner = none;  // whose children are looked at; none: the roots
  bool is_doubtful = false;
  bool may_be_redundant = false;
  bool is_below_leaf = false;
  for (Node child = tree.first; child != none;) {
    Record& record = nodes_[child];
    Sign& sign = record.sign;
    const std::uint32_t task = alphabet_.task(sign.letter);
    const WeakInitial verdict = covers(sign, v);
    if (verdict != WeakInitial::yes) {
      is_doubtful = is_doubtful || verdict != WeakInitial::no;
      child = record.next;
      continue;
    }
    const auto same = std::find_if(v.begin(), v.end(), [&](Sign s) { return alphabet_.task(s.letter) == task; });
    if (same != v.end()) {
      if (!sign.is_exact) sign.letter = alphabet_.merge(sign.letter, same->letter);
      v.erase(same);
    }
    if (v.empty()) return;
    record.is_doubtful = record.is_doubtful || is_doubtful;
    is_doubtful = false;
    may_be_redundant = may_be_redundant || record.is_doubtful || !sign.is_exact;
    is_below_leaf = record.first_child == none;
    if (is_below_leaf && !may_be_redundant) return;  // whatever follows it will be explored
    owner = child;
    child = record.first_child;
  }
  Node chain = none;
  for (const Sign sign : std::views::reverse(v))
    chain = allocate({.sign = sign, .opens_alternatives = is_below_leaf, .first_child = chain});
  nodes_[chain].is_doubtful = is_doubtful;
  append(owner == none ? tree.first : nodes_[owner].first_child, chain);
}

void WakeupForest::add_initial(Tree& tree, std::span<const LetterId> explored, const Sequence& v) {
  const auto is_initial = [&](Sign sign) {
    const auto is_same_task = [&](Sign s) { return alphabet_.task(s.letter) == alphabet_.task(sign.letter); };
    return std::any_of(v.begin(), v.end(), is_same_task) && covers(sign, v) == WeakInitial::yes;
  };
  if (std::any_of(explored.begin(), explored.end(), [&](LetterId letter) { return is_initial({letter}); })) return;
  for (Node root = tree.first; root != none; root = nodes_[root].next)
    if (is_initial(nodes_[root].sign)) return;
  append(tree.first, allocate({.sign = v.front()}));
}

void WakeupForest::prepend_leaf(Tree& tree, LetterId letter) {
  tree.first = allocate({.sign = {letter, false}, .next = tree.first});
}

bool WakeupForest::bring_to_front(Tree& tree, const Letter& letter) noexcept {
  for (Node* link = &tree.first; *link != none; link = &nodes_[*link].next) {
    const Node node = *link;
    Record& record = nodes_[node];
    const Letter& own = alphabet_[record.sign.letter];
    if (own.task != letter.task || own.alternatives != letter.alternatives) continue;
    *link = record.next;
    record.next = std::exchange(tree.first, node);
    return true;
  }
  return false;
}

void WakeupForest::append(Node& list, Node node) noexcept {
  Node* end = &list;
  while (*end != none) end = &nodes_[*end].next;
  *end = node;
}

std::size_t WakeupForest::count_roots(const Tree& tree) const noexcept {
  std::size_t count = 0;
  for (Node node = tree.first; node != none; node = nodes_[node].next) ++count;
  return count;
}

void WakeupForest::doubt(const Tree& tree) noexcept {
  for (Node node = tree.first; node != none; node = nodes_[node].next) nodes_[node].is_doubtful = true;
}

WakeupForest::Popped WakeupForest::pop_front(Tree& tree) noexcept {
  const Node node = tree.first;
  const Record& record = nodes_[node];
  tree.first = record.next;
  release(node);
  return {record.sign.letter, record.opens_alternatives, {record.first_child}};
}

void WakeupForest::reinsert_paths(Tree& tree, Node node, Sequence& path) {
  for (Node child = node; child != none; child = nodes_[child].next) {
    path.push_back(nodes_[child].sign);
    if (nodes_[child].first_child == none) {
      Sequence v = path;
      insert(tree, v);
    } else {
      reinsert_paths(tree, nodes_[child].first_child, path);
    }
    path.pop_back();
  }
}

void WakeupForest::drop_front(Tree& tree) {
  Tree below = pop_front(tree).below;
  Sequence path;
  reinsert_paths(tree, below.first, path);
  clear(below);
}

bool WakeupForest::prune_front(Tree& tree, std::span<const LetterId> sleep) {
  if (!nodes_[tree.first].is_doubtful) return true;
  Sequence path;
  const Node rest = std::exchange(nodes_[tree.first].next, none);
  prune(tree.first, path, sleep);
  if (tree.first == none) {
    tree.first = rest;
    return false;
  }
  nodes_[tree.first].next = rest;
  return true;
}

void WakeupForest::prune(Node& list, Sequence& path, std::span<const LetterId> sleep) {
  for (Node* link = &list; *link != none;) {
    const Node node = *link;
    Record& record = nodes_[node];
    path.push_back(record.sign);
    const bool was_leaf = record.first_child == none;
    if (!was_leaf) prune(record.first_child, path, sleep);
    const bool is_covered = was_leaf ? alphabet_.is_covered_by(sleep, path) : record.first_child == none;
    path.pop_back();
    if (is_covered) {
      *link = record.next;
      release(node);
    } else {
      link = &record.next;
    }
  }
}

void WakeupForest::drop_branch(Tree& tree) {
  const Node node = tree.first;
  tree.first = nodes_[node].next;
  release_branch(node);
}

void WakeupForest::clear(Tree& tree) {
  for (Node node = tree.first; node != none;) {
    const Node next = nodes_[node].next;
    release_branch(node);
    node = next;
  }
  tree.first = none;
}

void WakeupForest::release_branch(Node node) {
  Tree below{nodes_[node].first_child};
  clear(below);
  release(node);
}

}  // namespace heddle::sim

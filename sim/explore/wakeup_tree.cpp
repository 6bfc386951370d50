#include "sim/explore/wakeup_tree.hpp"

#include <algorithm>
#include <utility>

namespace heddle::sim {

bool independent(const Letter& a, const Letter& b) noexcept {
  if (a.is_open || b.is_open) return false;
  for (const Touched& x : a.footprint)
    for (const Touched& y : b.footprint)
      if (x.object == y.object && conflicts(x.access, y.access)) return false;
  return true;
}

bool is_weak_initial(const Letter& letter, std::span<const Letter* const> v) noexcept {
  for (const Letter* other : v) {
    if (other->task == letter.task) return other->alternatives == letter.alternatives;
    if (!independent(letter, *other)) return false;
  }
  return true;
}

void WakeupForest::insert(Tree& tree, Sequence& v) {
  std::uint32_t owner = none;  // whose children are looked at; none: the roots
  for (std::uint32_t child = tree.first; child != none;) {
    if (!is_weak_initial(nodes_[child].letter, v)) {
      child = nodes_[child].next;
      continue;
    }
    const std::uint64_t task = nodes_[child].letter.task;
    const auto same = std::find_if(v.begin(), v.end(), [&](const Letter* l) { return l->task == task; });
    if (same != v.end()) v.erase(same);
    if (nodes_[child].first_child == none) return;  // a leaf: whatever follows it will be explored
    owner = child;
    child = nodes_[child].first_child;
  }
  std::uint32_t chain = none;
  for (auto letter = v.rbegin(); letter != v.rend(); ++letter) {
    const std::uint32_t node = allocate(**letter);
    nodes_[node].first_child = chain;
    chain = node;
  }
  append(owner == none ? tree.first : nodes_[owner].first_child, chain);
}

void WakeupForest::append(std::uint32_t& list, std::uint32_t node) {
  std::uint32_t* end = &list;
  while (*end != none) end = &nodes_[*end].next;
  *end = node;
}

void WakeupForest::append_leaf(Tree& tree, Letter letter) {
  append(tree.first, allocate(std::move(letter)));
}

WakeupForest::Tree WakeupForest::pop_front(Tree& tree, Letter& letter) {
  const std::uint32_t node = tree.first;
  tree.first = nodes_[node].next;
  letter = std::move(nodes_[node].letter);
  const Tree below{nodes_[node].first_child};
  free_.push_back(node);
  return below;
}

void WakeupForest::reinsert_paths(Tree& tree, std::uint32_t node, std::vector<Letter>& path) {
  for (std::uint32_t child = node; child != none; child = nodes_[child].next) {
    path.push_back(nodes_[child].letter);
    if (nodes_[child].first_child == none) {
      Sequence v;
      for (const Letter& letter : path) v.push_back(&letter);
      insert(tree, v);
    } else {
      reinsert_paths(tree, nodes_[child].first_child, path);
    }
    path.pop_back();
  }
}

void WakeupForest::drop_front(Tree& tree) {
  Letter dropped;
  const Tree below = pop_front(tree, dropped);
  std::vector<Letter> path;
  reinsert_paths(tree, below.first, path);
  Tree rest = below;
  clear(rest);
}

void WakeupForest::clear(Tree& tree) {
  for (std::uint32_t node = tree.first; node != none;) {
    const std::uint32_t next = nodes_[node].next;
    release(node);
    node = next;
  }
  tree.first = none;
}

std::uint32_t WakeupForest::allocate(Letter letter) {
  std::uint32_t node = 0;
  if (free_.empty()) {
    node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    node = free_.back();
    free_.pop_back();
  }
  nodes_[node].letter = std::move(letter);
  nodes_[node].first_child = nodes_[node].next = none;
  return node;
}

void WakeupForest::release(std::uint32_t node) {
  Tree below{nodes_[node].first_child};
  clear(below);
  free_.push_back(node);
}

}  // namespace heddle::sim

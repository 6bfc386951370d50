#include "sim/explore/wakeup_tree.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace heddle::sim {

WakeupForest::Node WakeupForest::allocate() {
  Node node = 0;
  if (free_.empty()) {
    node = static_cast<Node>(allocated_++);
    if (node >> chunk_bits == chunks_.size()) chunks_.emplace_back(chunk_size);
  } else {
    node = free_.back();
    free_.pop_back();
  }
  Record& record = at(node);
  record.first_child = record.next = none;
  record.is_doubtful = false;
  return node;
}

void WakeupForest::insert(Tree& tree, Sequence& v) {
  Node owner = none;  // whose children are looked at; none: the roots
  bool is_doubtful = false;
  bool may_be_redundant = false;
  bool is_below_leaf = false;
  for (Node child = tree.first; child != none;) {
    Record& record = at(child);
    // What is not known to have alternatives does not stand for one of them.
    const bool is_guess =
        !record.letter.is_exact && (v.front()->task != record.letter.task ||
                                    (record.letter.alternatives.empty() && !v.front()->alternatives.empty()));
    const WeakInitial verdict = is_guess ? WeakInitial::no_as_far_as_known : weak_initial(record.letter, v);
    if (verdict != WeakInitial::yes) {
      is_doubtful = is_doubtful || verdict != WeakInitial::no;
      child = record.next;
      continue;
    }
    const auto same = std::find_if(v.begin(), v.end(), [&](const Letter* l) { return l->task == record.letter.task; });
    if (same != v.end()) {
      if (!record.letter.is_exact) record.letter.merge_guess(**same);
      v.erase(same);
    }
    if (v.empty()) return;
    record.is_doubtful = record.is_doubtful || is_doubtful;
    is_doubtful = false;
    may_be_redundant = may_be_redundant || record.is_doubtful || !record.letter.is_exact;
    is_below_leaf = record.first_child == none;
    if (is_below_leaf && !may_be_redundant) return;  // whatever follows it will be explored
    owner = child;
    child = record.first_child;
  }
  Node chain = none;
  for (const Letter* letter : std::views::reverse(v)) {
    const Node node = allocate();
    Record& record = at(node);
    record.letter = *letter;
    record.letter.opens_alternatives = is_below_leaf;
    record.first_child = chain;
    chain = node;
  }
  at(chain).is_doubtful = is_doubtful;
  append(owner == none ? tree.first : at(owner).first_child, chain);
}

bool WakeupForest::bring_to_front(Tree& tree, const Letter& letter) noexcept {
  for (Node* link = &tree.first; *link != none; link = &at(*link).next) {
    const Node node = *link;
    Record& record = at(node);
    if (record.letter.task != letter.task || record.letter.alternatives != letter.alternatives) continue;
    *link = record.next;
    record.next = std::exchange(tree.first, node);
    return true;
  }
  return false;
}

void WakeupForest::append(Node& list, Node node) noexcept {
  Node* end = &list;
  while (*end != none) end = &at(*end).next;
  *end = node;
}

std::size_t WakeupForest::count_roots(const Tree& tree) const noexcept {
  std::size_t count = 0;
  for (Node node = tree.first; node != none; node = at(node).next) ++count;
  return count;
}

void WakeupForest::doubt(const Tree& tree) noexcept {
  for (Node node = tree.first; node != none; node = at(node).next) at(node).is_doubtful = true;
}

WakeupForest::Popped WakeupForest::pop_front(Tree& tree) noexcept {
  const Node node = tree.first;
  Record& record = at(node);
  tree.first = std::exchange(record.next, none);
  return {node, {std::exchange(record.first_child, none)}};
}

void WakeupForest::reinsert_paths(Tree& tree, Node node, Sequence& path) {
  for (Node child = node; child != none; child = at(child).next) {
    path.push_back(&at(child).letter);
    if (at(child).first_child == none) {
      Sequence v = path;
      insert(tree, v);
    } else {
      reinsert_paths(tree, at(child).first_child, path);
    }
    path.pop_back();
  }
}

void WakeupForest::drop_front(Tree& tree) {
  auto [node, below] = pop_front(tree);
  Sequence path;
  reinsert_paths(tree, below.first, path);
  clear(below);
  release(node);
}

bool WakeupForest::is_covered_by(std::span<const Node> sleep, std::span<const Letter* const> v) const {
  return std::any_of(sleep.begin(), sleep.end(), [&](Node node) {
    switch (weak_initial(letter(node), v)) {
      case WeakInitial::yes:
        return true;
      case WeakInitial::with_all_alternatives:
        return !waking_alternative(sleep, letter(node).task) &&
               std::all_of(sleep.begin(), sleep.end(), [&](Node other) {
                 return letter(other).task != letter(node).task ||
                        weak_initial(letter(other), v) == WeakInitial::with_all_alternatives;
               });
      default:
        return false;
    }
  });
}

std::optional<Alternative> WakeupForest::waking_alternative(std::span<const Node> sleep, std::uint32_t task) const {
  std::uint32_t options = 0;
  for (const Node node : sleep)
    if (letter(node).task == task && !letter(node).alternatives.empty())
      options = std::max(options, letter(node).alternatives[0].options);
  for (std::uint32_t chosen = 0; chosen < options; ++chosen) {
    const bool sleeps = std::any_of(sleep.begin(), sleep.end(), [&](Node node) {
      const auto& alternatives = letter(node).alternatives;
      return letter(node).task == task && alternatives.size() == 1 && alternatives[0].chosen == chosen;
    });
    if (!sleeps) return Alternative{chosen, options};
  }
  return std::nullopt;
}

bool WakeupForest::prune_front(Tree& tree, std::span<const Node> sleep) {
  if (!at(tree.first).is_doubtful) return true;
  Sequence path;
  const Node rest = std::exchange(at(tree.first).next, none);
  prune(tree.first, path, sleep);
  if (tree.first == none) {
    tree.first = rest;
    return false;
  }
  at(tree.first).next = rest;
  return true;
}

void WakeupForest::prune(Node& list, Sequence& path, std::span<const Node> sleep) {
  for (Node* link = &list; *link != none;) {
    const Node node = *link;
    Record& record = at(node);
    path.push_back(&record.letter);
    const bool was_leaf = record.first_child == none;
    if (!was_leaf) prune(record.first_child, path, sleep);
    const bool is_covered = was_leaf ? is_covered_by(sleep, path) : record.first_child == none;
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
  tree.first = at(node).next;
  release_branch(node);
}

void WakeupForest::clear(Tree& tree) {
  for (Node node = tree.first; node != none;) {
    const Node next = at(node).next;
    release_branch(node);
    node = next;
  }
  tree.first = none;
}

void WakeupForest::release_branch(Node node) {
  Tree below{at(node).first_child};
  clear(below);
  release(node);
}

}  // namespace heddle::sim

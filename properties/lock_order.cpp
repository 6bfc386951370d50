#include "properties/lock_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/hawick_circuits.hpp>
#include <iterator>
#include <map>

#include "properties/source_text.hpp"

namespace heddle::properties {
namespace {

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
using Circuit = std::vector<std::size_t>;

struct CollectCircuits {
  std::vector<Circuit>& circuits;

  template <class Path, class G>
  void cycle(const Path& path, const G&) {
    if (circuits.size() < LockOrderGraph::max_inversions) circuits.emplace_back(path.begin(), path.end());
  }
};

/// Chooses one edge for each hop of a circuit, so that the edges could meet.
class Chooser {
 public:
  Chooser(const std::vector<LockOrderEdge>& edges, std::vector<std::uint64_t> locks)
      : edges_(edges), locks_(std::move(locks)) {}

  bool find() { return extend(); }
  [[nodiscard]] const std::vector<const LockOrderEdge*>& chosen() const noexcept { return chosen_; }
  /// Edges that could meet, were it not for this lock; 0 if there are none.
  [[nodiscard]] std::uint64_t gate() const noexcept { return gate_; }
  [[nodiscard]] const std::vector<const LockOrderEdge*>& gated() const noexcept { return gated_; }

 private:
  bool extend() {
    const std::size_t hop = chosen_.size();
    if (hop == locks_.size()) return closes();
    for (const LockOrderEdge& edge : edges_) {
      if (edge.from != locks_[hop] || edge.to != locks_[(hop + 1) % locks_.size()] || !by_another_task(edge)) continue;
      chosen_.push_back(&edge);
      if (extend()) return true;
      chosen_.pop_back();
    }
    return false;
  }
  [[nodiscard]] bool by_another_task(const LockOrderEdge& edge) const {
    return std::none_of(chosen_.begin(), chosen_.end(), [&](const LockOrderEdge* e) { return e->task == edge.task; });
  }
  bool closes() {
    for (std::size_t i = 0; i < chosen_.size(); ++i)
      if (chosen_[i]->to_shared && chosen_[(i + 1) % chosen_.size()]->from_shared) return false;
    const std::uint64_t gate = common_gate();
    if (gate == 0) return true;
    gate_ = gate;
    gated_ = chosen_;
    return false;
  }
  /// A lock that two of the chosen hold.
  [[nodiscard]] std::uint64_t common_gate() const {
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        std::vector<std::uint64_t> both;
        std::set_intersection(chosen_[i]->gates.begin(), chosen_[i]->gates.end(), chosen_[j]->gates.begin(),
                              chosen_[j]->gates.end(), std::back_inserter(both));
        if (!both.empty()) return both.front();
      }
    }
    return 0;
  }

  const std::vector<LockOrderEdge>& edges_;
  std::vector<std::uint64_t> locks_;
  std::vector<const LockOrderEdge*> chosen_;
  std::vector<const LockOrderEdge*> gated_;
  std::uint64_t gate_ = 0;
};

std::string name_of_lock(const std::vector<LockOrderEdge>& edges, std::uint64_t lock) {
  for (const LockOrderEdge& edge : edges) {
    if (edge.from == lock) return edge.from_name;
    if (edge.to == lock) return edge.to_name;
  }
  return {};
}

std::vector<LockOrderEdge> copies_of(const std::vector<const LockOrderEdge*>& edges) {
  std::vector<LockOrderEdge> copies;
  for (const LockOrderEdge* edge : edges) copies.push_back(*edge);
  return copies;
}

}  // namespace

bool LockOrderEdge::says_the_same_as(const LockOrderEdge& other) const noexcept {
  return from == other.from && to == other.to && task == other.task && from_shared == other.from_shared &&
         to_shared == other.to_shared && gates == other.gates;
}

std::string Inversion::text() const {
  std::string text;
  for (const LockOrderEdge& edge : edges)
    text += fmt::format("{}{} takes {}{} while it holds {}{}", text.empty() ? "" : ", and ", edge.task_name,
                        edge.to_name, place_of(edge.to_where), edge.from_name, place_of(edge.from_where));
  if (!gate.empty()) text += "; " + gate + ", which they hold meanwhile, keeps them apart";
  return text;
}

bool LockOrderGraph::knows(const LockOrderEdge& edge) const noexcept {
  return std::any_of(edges_.begin(), edges_.end(),
                     [&](const LockOrderEdge& known) { return known.says_the_same_as(edge); });
}

bool LockOrderGraph::add(LockOrderEdge edge) {
  if (knows(edge)) return false;
  edges_.push_back(std::move(edge));
  return true;
}

void LockOrderGraph::take_names_of(const LockOrderGraph& other) {
  for (LockOrderEdge& edge : edges_) {
    const auto same =
        std::ranges::find_if(other.edges_, [&](const LockOrderEdge& e) { return e.says_the_same_as(edge); });
    if (same != other.edges_.end()) edge = *same;
  }
}

std::vector<Inversion> LockOrderGraph::inversions() const {
  std::map<std::uint64_t, std::size_t> vertices;
  std::vector<std::uint64_t> locks;
  const auto vertex_of = [&](std::uint64_t lock) {
    const auto [entry, is_new] = vertices.emplace(lock, locks.size());
    if (is_new) locks.push_back(lock);
    return entry->second;
  };
  std::map<std::pair<std::size_t, std::size_t>, bool> hops;
  for (const LockOrderEdge& edge : edges_) hops[{vertex_of(edge.from), vertex_of(edge.to)}] = true;
  Graph graph(locks.size());
  for (const auto& [hop, present] : hops) boost::add_edge(hop.first, hop.second, graph);
  std::vector<Circuit> circuits;
  boost::hawick_unique_circuits(graph, CollectCircuits{circuits});

  std::vector<Inversion> found;
  for (const Circuit& circuit : circuits) {
    std::vector<std::uint64_t> cycle;
    for (const std::size_t vertex : circuit) cycle.push_back(locks[vertex]);
    Chooser chooser(edges_, std::move(cycle));
    if (chooser.find()) {
      found.push_back({copies_of(chooser.chosen()), {}});
    } else if (chooser.gate() != 0) {
      found.push_back({copies_of(chooser.gated()), name_of_lock(edges_, chooser.gate())});
    }
  }
  return found;
}

LockOrder::LockOrder(sim::World& world) : execution_(world.execution()), graph_(&own_) {
  execution_.attach(*this);
}

LockOrder::LockOrder(sim::World& world, LockOrderGraph& graph) : execution_(world.execution()), graph_(&graph) {
  execution_.attach(*this);
}

LockOrder::~LockOrder() {
  execution_.detach(*this);
}

void LockOrder::on_held(const sim::Hold& hold) {
  if (!hold.how.is_lock || !hold.how.waits || !execution_.in_task()) return;
  look_at_leases(hold.task);
  for (const sim::Hold& earlier : execution_.holds()) {
    if (earlier.task != hold.task || !earlier.how.is_lock || earlier.object == hold.object) continue;
    seen_.from = execution_.object_key(earlier.object);
    seen_.to = execution_.object_key(hold.object);
    seen_.task = execution_.task(hold.task).key;
    seen_.from_shared = earlier.how.is_shared;
    seen_.to_shared = hold.how.is_shared;
    seen_.gates.clear();
    for (const sim::Hold& gate : execution_.holds())
      if (gate.task == hold.task && gate.how.is_lock && !gate.how.is_shared && !(gate.object == earlier.object) &&
          !(gate.object == hold.object))
        seen_.gates.push_back(execution_.object_key(gate.object));
    std::sort(seen_.gates.begin(), seen_.gates.end());
    if (graph_->knows(seen_)) continue;
    LockOrderEdge edge = seen_;
    edge.from_where = earlier.where;
    edge.to_where = hold.where;
    edge.from_name = execution_.object_text(earlier.object);
    edge.to_name = execution_.object_text(hold.object);
    edge.task_name = execution_.task(hold.task).name.str();
    graph_->add(std::move(edge));
  }
}

void LockOrder::on_released(const sim::Hold& hold, const sim::Task& by) {
  if (hold.how.expires && by.id != hold.task) lost_.push_back({hold.task, hold.object});
}

void LockOrder::look_at_leases(sim::TaskId task) {
  for (const sim::Hold& hold : execution_.holds())
    if (hold.task == task && hold.how.expires) execution_.touch(hold.object, sim::Access::read);
  for (const Lost& lost : lost_)
    if (lost.task == task) execution_.touch(lost.lease, sim::Access::read);
}

void LockOrder::on_all_ended() {
  if (graph_ != &own_ || own_.edges().size() < 2) return;
  for (const Inversion& inversion : own_.inversions()) {
    if (!inversion.gate.empty()) continue;
    execution_.fail(sim::FailureKind::property, property, [&] { return inversion.text(); });
    return;
  }
}

}  // namespace heddle::properties

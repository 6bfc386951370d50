#include "properties/cycle_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace heddle::properties {

namespace {

constexpr std::uint32_t enough_refusals = 2;  // whoever is refused once may go on without

}  // namespace

CycleWatch::CycleWatch(sim::World& world, const Inversion& inversion)
    : execution_(world.execution()), inversion_(inversion), wants_(inversion.edges.size()) {
  execution_.attach(*this);
}

CycleWatch::~CycleWatch() {
  execution_.detach(*this);
}

void CycleWatch::on_held(const sim::Hold& hold) {
  const std::uint64_t object = execution_.object_key(hold.object);
  const std::uint64_t task = execution_.task(hold.task).key;
  for (std::size_t i = 0; i < wants_.size(); ++i)
    if (inversion_.edges[i].task == task && inversion_.edges[i].to == object) wants_[i] = {};
}

void CycleWatch::on_released(const sim::Hold& hold, const sim::Task&) {
  const std::uint64_t object = execution_.object_key(hold.object);
  const std::uint64_t task = execution_.task(hold.task).key;
  for (std::size_t i = 0; i < wants_.size(); ++i)
    if (inversion_.edges[i].task == task && inversion_.edges[i].from == object) wants_[i] = {};
}

void CycleWatch::on_blocked(const sim::Task& task, sim::ObjectId object, bool is_refused) {
  const std::uint64_t wanted = execution_.object_key(object);
  for (std::size_t i = 0; i < wants_.size(); ++i) {
    const LockOrderEdge& edge = inversion_.edges[i];
    if (edge.task != task.key || edge.to != wanted || held_by(edge.task, edge.from) == nullptr) continue;
    wants_[i].waits = !is_refused;
    if (is_refused) ++wants_[i].refusals;
  }
  if (closes()) execution_.fail(sim::FailureKind::property, "deadlock", [&] { return text(); });
}

const sim::Hold* CycleWatch::held_by(std::uint64_t task, std::uint64_t object) const {
  const auto found = std::ranges::find_if(execution_.holds(), [&](const sim::Hold& hold) {
    return execution_.task(hold.task).key == task && execution_.object_key(hold.object) == object;
  });
  return found == execution_.holds().end() ? nullptr : &*found;
}

bool CycleWatch::waits(const LockOrderEdge& edge) const {
  for (sim::TaskId id = 1; id < execution_.task_count(); ++id) {
    const sim::Task& task = execution_.task(id);
    if (task.key != edge.task || task.finished || execution_.enabled().contains(id)) continue;
    const sim::ObjectId object = execution_.pending(id).object;
    if (object != sim::Execution::no_object && execution_.object_key(object) == edge.to) return true;
  }
  return false;
}

bool CycleWatch::closes() const {
  for (std::size_t i = 0; i < wants_.size(); ++i) {
    const LockOrderEdge& edge = inversion_.edges[i];
    const bool is_kept = wants_[i].waits || wants_[i].refusals >= enough_refusals || waits(edge);
    if (!is_kept || held_by(edge.task, edge.from) == nullptr) return false;
  }
  return true;
}

std::string CycleWatch::text() const {
  std::string text = "The cycle:";
  bool somebody_asks = false;
  for (std::size_t i = 0; i < wants_.size(); ++i) {
    const LockOrderEdge& edge = inversion_.edges[i];
    const LockOrderEdge& next = inversion_.edges[(i + 1) % wants_.size()];
    const sim::Hold* const hold = held_by(next.task, next.from);
    const bool asks = !wants_[i].waits && wants_[i].refusals > 0;
    text += fmt::format("{} {} {} {}, held by {} since step {}", i == 0 ? "" : ";", edge.task_name,
                        asks ? "asks again and again for" : "waits for", execution_.object_text(hold->object),
                        next.task_name, hold->since_step);
    somebody_asks = somebody_asks || asks;
  }
  return text + (somebody_asks ? ". It lasts until somebody gives up, or a lease runs out"
                               : ". The database ends one of their transactions");
}

}  // namespace heddle::properties

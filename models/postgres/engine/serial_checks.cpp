// Where statements meet SERIALIZABLE: what they read and write is compared with what concurrent transactions wrote and
// read.
#include <algorithm>

#include "models/postgres/engine/executor.hpp"
#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

bool equal_keys(std::span<const Value> a, std::span<const Value> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace

void Engine::begin_serializable(Session& session) {
  footprint_.serial(sim::Access::write);
  session.serial = serial_.begin(session.tx, session.snapshot.sequence, session.settings.read_only);
  transactions_[session.tx].serial = session.serial;
}

bool Engine::satisfies(const PredicateRead& read, const Value* values) {
  if (read.row != nullptr) return false;
  if (read.is_lookup)
    return tables_[read.relation->table].indexes[read.relation->lookup->index].matches(values, read.key);
  return Executor::satisfies(*this, read, values);
}

void Engine::note_read(StatementContext& statement, const PredicateRead& read) {
  Session& session = statement.session;
  SerialTx& self = serial_[session.serial];
  const std::uint16_t ordinal = read.row != nullptr ? read.row->table : read.relation->table;
  const auto known = [&](const PredicateRead& other) {
    return other.relation == read.relation && other.row == read.row && other.params.data() == read.params.data() &&
           other.is_lookup == read.is_lookup && equal_keys(other.key, read.key);
  };
  if (std::any_of(self.reads.begin(), self.reads.end(), known)) return;
  self.reads.push_back(read);
  if (read.is_lookup) {
    auto* key = allocate_values(read.key.size());
    std::copy(read.key.begin(), read.key.end(), key);
    self.reads.back().key = {key, read.key.size()};
  }
  const auto look_at = [&](const Version& version) {
    if (read.row != nullptr ? version.row != read.row : read.is_lookup && !satisfies(read, version.values)) return;
    serial_.require_not_doomed(session.serial, "conflict out checking");
    const bool visible = is_visible(version, session.snapshot);
    const TxId writer = visible ? version.deleter : version.creator;
    if (writer == no_tx || writer == session.tx || transactions_[writer].serial == no_serial_tx) return;
    if (read.has_other_conditions && (visible || &version != version.row->first)) return;
    if (read.row != nullptr ? visible : satisfies(read, version.values))
      serial_.read_conflict(session.serial, transactions_[writer].serial);
  };
  const Table& table = tables_[ordinal];
  for (const auto& segment : table.segments)
    for (const Version* version : segment)
      if (version != nullptr) look_at(*version);
}

void Engine::check_write(StatementContext& statement, std::uint16_t ordinal, const Version* old, const Value* values,
                         bool keys) {
  Session& session = statement.session;
  if (session.serial == no_serial_tx) return;
  SerialTx& self = serial_[session.serial];
  self.wrote = true;
  serial_.require_not_doomed(session.serial, "conflict in checking");
  for (std::uint32_t i = 0; i < serial_.size(); ++i) {
    const SerialTx& other = serial_[i];
    if (i == session.serial || other.doomed || !serial_.are_concurrent(i, session.serial)) continue;
    const Snapshot snapshot{other.snapshot, other.tx, ~std::uint32_t{0}};
    const auto meets = [&](const PredicateRead& read) {
      if (read.row != nullptr) return old != nullptr && old->row == read.row && is_visible_to(*old, snapshot);
      if (read.relation->table == ordinal && read.has_other_conditions && old != nullptr) return false;
      if (read.relation->table != ordinal || (read.is_lookup && !keys && old == nullptr)) return false;
      const bool old_satisfies = old != nullptr && satisfies(read, old->values);
      if (old_satisfies) return is_visible_to(*old, snapshot);
      return values != nullptr && satisfies(read, values);
    };
    if (std::any_of(other.reads.begin(), other.reads.end(), meets)) serial_.write_conflict(session.serial, i);
  }
}

bool Engine::is_visible_to(const Version& version, const Snapshot& snapshot) const {
  const TxRecord& creator = transactions_[version.creator];
  return version.creator == snapshot.own || (creator.committed && creator.sequence <= snapshot.sequence);
}

bool Executor::satisfies(Engine& engine, const PredicateRead& read, const Value* values) {
  static const std::vector<std::uint16_t> no_tables;
  Session session;
  StatementContext statement{session, no_tables, {}, true, true, false, {}, std::source_location::current()};
  ResultData result;
  Executor executor(engine, statement, *read.plan, read.params, result);
  constexpr std::size_t most = 64;
  const Value* rows[most] = {};
  if (read.place >= most) return true;
  rows[read.place] = values;
  const Frame frame{rows, nullptr, nullptr};
  const auto& conditions = read.relation->left_join ? read.relation->join_conditions : read.relation->filters;
  try {
    return std::all_of(conditions.begin(), conditions.end(), [&](const Conjunct& conjunct) {
      return !conjunct.is_local || executor.holds(conjunct.condition, frame);
    });
  } catch (const SqlError&) {
    return true;  // what the reader would have tripped over
  }
}

bool Executor::has_other_conditions(const Relation& relation) {
  const auto& conditions = relation.left_join ? relation.join_conditions : relation.filters;
  return !relation.lookup &&
         std::any_of(conditions.begin(), conditions.end(), [](const Conjunct& conjunct) { return !conjunct.is_local; });
}

bool Executor::has_empty_relation(const Source& source, const Frame& frame) {
  if (statement_.session.serial == no_serial_tx || source.relations.size() < 2) return false;
  Combination current = new_combination(source);
  const Frame own{current.rows, frame.aggregates, frame.outer};
  for (std::size_t i = 0; i < source.relations.size(); ++i) {
    const Relation& relation = source.relations[i];
    if (relation.left_join || relation.subselect) continue;
    bool is_empty = true;
    for (const auto& segment : engine_.table(relation.table).segments) {
      for (const Version* version : segment) {
        if (version == nullptr || !is_empty || !engine_.is_visible(*version, statement_.snapshot)) continue;
        current.rows[i] = version->values;
        is_empty = !std::all_of(relation.filters.begin(), relation.filters.end(), [&](const Conjunct& conjunct) {
          return !conjunct.is_local || holds(conjunct.condition, own);
        });
      }
    }
    if (is_empty) return true;
  }
  return false;
}

void Executor::note_row(const Source& source, std::size_t place, const Version* version) {
  if (statement_.session.serial == no_serial_tx || version == nullptr || &source == unread_) return;
  engine_.note_read(
      statement_,
      {&plan_, params_, &source.relations[place], static_cast<std::uint16_t>(place), false, {}, false, version->row});
}

void Executor::note_rows(const Source& source, const Combination& current) {
  for (std::size_t i = 0; i < source.relations.size(); ++i) note_row(source, i, current.versions[i]);
}

void Executor::note_read(const Source& source, std::size_t place, std::span<const Value> key) {
  if (statement_.session.serial == no_serial_tx || &source == limited_ || &source == unread_) return;
  const Relation& relation = source.relations[place];
  engine_.note_read(statement_, {&plan_, params_, &relation, static_cast<std::uint16_t>(place),
                                 relation.lookup.has_value(), key, has_other_conditions(relation), nullptr});
}

}  // namespace heddle::pg

// The nested loop over a query's relations, and EvalPlanQual's second look.
#include "models/postgres/engine/executor.hpp"

namespace heddle::pg {

Executor::Combination Executor::new_combination(const Source& source) {
  const std::size_t count = source.relations.size();
  Combination result;
  result.rows = static_cast<const Value**>(engine_.arena().allocate((count + 1) * sizeof(Value*), alignof(Value*)));
  result.versions = static_cast<Version**>(engine_.arena().allocate((count + 1) * sizeof(Version*), alignof(Version*)));
  return result;
}

bool Executor::all_hold(const std::vector<Conjunct>& conjuncts, const Frame& frame, bool recheck) {
  for (const Conjunct& conjunct : conjuncts)
    if ((recheck || !conjunct.implied_by_key) && !holds(conjunct.condition, frame)) return false;
  return true;
}

bool Executor::scan(const Source& source, Combination& current, const Frame& frame, Visit visit) {
  if (!all_hold(source.constant_filters, frame, false)) return true;
  return scan_relation(source, 0, current, frame, visit);
}

Version* Executor::look_up(const Relation& relation, const Frame& frame) {
  constexpr std::size_t most = 32;  // as many columns as the server allows in an index
  Value key[most];
  const std::size_t size = relation.lookup->key.size();
  for (std::size_t i = 0; i < size; ++i) key[i] = evaluate(relation.lookup->key[i], frame);
  return engine_.look_up(statement_, relation.table, relation.lookup->index, std::span<const Value>(key, size));
}

bool Executor::scan_relation(const Source& source, std::size_t depth, Combination& current, const Frame& frame,
                             Visit visit) {
  if (depth == source.relations.size()) return visit();
  const Relation& relation = source.relations[depth];
  bool matched = false;
  if (relation.lookup) {
    if (Version* version = look_up(relation, frame); version != nullptr)
      if (!try_version(source, depth, current, frame, visit, *version, matched)) return false;
  } else {
    engine_.touch_scan(statement_, relation.table);
    // By position: while this task waits for a lock, other sessions append and take back versions it does not see.
    const Table& table = engine_.table(relation.table);
    for (std::size_t segment = 0; segment < table.segments.size(); ++segment) {
      for (std::size_t i = 0; i < table.segments[segment].size(); ++i) {
        Version& version = *table.segments[segment][i];
        if (engine_.is_visible(version, statement_.snapshot) &&
            !try_version(source, depth, current, frame, visit, version, matched))
          return false;
      }
    }
  }
  if (!relation.left_join || matched) return true;
  current.rows[depth] = engine_.null_row();
  current.versions[depth] = nullptr;
  return !all_hold(relation.filters, frame, false) || scan_relation(source, depth + 1, current, frame, visit);
}

bool Executor::try_version(const Source& source, std::size_t depth, Combination& current, const Frame& frame,
                           Visit visit, Version& version, bool& matched) {
  const Relation& relation = source.relations[depth];
  current.rows[depth] = version.values;
  current.versions[depth] = &version;
  if (relation.left_join) {
    if (!all_hold(relation.join_conditions, frame, false)) return true;
    matched = true;
  }
  return !all_hold(relation.filters, frame, false) || scan_relation(source, depth + 1, current, frame, visit);
}

bool Executor::recheck(const Source& source, Combination& current, const Frame& frame) {
  for (std::size_t i = 0; i < source.relations.size(); ++i) {
    const Relation& relation = source.relations[i];
    if (relation.left_join && current.versions[i] != nullptr && !all_hold(relation.join_conditions, frame, true)) {
      current.rows[i] = engine_.null_row();
      current.versions[i] = nullptr;
    }
    if (!all_hold(relation.filters, frame, true)) return false;
  }
  return true;
}

}  // namespace heddle::pg

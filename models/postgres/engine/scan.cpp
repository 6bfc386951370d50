// The nested loop over a query's relations, and EvalPlanQual's second look.
#include <algorithm>

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
  const Source* const around = unread_;
  if (has_empty_relation(source, frame)) unread_ = &source;
  const bool goes_on = scan_relation(source, 0, current, frame, visit);
  unread_ = around;
  return goes_on;
}

Engine::Matches Executor::look_up(const Source& source, std::size_t depth, const Frame& frame) {
  const std::size_t place = source.order[depth];
  const Relation& relation = source.relations[place];
  constexpr std::size_t most = 32;  // as many columns as the server allows in an index
  Value key[most];
  const std::size_t size = relation.lookup->key.size();
  for (std::size_t i = 0; i < size; ++i) key[i] = evaluate(relation.lookup->key[i], frame);
  note_read(source, place, std::span<const Value>(key, size));
  return engine_.look_up(statement_, relation.table, relation.lookup->index, std::span<const Value>(key, size));
}

bool Executor::scan_relation(const Source& source, std::size_t depth, Combination& current, const Frame& frame,
                             Visit visit) {
  if (depth == source.order.size()) return visit();
  const std::size_t place = source.order[depth];
  const Relation& relation = source.relations[place];
  bool matched = false;
  if (relation.subselect) {
    if (!scan_subselect(source, depth, current, frame, visit, matched)) return false;
  } else if (relation.lookup) {
    for (Version* version : look_up(source, depth, frame))
      if (!try_version(source, depth, current, frame, visit, *version, matched)) return false;
  } else {
    engine_.touch_scan(statement_, relation.table);
    note_read(source, place, {});
    // By position: while this task waits for a lock, other sessions append and take back versions it does not see.
    const Table& table = engine_.table(relation.table);
    for (std::size_t segment = 0; segment < table.segments.size(); ++segment) {
      for (std::size_t i = 0; i < table.segments[segment].size(); ++i) {
        Version* const version = table.segments[segment][i];
        if (version != nullptr && engine_.is_visible(*version, statement_.snapshot) &&
            !try_version(source, depth, current, frame, visit, *version, matched))
          return false;
      }
    }
  }
  if (!relation.left_join || matched) return true;
  current.rows[place] = engine_.null_row();
  current.versions[place] = nullptr;
  return !all_hold(relation.filters, frame, false) || scan_relation(source, depth + 1, current, frame, visit);
}

bool Executor::scan_subselect(const Source& source, std::size_t depth, Combination& current, const Frame& frame,
                              Visit visit, bool& matched) {
  const Relation& relation = source.relations[source.order[depth]];
  const std::size_t width = relation.subselect->outputs.size();
  ArenaVector<const Value*> rows(engine_.arena());
  auto keep = [&](const Value* outputs) {
    rows.push_back(outputs);
    return true;
  };
  const bool is_cached = std::any_of(cached_.begin(), cached_.end(), [&](const CachedSubselect& entry) {
    return entry.plan == relation.subselect.get();
  });
  if (is_cached) {
    for (const CachedSubselect& entry : cached_)
      if (entry.plan == relation.subselect.get())
        for (std::size_t i = 0; i < entry.count; ++i) rows.push_back(entry.values + i * width);
  } else {
    run_select(*relation.subselect, frame.outer, keep);
    if (!relation.subselect->correlated) {
      Value* all = engine_.allocate_values(rows.size() * width);
      for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(rows[i], width, all + i * width);
      cached_.push_back({relation.subselect.get(), all, rows.size()});
    }
  }
  for (const Value* row : rows)
    if (!try_row(source, depth, current, frame, visit, row, nullptr, matched)) return false;
  return true;
}

bool Executor::try_version(const Source& source, std::size_t depth, Combination& current, const Frame& frame,
                           Visit visit, Version& version, bool& matched) {
  return try_row(source, depth, current, frame, visit, version.values, &version, matched);
}

bool Executor::try_row(const Source& source, std::size_t depth, Combination& current, const Frame& frame, Visit visit,
                       const Value* row, Version* version, bool& matched) {
  const std::size_t place = source.order[depth];
  const Relation& relation = source.relations[place];
  current.rows[place] = row;
  current.versions[place] = version;
  if (relation.left_join) {
    if (!all_hold(relation.join_conditions, frame, false)) return true;
    matched = true;
  }
  if (!relation.left_join && !all_hold(relation.filters, frame, false)) return true;
  if (has_other_conditions(relation) && &source != limited_) note_row(source, place, version);
  return (relation.left_join && !all_hold(relation.filters, frame, false)) ||
         scan_relation(source, depth + 1, current, frame, visit);
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

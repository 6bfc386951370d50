// `TaskSet` against std::set.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "sim/core/task_set.hpp"

namespace heddle::sim {
namespace {

TaskSet from(const std::set<TaskId>& ids) {
  TaskSet set;
  for (const TaskId id : ids) set.insert(id);
  return set;
}

std::vector<TaskId> members(const TaskSet& set) {
  std::vector<TaskId> ids;
  set.for_each([&](TaskId id) { ids.push_back(id); });
  return ids;
}

void check_equal(const TaskSet& set, const std::set<TaskId>& model) {
  RC_ASSERT(members(set) == std::vector<TaskId>(model.begin(), model.end()));
  RC_ASSERT(set.size() == model.size());
  RC_ASSERT(set.empty() == model.empty());
  std::uint32_t rank = 0;
  for (const TaskId id : model) {
    RC_ASSERT(set.contains(id));
    RC_ASSERT(set.nth(rank++) == id);
  }
}

const auto ids = [] { return rc::gen::container<std::set<TaskId>>(rc::gen::inRange<TaskId>(0, 200)); };

RC_GTEST_PROP(TaskSetLaw, InsertingAndErasingIsThatOfASet, ()) {
  std::set<TaskId> model;
  TaskSet set;
  const auto operations = *rc::gen::container<std::vector<std::pair<bool, TaskId>>>(
      rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange<TaskId>(0, 200)));
  for (const auto& [inserts, id] : operations) {
    if (inserts) {
      model.insert(id);
      set.insert(id);
    } else {
      model.erase(id);
      set.erase(id);
    }
    check_equal(set, model);
  }
}

RC_GTEST_PROP(TaskSetLaw, UnionAndDifferenceAreThoseOfSets, ()) {
  const std::set<TaskId> a = *ids();
  const std::set<TaskId> b = *ids();
  std::set<TaskId> together = a;
  together.insert(b.begin(), b.end());
  std::set<TaskId> without;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(without, without.end()));
  TaskSet sum = from(a);
  sum.insert_all(from(b));
  check_equal(sum, together);
  TaskSet difference = from(a);
  difference.erase_all(from(b));
  check_equal(difference, without);
}

RC_GTEST_PROP(TaskSetLaw, AClearedOneIsEmptyAndCanBeUsedAgain, ()) {
  TaskSet set = from(*ids());
  set.clear();
  check_equal(set, {});
  const std::set<TaskId> again = *ids();
  for (const TaskId id : again) set.insert(id);
  check_equal(set, again);
}

}  // namespace
}  // namespace heddle::sim

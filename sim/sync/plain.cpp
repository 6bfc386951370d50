#include "sim/sync/plain.hpp"

#include <string>

namespace heddle::sim::detail {
namespace {

std::string place(std::source_location where) {
  const std::string_view file = where.file_name();
  return std::string(file.substr(file.find_last_of('/') + 1)) + ":" + std::to_string(where.line());
}

}  // namespace

PlainAccesses::PlainAccesses(Name name) : object_(Execution::current().add_object("plain", name)) {
  if (WeakMemory* memory = Execution::current().weak_memory(std::memory_order_relaxed)) plain_ = memory->add_plain();
}

void PlainAccesses::read(std::source_location where) const {
  Execution& execution = Execution::current();
  execution.touch_unordered(object_, Access::read);
  if (WeakMemory* memory = execution.weak_memory(); memory != nullptr && execution.in_task())
    judge(memory->read_plain(execution.running_task().id, plain_, where), false, where);
}

void PlainAccesses::write(std::source_location where) const {
  Execution& execution = Execution::current();
  execution.touch_unordered(object_, Access::write);
  if (WeakMemory* memory = execution.weak_memory(); memory != nullptr && execution.in_task())
    judge(memory->write_plain(execution.running_task().id, plain_, where), true, where);
}

void PlainAccesses::judge(const WeakMemory::Race& race, bool writes, std::source_location where) const {
  if (!race.found) return;
  Execution& execution = Execution::current();
  execution.fail(FailureKind::misuse, "data_race", [&] {
    return "task " + execution.task(race.earlier.task).name.str() + (race.earlier_writes ? " wrote " : " read ") +
           execution.object_name(object_) + " (" + place(race.earlier.where) + "), task " +
           execution.running_task().name.str() + (writes ? " writes" : " reads") + " it (" + place(where) +
           "), and nothing orders the two; use a lock, or an atomic with release and acquire";
  });
}

}  // namespace heddle::sim::detail

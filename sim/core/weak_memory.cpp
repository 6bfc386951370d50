#include "sim/core/weak_memory.hpp"

#include <algorithm>

namespace heddle::sim {

void WeakMemory::reset() noexcept {
  location_count_ = plain_count_ = 0;
  for (TaskRecord& task : tasks_) {
    for (View* view : {&task.current, &task.acquired, &task.released}) view->clear();
    task.readings.clear();
    task.yields = 0;
  }
  for (ObjectRecord& object : objects_) {
    object.written.clear();
    object.commuted.clear();
  }
  sequential_.clear();
  left_out_reads_ = false;
}

WeakMemory::Location WeakMemory::add_location(const void* value) {
  if (location_count_ == locations_.size()) locations_.emplace_back();
  LocationRecord& location = locations_[location_count_];
  if (location.messages.empty()) location.messages.emplace_back();
  MessageRecord& initial = location.messages.front();
  initial.view.clear();
  initial.value = value;
  initial.position = 0;
  initial.is_update = false;
  location.count = 1;
  location.order.assign(1, 0);
  return location_count_++;
}

WeakMemory::Location WeakMemory::add_plain() {
  if (plain_count_ == plains_.size()) plains_.emplace_back();
  PlainRecord& plain = plains_[plain_count_];
  plain.writer = clock_task;
  plain.write = {};
  plain.reads.clear();
  return plain_count_++;
}

const void* WeakMemory::value(Location location, Message message) const {
  return locations_[location].messages[message].value;
}

bool WeakMemory::is_updated(Location location, Message message) const {
  const LocationRecord& record = locations_[location];
  const std::size_t next = record.messages[message].position + std::size_t{1};
  return next < record.order.size() && record.messages[record.order[next]].is_update;
}

void WeakMemory::make_room_for(TaskId task) {
  if (task >= tasks_.size()) tasks_.resize(task + std::size_t{1});
}

WeakMemory::TaskRecord& WeakMemory::task_at(TaskId task) {
  make_room_for(task);
  return tasks_[task];
}

void WeakMemory::see(std::vector<Message>& seen, Location location, Message message) const {
  if (location >= seen.size()) seen.resize(location + std::size_t{1}, 0);
  if (position_of(location, message) > position_of(location, seen[location])) seen[location] = message;
}

void WeakMemory::join_seen(std::vector<Message>& seen, const std::vector<Message>& other) const {
  for (Location location = 0; location < other.size(); ++location) see(seen, location, other[location]);
}

void WeakMemory::join(View& view, const View& other) const {
  join_seen(view.seen, other.seen);
  if (other.clock.size() > view.clock.size()) view.clock.resize(other.clock.size(), 0);
  for (std::size_t i = 0; i < other.clock.size(); ++i) view.clock[i] = std::max(view.clock[i], other.clock[i]);
}

// What a task does after it has passed its view on is not covered by that.
void WeakMemory::tick(TaskId task) {
  std::vector<std::uint32_t>& clock = task_at(task).current.clock;
  if (task >= clock.size()) clock.resize(task + std::size_t{1}, 0);
  ++clock[task];
}

void WeakMemory::begin_task(TaskId task, TaskId parent) {
  make_room_for(std::max(task, parent));
  tasks_[task].current = tasks_[parent].current;
  tasks_[task].acquired = tasks_[parent].current;
  tick(task);
  tick(parent);
}

void WeakMemory::join(TaskId task, TaskId ended) {
  make_room_for(std::max(task, ended));
  join(tasks_[task].current, tasks_[ended].current);
}

void WeakMemory::join_all(TaskId task, TaskId count) {
  for (TaskId other = 0; other < count; ++other)
    if (other != task) join(task, other);
}

void WeakMemory::synchronise(TaskId task, ObjectId object, Access access) {
  if (object.index >= objects_.size()) objects_.resize(object.index + std::size_t{1});
  ObjectRecord& record = objects_[object.index];
  View& current = task_at(task).current;
  join(current, record.written);
  if (access != Access::commute) join(current, record.commuted);
  if (access == Access::read) return;
  join(access == Access::write ? record.written : record.commuted, current);
  tick(task);
}

void WeakMemory::yielded(TaskId task) {
  ++task_at(task).yields;
}

std::uint32_t WeakMemory::lowest_position(TaskId task, Location location, std::memory_order order) const {
  const std::uint32_t own = position_of(location, seen_in(tasks_[task].current.seen, location));
  if (order != std::memory_order_seq_cst) return own;
  return std::max(own, position_of(location, seen_in(sequential_, location)));
}

bool WeakMemory::may_read_again(const TaskRecord& task, Location location, Message message) {
  if (location >= task.readings.size()) return true;
  const Reading& reading = task.readings[location];
  if (reading.times == 0 || reading.message != message) return true;
  if (reading.yields != task.yields) return false;
  if (reading.times <= rereads) return true;
  left_out_reads_ = true;
  return false;
}

std::vector<WeakMemory::Message>& WeakMemory::readable(TaskId task, Location location, std::memory_order order) {
  const TaskRecord& self = task_at(task);
  const std::vector<Message>& messages = locations_[location].order;
  candidates_.clear();
  const std::size_t lowest = lowest_position(task, location, order);
  for (std::size_t position = messages.size(); position-- > lowest;) {
    const Message message = messages[position];
    if (position + 1 == messages.size() || may_read_again(self, location, message)) candidates_.push_back(message);
  }
  return candidates_;
}

std::vector<WeakMemory::Message>& WeakMemory::storable(TaskId task, Location location, std::memory_order order) {
  make_room_for(task);
  const std::vector<Message>& messages = locations_[location].order;
  candidates_.clear();
  const std::size_t lowest = lowest_position(task, location, order);
  for (std::size_t position = messages.size(); position-- > lowest;)
    if (!is_updated(location, messages[position])) candidates_.push_back(messages[position]);
  return candidates_;
}

void WeakMemory::load(TaskId task, Location location, Message message, std::memory_order order) {
  TaskRecord& self = task_at(task);
  const View& view = locations_[location].messages[message].view;
  see(self.current.seen, location, message);
  join(self.acquired, view);
  if (acquires(order)) join(self.current, view);
  if (location >= self.readings.size()) self.readings.resize(location + std::size_t{1});
  Reading& reading = self.readings[location];
  reading = {message, reading.message == message && reading.times > 0 ? reading.times + 1 : 1, self.yields};
}

WeakMemory::MessageRecord& WeakMemory::insert(TaskId task, Location location, Message behind, const void* value,
                                              std::memory_order order) {
  LocationRecord& record = locations_[location];
  const Message message = record.count++;
  if (message == record.messages.size()) record.messages.emplace_back();
  const auto position = record.messages[behind].position + std::size_t{1};
  record.order.insert(record.order.begin() + static_cast<std::ptrdiff_t>(position), message);
  for (std::size_t i = position; i < record.order.size(); ++i)
    record.messages[record.order[i]].position = static_cast<std::uint32_t>(i);
  MessageRecord& inserted = record.messages[message];
  inserted.value = value;
  inserted.is_update = false;
  TaskRecord& self = task_at(task);
  see(self.current.seen, location, message);
  inserted.view = releases(order) ? self.current : self.released;
  see(inserted.view.seen, location, message);
  if (order == std::memory_order_seq_cst) see(sequential_, location, message);
  if (releases(order)) tick(task);
  return inserted;
}

void WeakMemory::store(TaskId task, Location location, Message behind, const void* value, std::memory_order order) {
  insert(task, location, behind, value, order);
}

void WeakMemory::update(TaskId task, Location location, Message message, const void* value, std::memory_order order) {
  load(task, location, message, order);
  MessageRecord& inserted = insert(task, location, message, value, order);
  inserted.is_update = true;
  // A release sequence goes on through updates, whoever makes them.
  join(inserted.view, locations_[location].messages[message].view);
}

void WeakMemory::fence(TaskId task, std::memory_order order) {
  TaskRecord& self = task_at(task);
  if (acquires(order)) join(self.current, self.acquired);
  if (order == std::memory_order_seq_cst) {
    join_seen(self.current.seen, sequential_);
    sequential_ = self.current.seen;
  }
  if (!releases(order)) return;
  self.released = self.current;
  tick(task);
}

WeakMemory::Race WeakMemory::read_plain(TaskId task, Location plain, std::source_location where) {
  PlainRecord& record = plains_[plain];
  const std::vector<std::uint32_t>& clock = task_at(task).current.clock;
  const auto known = [&](TaskId other) { return other < clock.size() ? clock[other] : 0; };
  if (record.write.clock > 0 && record.writer != task && record.write.clock > known(record.writer))
    return {true, true, {record.writer, record.write.where}};
  if (task >= record.reads.size()) record.reads.resize(task + std::size_t{1});
  record.reads[task] = {known(task), where};
  return {};
}

WeakMemory::Race WeakMemory::write_plain(TaskId task, Location plain, std::source_location where) {
  PlainRecord& record = plains_[plain];
  const std::vector<std::uint32_t>& clock = task_at(task).current.clock;
  const auto known = [&](TaskId other) { return other < clock.size() ? clock[other] : 0; };
  if (record.write.clock > 0 && record.writer != task && record.write.clock > known(record.writer))
    return {true, true, {record.writer, record.write.where}};
  for (TaskId reader = 0; reader < record.reads.size(); ++reader)
    if (reader != task && record.reads[reader].clock > known(reader))
      return {true, false, {reader, record.reads[reader].where}};
  record.writer = task;
  record.write = {known(task), where};
  record.reads.clear();
  return {};
}

}  // namespace heddle::sim

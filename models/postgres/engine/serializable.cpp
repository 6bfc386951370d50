#include "models/postgres/engine/serializable.hpp"

#include <algorithm>

#include "models/postgres/sql_error.hpp"

namespace heddle::pg {
namespace {

[[noreturn]] void fail(const std::string& reason) {
  SqlError error(sqlstate::serialization_failure,
                 "could not serialize access due to read/write dependencies among transactions");
  error.set_detail("Reason code: Canceled on " + reason + ".");
  throw error;
}

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

std::uint32_t Serializable::begin(TxId tx, std::uint64_t snapshot, bool read_only) {
  SerialTx& self = all_.take();
  self.tx = tx;
  self.snapshot = snapshot;
  self.is_read_only = read_only;
  self.wrote = self.prepared = self.committed = self.doomed = self.conflict_out_to_committed = false;
  self.committed_at = self.prepare_number = self.commit_number = self.earliest_out_conflict_commit = 0;
  self.last_commit_before_snapshot = last_number_;
  self.in.clear();
  self.out.clear();
  self.reads.clear();
  return size() - 1;
}

bool Serializable::are_concurrent(std::uint32_t a, std::uint32_t b) const {
  const auto ended_before = [&](const SerialTx& first, const SerialTx& second) {
    return first.committed && first.committed_at <= second.snapshot;
  };
  return !ended_before(all_[a], all_[b]) && !ended_before(all_[b], all_[a]);
}

void Serializable::require_not_doomed(std::uint32_t self, const char* when) const {
  if (all_[self].doomed) fail(std::string("identification as a pivot, during ") + when);
}

void Serializable::read_conflict(std::uint32_t self, std::uint32_t writer) {
  const SerialTx& reader = all_[self];
  const SerialTx& other = all_[writer];
  if (self == writer || other.doomed || !are_concurrent(self, writer) || contains(reader.out, writer)) return;
  // A read-only transaction that comes before all of them.
  if (reader.is_read_only && other.committed &&
      (!other.conflict_out_to_committed || reader.last_commit_before_snapshot < other.earliest_out_conflict_commit))
    return;
  flag(self, self, writer);
}

void Serializable::write_conflict(std::uint32_t self, std::uint32_t reader) {
  const SerialTx& other = all_[reader];
  if (self == reader || other.doomed || !are_concurrent(self, reader) || contains(other.out, self)) return;
  flag(self, reader, self);
}

bool Serializable::is_dangerous(std::uint32_t reader_index, std::uint32_t writer_index) const {
  const SerialTx& reader = all_[reader_index];
  const SerialTx& writer = all_[writer_index];
  // reader -> writer -> one that committed before the writer did.
  if (writer.committed && writer.conflict_out_to_committed) return true;
  for (const std::uint32_t index : writer.out) {
    const SerialTx& last = all_[index];
    if (last.prepared && (!reader.committed || last.prepare_number <= reader.commit_number) &&
        (!writer.committed || last.prepare_number <= writer.commit_number) &&
        (!reader.is_read_only || last.prepare_number <= reader.last_commit_before_snapshot))
      return true;
  }
  // Somebody -> reader -> writer, which has committed.
  if (!writer.prepared || reader.is_read_only) return false;
  return std::any_of(reader.in.begin(), reader.in.end(), [&](std::uint32_t index) {
    const SerialTx& first = all_[index];
    return !first.doomed && (!first.committed || first.commit_number >= writer.prepare_number) &&
           (!first.is_read_only || first.last_commit_before_snapshot >= writer.prepare_number);
  });
}

void Serializable::flag(std::uint32_t self, std::uint32_t reader, std::uint32_t writer) {
  if (is_dangerous(reader, writer)) {
    if (self == writer) fail("identification as a pivot, during write");
    if (all_[writer].prepared) fail("conflict out to pivot " + std::to_string(all_[writer].tx) + ", during read");
    all_[writer].doomed = true;
  }
  all_[reader].out.push_back(writer);
  all_[writer].in.push_back(reader);
}

void Serializable::prepare_commit(std::uint32_t self_index) {
  require_not_doomed(self_index, "commit attempt");
  SerialTx& self = all_[self_index];
  for (const std::uint32_t near : self.in) {
    SerialTx& pivot = all_[near];
    if (pivot.committed || pivot.doomed) continue;
    const bool is_pivot = std::any_of(pivot.in.begin(), pivot.in.end(), [&](std::uint32_t far) {
      const SerialTx& first = all_[far];
      return far == self_index || (!first.committed && !first.is_read_only && !first.doomed);
    });
    if (is_pivot) pivot.doomed = true;
  }
  self.prepare_number = ++last_number_;
  self.prepared = true;
}

void Serializable::commit(std::uint32_t self_index, std::uint64_t sequence) {
  SerialTx& self = all_[self_index];
  self.committed = true;
  self.committed_at = sequence;
  self.commit_number = ++last_number_;
  if (!self.wrote) self.is_read_only = true;
  for (const std::uint32_t index : self.out) {
    const SerialTx& other = all_[index];
    if (self.is_read_only || !other.committed) continue;
    if (!self.conflict_out_to_committed || other.prepare_number < self.earliest_out_conflict_commit)
      self.earliest_out_conflict_commit = other.prepare_number;
    self.conflict_out_to_committed = true;
  }
  const auto unlink = [&](std::vector<std::uint32_t>& own, std::vector<std::uint32_t> SerialTx::* others, auto&& goes) {
    std::erase_if(own, [&](std::uint32_t index) {
      if (!goes(all_[index])) return false;
      std::erase(all_[index].*others, self_index);
      return true;
    });
  };
  unlink(self.out, &SerialTx::in,
         [&](const SerialTx& other) { return other.committed || other.last_commit_before_snapshot >= last_number_; });
  unlink(self.in, &SerialTx::out, [&](const SerialTx& other) { return other.committed || other.is_read_only; });
}

void Serializable::roll_back(std::uint32_t self_index) {
  SerialTx& self = all_[self_index];
  self.doomed = true;
  self.prepared = false;
  for (const std::uint32_t index : self.out) std::erase(all_[index].in, self_index);
  for (const std::uint32_t index : self.in) std::erase(all_[index].out, self_index);
  self.out.clear();
  self.in.clear();
  self.reads.clear();
}

}  // namespace heddle::pg
